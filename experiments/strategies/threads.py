"""Threads of one process."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from experiments.strategies.base import Strategy, describe_worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Threads(Strategy):
    """`concurrent.futures.ThreadPoolExecutor`: light workers that share one heap.

    Arguments and results are passed by reference, so that their size doesn't matter. Good for waiting: files, sockets,
    subprocesses, and for C code that releases the GIL. Traps: where the GIL is on, Python code runs in one thread at a
    time, however many there are; what threads share must be guarded; a thread can't be stopped from outside. Threads
    would start on demand: here all of them are there before the first task.
    """

    name = "threads"

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Threads start on demand; a barrier makes sure that all of them have."""
        del function
        barrier = threading.Barrier(self.workers)
        self._pool = ThreadPoolExecutor(self.workers)
        meetings = [self._pool.submit(_meet, barrier) for _ in range(self.workers)]
        return [meeting.result() for meeting in meetings]

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One submission per item."""
        submit = self._pool.submit
        futures = [submit(function, item) for item in items]
        return [future.result() for future in futures]

    def stop(self) -> None:
        """Joins every thread."""
        self._pool.shutdown()


def _meet(barrier: threading.Barrier) -> dict[str, Any]:
    barrier.wait()
    return describe_worker()
