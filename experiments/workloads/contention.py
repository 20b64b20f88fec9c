"""Work that has to wait for a lock."""

from __future__ import annotations

import threading
import time

from experiments.parameters import duration, integer
from experiments.workloads.base import Resource, Workload

PERCENT = 100
_lock = threading.Lock()


def wait_locked(item: tuple[int, float, float]) -> int:
    """`(index, free_s, critical_s)`: waits that long without the lock, then that long with it; returns the index."""
    index, free_s, critical_s = item
    if free_s:
        time.sleep(free_s)
    if critical_s:
        with _lock:
            time.sleep(critical_s)
    return index


class LockContention(Workload):
    """Waits partly under one lock of the process: threads can't finish more than one critical part at a time."""

    name = "lock_contention"
    needs = Resource.IO
    function = staticmethod(wait_locked)
    default_tasks = 16

    seconds: float = duration(0.010, "How long one task takes alone.")
    critical: int = integer(50, "Per cent of that time that a task holds the lock.", minimum=0)

    def items(self, count: int) -> list[tuple[int, float, float]]:
        """Numbered tasks with the two parts of their time."""
        critical_s = self.critical_s
        return [(index, max(0.0, self.seconds - critical_s), critical_s) for index in range(count)]

    @property
    def critical_s(self) -> float:
        """How long one task holds the lock."""
        return float(self.seconds * min(self.critical, PERCENT) / PERCENT)

    def expected(self, items: list[tuple[int, float, float]]) -> list[int]:
        """The numbers."""
        return [index for index, _, _ in items]

    def predicted_task_s(self) -> float:
        """The time that one task takes alone."""
        return self.seconds
