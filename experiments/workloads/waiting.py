"""Work that only waits."""

from __future__ import annotations

import time

from experiments.parameters import duration
from experiments.workloads.base import Resource, Workload


def sleep(item: tuple[int, float]) -> int:
    """`(index, seconds)`: sleeps, then returns the index."""
    index, seconds = item
    time.sleep(seconds)
    return index


async def sleep_async(item: tuple[int, float]) -> int:
    """The same on an event loop."""
    import asyncio

    index, seconds = item
    await asyncio.sleep(seconds)
    return index


class Sleep(Workload):
    """Sleeps: ideal blocking I/O. N sleeps of T over W workers take ceil(N / W) * T.

    One task is one call of `time.sleep`, under asyncio of `asyncio.sleep`, and nothing else.

    It shows waiting without any of the work that comes with real input and output: what a strategy can gain at best.

    Expected: the speed-up is the number of workers, with and without the GIL, since a sleeping thread doesn't hold it,
    and far beyond the number of CPUs.

    The law in the first line is what the tests check, and what every run checks for itself: a shorter time would mean
    that tasks were lost or that a clock is wrong.

    `seconds` is the length of one sleep; below about a millisecond waking up takes as long as sleeping.
    """

    name = "sleep"
    needs = Resource.IO
    function = staticmethod(sleep)
    coroutine = staticmethod(sleep_async)
    default_tasks = 16

    seconds: float = duration(0.010, "How long one task sleeps.")

    def items(self, count: int) -> list[tuple[int, float]]:
        """Numbered sleeps."""
        return [(index, self.seconds) for index in range(count)]

    def expected(self, items: list[tuple[int, float]]) -> list[int]:
        """The numbers."""
        return [index for index, _ in items]

    def predicted_task_s(self) -> float:
        """The sleep itself."""
        return self.seconds
