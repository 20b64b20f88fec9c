"""Threads behind an event loop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from experiments.strategies.asynchronous import close, new_loop, run_together
from experiments.strategies.base import Strategy, describe_worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class AsyncioThreads(Strategy):
    """`asyncio.to_thread`: plain functions in the threads of an event loop's own executor.

    The way to call blocking code from a program that is asynchronous already. The executor of the loop is given
    `workers` threads, because `asyncio.to_thread` has no such argument: left alone, it takes a few more threads than
    there are CPUs, whatever was meant. Tasks are plain functions, so that every workload can be run. Traps: each
    call copies the context variables and wakes the loop twice, which costs more than a submission to `threads`; a
    call that has begun can't be cancelled.
    """

    name = "asyncio_threads"
    dispatch_s = 5e-5

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Makes the loop and its executor; every thread of it waits at a barrier for the others."""
        del function
        self._loop = new_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(self.workers))
        barrier = threading.Barrier(self.workers)
        return self.run(_meet, [barrier] * self.workers)

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One call of `asyncio.to_thread` per item; the first exception cancels those that wait."""
        return self._loop.run_until_complete(_in_threads(function, items))

    def stop(self) -> None:
        """Joins every thread and closes the loop."""
        close(self._loop)


async def _in_threads(function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
    return await run_together([asyncio.to_thread(function, item) for item in items])


def _meet(barrier: threading.Barrier) -> dict[str, Any]:
    barrier.wait()
    return describe_worker()
