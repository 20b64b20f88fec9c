"""Work that needs memory."""

from __future__ import annotations

from experiments.parameters import calibrated_to, choice, size
from experiments.workloads.base import Resource, Workload

PAGE_BYTES = 4096
SECONDS_PER_PAIR = 5e-7
"""Typical, for the plan's prediction only."""
_held: dict[int, list[bytearray]] = {}
_preloaded: dict[int, bytearray] = {}


def touch_and_hold(item: tuple[int, int, int]) -> int:
    """`(batch, index, size_bytes)`: touches that much memory and keeps it until a task of another batch comes."""
    batch, index, size_bytes = item
    for earlier in [key for key in list(_held) if key != batch]:
        _held.pop(earlier, None)
    block = bytearray(size_bytes)
    block[::PAGE_BYTES] = b"\x01" * len(range(0, size_bytes, PAGE_BYTES))
    _held.setdefault(batch, []).append(block)
    return index


def read_preloaded(item: tuple[int, int]) -> int:
    """`(index, size_bytes)`: reads every page of the block that this process has, or fills its own; the index."""
    index, size_bytes = item
    return index + sum(_preloaded_block(size_bytes)[::PAGE_BYTES]) - len(range(0, size_bytes, PAGE_BYTES))


def _preloaded_block(size_bytes: int) -> bytearray:
    block = _preloaded.get(size_bytes)
    if block is None:
        block = _preloaded.setdefault(size_bytes, bytearray(b"\x01") * size_bytes)
    return block


class Link:
    """A small object that may refer to another one."""

    __slots__ = ("number", "other")

    def __init__(self, number: int) -> None:
        self.number = number
        self.other: Link | None = None


def make_garbage(item: tuple[int, int, str]) -> int:
    """`(first, pairs, cycles)`: makes and drops that many pairs of objects; the sum of the numbers in them."""
    first, pairs, cycles = item
    in_cycles = cycles == "on"
    total = 0
    for number in range(first, first + pairs):
        one, other = Link(number), Link(number + 1)
        one.other = other
        if in_cycles:
            other.other = one
        total += one.number + other.number
    return total


class Allocate(Workload):
    """Touches memory in every task and holds it to the end of the batch: tasks * size at the peak.

    One task makes a block of `size` bytes, writes to each page of it, and leaves it in a list of its process. The
    blocks are given back when the first task of the next iteration arrives.

    It is a known quantity: whichever strategy runs it, all processes together need tasks * `size` bytes more at the
    end of an iteration than before it. That makes it the test of how memory is measured.

    Expected: the same peak with every strategy and build, beside what the workers themselves take. The time is that of
    the operating system, which has to hand out and clear the pages: threads and processes speed up until they get in
    each other's way there.

    The tests check that the blocks are held and given back; every run with oracles checks that the measured peak grows
    by tasks * `size`.
    """

    name = "allocate"
    needs = Resource.MEMORY
    function = staticmethod(touch_and_hold)
    seconds_per_task = 3e-3
    default_tasks = 16

    size: int = size(8 << 20, "Bytes that each task touches and holds.")
    _batch = 0

    def items(self, count: int) -> list[tuple[int, int, int]]:
        """Tasks of a new batch, so that the memory of the batch before is given back."""
        self._batch += 1
        return [(self._batch, index, self.size) for index in range(count)]

    def expected(self, items: list[tuple[int, int, int]]) -> list[int]:
        """The indices."""
        return [index for _, index, _ in items]


class Preloaded(Workload):
    """Reads a block that was filled before the workers started: forked ones share it, others fill their own.

    One task reads a byte of every page of a block of `size` bytes. The process that starts the workers fills the block
    beforehand; a worker that hasn't got it, because it is a new process or interpreter, fills its own first.

    It shows what a start method does to memory: data that was loaded before a fork exists once, with `spawn` and
    `forkserver` once for each worker.

    Expected: threads and forked processes need no more memory than `serial`; spawned processes need `size` more for
    each worker, and longer for their first task. The same with and without a GIL.

    The tests check that the block is read in full. Every run with oracles checks that a block which two
    forked workers inherit and read raises the measured peak once.
    """

    name = "preloaded"
    needs = Resource.MEMORY
    function = staticmethod(read_preloaded)
    seconds_per_task = 3e-3
    default_tasks = 16

    size: int = size(64 << 20, "Bytes of the block.")

    def open(self) -> None:
        """Fills the block in the process that starts the workers."""
        _preloaded_block(self.size)

    def close(self) -> None:
        """Gives it back."""
        _preloaded.clear()

    def items(self, count: int) -> list[tuple[int, int]]:
        """Numbered reads of the whole block."""
        return [(index, self.size) for index in range(count)]

    def expected(self, items: list[tuple[int, int]]) -> list[int]:
        """The numbers: each page starts with a one."""
        return [index for index, _ in items]


class Garbage(Workload):
    """Makes and drops small objects, in cycles that only the garbage collector finds or without.

    In each round, a task makes two small objects, the first of which refers to the second; with `cycles: on` the second
    also refers to the first. Then both are dropped. Without cycles their reference counts say at once that they are
    garbage; with cycles they stay until the collector looks for them, from time to time.

    It shows what allocating memory and collecting garbage do to a strategy. A process collects its own garbage alone;
    the threads of one process share one collector, and on a free-threaded build it stops all of them while it looks.

    Expected: with the GIL, threads are as slow as `serial` with either, and cycles make a task slower; processes speed
    up by the number of CPUs. On a free-threaded build threads speed up by the number of CPUs without cycles, and
    hardly with them. PyPy counts no references: there, cycles make no difference.

    The tests ask the collector: with cycles it finds as many objects as were made, without cycles none. The result is
    the sum of the numbers in the objects, which every run compares with a formula.

    `pairs` is the size of a task; its time is in proportion.
    """

    name = "garbage"
    needs = Resource.MEMORY
    function = staticmethod(make_garbage)

    cycles: str = choice("on", ("on", "off"), "Whether the objects of a pair refer to each other.")
    pairs: int = calibrated_to(0.010, "Pairs of objects per task; calibrated to 10 ms under `serial` unless given.")

    def items(self, count: int) -> list[tuple[int, int, str]]:
        """A different first number for each task."""
        return [(first, self.pairs, self.cycles) for first in range(count)]

    def expected(self, items: list[tuple[int, int, str]]) -> list[int]:
        """The numbers of a pair add up to 2 * number + 1."""
        return [pairs * (2 * first + pairs) for first, pairs, _ in items]

    def predicted_task_s(self) -> float:
        """About 0.5 us for each pair where their number is given."""
        return super().predicted_task_s() if self.pairs is None else self.pairs * SECONDS_PER_PAIR
