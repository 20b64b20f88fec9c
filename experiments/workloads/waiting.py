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
    """Sleeps: ideal blocking I/O. N sleeps of T over W workers take ceil(N / W) * T."""

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
