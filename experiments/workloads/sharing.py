"""Work of all workers on one object of the process."""

from __future__ import annotations

from experiments.parameters import calibrated_to, choice
from experiments.workloads.base import Resource, Workload

RATES = 8
BASE_RATE = 1000
FEE = 5000
SECONDS_PER_ROUND = 4e-7
"""Typical, for the plan's prediction only."""


class Ledger:
    """A price list, a list of entries and a dictionary of counts.

    Used by many threads at once it stays right on every build: reading is always safe, `append` and `pop` are atomic,
    and each task counts under a key of its own. (`+=` under a common key would lose counts without a GIL.)
    """

    def __init__(self) -> None:
        self.rates = [BASE_RATE + position for position in range(RATES)]
        self.fees = {"entry": FEE}
        self.entries: list[int] = []
        self.counts: dict[int, int] = {}

    def price(self, number: int) -> int:
        """Looks up what this many cost."""
        return number * self.rates[number % RATES] + self.fees["entry"]

    def book(self, owner: int, amount: int) -> int:
        """Adds an entry, counts it, and takes the last entry away, whoever made it."""
        self.entries.append(amount)
        self.counts[owner] += 1
        return self.entries.pop()


_shared = Ledger()


def use_ledger(item: tuple[int, int, str]) -> tuple[int, int, int, int]:
    """`(index, rounds, copies)`: prices and books that many entries in the shared ledger or in a private one.

    Returns the index, the entries counted under it, the sum of the prices, and the sum of the entries taken away.
    """
    index, rounds, copies = item
    ledger = _shared if copies == "shared" else Ledger()
    ledger.counts[index] = 0
    priced = taken = 0
    for number in range(index, index + rounds):
        amount = ledger.price(number)
        priced += amount
        taken += ledger.book(index, amount)
    return index, ledger.counts.pop(index), priced, taken


def priced(first: int, rounds: int) -> int:
    """The sum of the prices of `first`, `first + 1`, … in O(1): the numbers with one rate form a series."""
    total = rounds * FEE
    for start in range(first, first + min(RATES, rounds)):
        numbers = range(start, first + rounds, RATES)
        total += (BASE_RATE + start % RATES) * (numbers[0] + numbers[-1]) * len(numbers) // 2
    return total


class SharedObject(Workload):
    """Uses one object, list and dictionary from all workers at once: what sharing costs without a GIL.

    In each round, a task calls two methods of a ledger: one reads its attributes, a list and a dictionary; the other
    appends to its list, counts in its dictionary, and pops the list. With `copies: shared` all tasks in a process use
    the same ledger; with `copies: private` each task makes its own, and everything else is the same. Processes and
    subinterpreters share no objects: there, each worker has one ledger.

    The difference between the two is the price of sharing. Without a GIL, every read of a shared object changes a
    reference count that other CPUs have in their caches, and every change of a list or dictionary takes its lock.

    Expected: with the GIL, threads are as slow as `serial` with either. On a free-threaded build, threads with private
    ledgers scale with the CPUs; with the shared one they are no faster than `serial`, or slower.

    The tests and every run check that each task counted all its entries, that its prices have the right sum (by a
    formula), and that what all tasks took out of the lists is what all put in, which a lost entry would break. Without
    a GIL, the tests also find that an entry takes more CPU time beside another thread with the shared ledger than with
    private ones.

    `rounds` is the size of a task; its time is in proportion.
    """

    name = "shared_object"
    needs = Resource.CPU
    holds_gil = 1.0
    function = staticmethod(use_ledger)

    copies: str = choice("shared", ("shared", "private"), "One ledger for all tasks of a process, or one for each.")
    rounds: int = calibrated_to(0.010, "Entries per task; calibrated to 10 ms under `serial` unless given.")

    def items(self, count: int) -> list[tuple[int, int, str]]:
        """Each with an index of its own, under which it counts."""
        return [(index, self.rounds, self.copies) for index in range(count)]

    def comparable(self, results: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
        """Which task took which entry varies; what all of them took doesn't."""
        all_taken = sum(taken for *_, taken in results)
        return [(index, counted, own, all_taken) for index, counted, own, _ in results]

    def expected(self, items: list[tuple[int, int, str]]) -> list[tuple[int, int, int, int]]:
        """By the formula; as much is taken as is put in."""
        own = [priced(index, rounds) for index, rounds, _ in items]
        return [(index, rounds, price, sum(own)) for (index, rounds, _), price in zip(items, own)]

    def predicted_task_s(self) -> float:
        """About 0.4 us for each round where their number is given."""
        return super().predicted_task_s() if self.rounds is None else self.rounds * SECONDS_PER_ROUND
