"""Work in Python bytecode: it holds the global interpreter lock from start to end."""

from __future__ import annotations

from experiments.parameters import calibrated_to, integer
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FACTOR = 69
INCREMENT = 5
MASK = (1 << 22) - 1
"""Small enough that every product stays below 2**30, one digit of a CPython integer."""
SECONDS_PER_STEP = 5e-8
"""Typical, for the plan's prediction only."""


def return_item(item: Any) -> Any:
    """Does nothing."""
    return item


def power(item: tuple[int, int]) -> int:
    """`(base, exponent)` to `base ** exponent`."""
    base, exponent = item
    result: int = base**exponent
    return result


def step_generator(item: tuple[int, int]) -> int:
    """`(start, steps)`: the state of a linear congruential generator after that many steps."""
    state, steps = item
    for _ in range(steps):
        state = (state * FACTOR + INCREMENT) & MASK
    return state


def jump_generator(start: int, steps: int) -> int:
    """The same state in O(log steps), by squaring the map x -> FACTOR * x + INCREMENT."""
    factor, increment = 1, 0
    square_factor, square_increment = FACTOR, INCREMENT
    while steps:
        if steps & 1:
            factor = factor * square_factor & MASK
            increment = (increment * square_factor + square_increment) & MASK
        square_increment = square_increment * (square_factor + 1) & MASK
        square_factor = square_factor * square_factor & MASK
        steps >>= 1
    return (start * factor + increment) & MASK


class Noop(Workload):
    """An empty task: what remains is the strategy's own cost of handing out work and collecting results.

    One task returns the number that it was given. Its time under a strategy, less that under `serial`, is what the
    strategy takes for one task: pickling, queues, locks, waking a worker up. A task of your own has to take much
    longer than that before running it elsewhere can pay.

    Expected: no strategy is faster than `serial`, whatever the build of Python. Threads take some tens of
    microseconds for each task, processes several times as much, and more workers hardly help, because one thread
    hands out all the work.

    The tests and every run check that each task gives back its own number.
    """

    name = "noop"
    needs = Resource.OVERHEAD
    function = staticmethod(return_item)
    seconds_per_task = 5e-5
    default_tasks = 256

    def items(self, count: int) -> list[int]:
        """Numbers from 0."""
        return list(range(count))

    def expected(self, items: list[int]) -> list[int]:
        """The items themselves."""
        return list(items)


class SquareAndQuad(Workload):
    """The square and the fourth power of a number: the classic first example, far too small to pay off.

    One task computes `number ** 2` or `number ** 4`, in turn. It takes a fraction of a microsecond.

    It is the example with which many introductions to threads and processes begin, and shows what they leave out:
    starting the workers and handing out the tasks takes thousands of times as long as the work.

    Expected: `serial` wins everywhere, with and without a GIL, however many CPUs there are.

    The tests and every run check the powers by repeated multiplication. `number` is the base.
    """

    name = "square_and_quad"
    needs = Resource.OVERHEAD
    function = staticmethod(power)
    seconds_per_task = 5e-5
    default_tasks = 2

    number: int = integer(7, "The number to raise to the 2nd and the 4th power.", minimum=None)

    def items(self, count: int) -> list[tuple[int, int]]:
        """Squares and fourth powers in turn."""
        return [(self.number, 4 if index % 2 else 2) for index in range(count)]

    def expected(self, items: list[tuple[int, int]]) -> list[int]:
        """By repeated multiplication."""
        return [base * base if exponent == 2 else base * base * base * base for base, exponent in items]


class IntLoop(Workload):
    """Steps a small random number generator in pure Python: bytecode that holds the GIL from start to end.

    One task does `state = (state * 69 + 5) & 4194303` in a loop. All numbers stay below 2**30, where CPython's integers
    are fastest, and nothing is shared with other tasks: the purest case of computing in Python.

    It answers the first question about threads: do they make Python code faster?

    Expected: with the GIL they don't, however many there are, while processes speed up by the number of CPUs. On a
    free-threaded build threads do as processes do.

    The tests and every run compare the last state with the one found in a few steps, by squaring the map; a single
    step left out or made twice shows. The tests also check that the numbers stay as small as said.

    `steps` is the size of a task; its time is in proportion.
    """

    name = "int_loop"
    needs = Resource.CPU
    holds_gil = 1.0
    function = staticmethod(step_generator)

    steps: int = calibrated_to(0.010, "Loop steps per task; calibrated to 10 ms under `serial` unless given.")

    def items(self, count: int) -> list[tuple[int, int]]:
        """A different start for each task, so that no two tasks have the same result."""
        return [(start, self.steps) for start in range(count)]

    def expected(self, items: list[tuple[int, int]]) -> list[int]:
        """The generator's state by jumping ahead."""
        return [jump_generator(start, steps) for start, steps in items]

    def predicted_task_s(self) -> float:
        """About 50 ns for each step where their number is given."""
        return super().predicted_task_s() if self.steps is None else self.steps * SECONDS_PER_STEP
