"""One thread with an event loop."""

from __future__ import annotations

import asyncio
import sys

from experiments.strategies.base import Strategy, describe_worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any


class Asyncio(Strategy):
    """`asyncio`: coroutines on one thread, as many in flight as there are workers.

    The workers are permits of a semaphore, not threads, so that a thousand of them cost little. Tasks belong together
    as in `asyncio.TaskGroup`: the first exception cancels the others. Good for waiting: sockets, timers, subprocesses.
    Traps: only workloads with an asynchronous form can be run; whatever computes, or blocks without `await`, stops
    every task and the loop. Tasks are never started eagerly, so that every Python version does the same.
    """

    name = "asyncio"
    asynchronous = True
    dispatch_s = 2e-5

    def predicted_startup_s(self) -> float:
        """An event loop; permits cost nothing."""
        return 1e-3

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Makes the event loop and lets it turn once; the workers are permits, not threads."""
        del function
        self._loop = new_loop()
        self._loop.run_until_complete(asyncio.sleep(0))
        return [describe_worker()]

    def run(self, function: Callable[[Any], Coroutine[Any, Any, Any]], items: list[Any]) -> list[Any]:
        """One asyncio task per item, `workers` of them past the semaphore at a time."""
        return self._loop.run_until_complete(_run_all(function, items, self.workers))

    def stop(self) -> None:
        """Cancels what tasks have left behind and closes the loop."""
        close(self._loop)


def new_loop() -> asyncio.AbstractEventLoop:
    """An event loop that starts no task eagerly."""
    loop = asyncio.new_event_loop()
    loop.set_task_factory(None)
    return loop


def close(loop: asyncio.AbstractEventLoop) -> None:
    """Cancels the tasks that are left, ends generators and the threads of the loop's executor, closes the loop."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(_settled(left))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


async def run_together(coroutines: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """One task each; the results in order. The first exception cancels the other tasks, and is raised as it is."""
    if sys.version_info >= (3, 11):
        return await _grouped(coroutines)
    return await _gathered(coroutines)


if sys.version_info >= (3, 11):

    async def _grouped(coroutines: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(coroutine) for coroutine in coroutines]
        except BaseExceptionGroup as several:  # noqa: F821 - a builtin since 3.11
            first = several.exceptions[0]
        else:
            return [task.result() for task in tasks]
        raise first


async def _gathered(coroutines: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """What `asyncio.TaskGroup` does, where there is none."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await _settled(tasks)
        raise


async def _settled(tasks: Iterable[asyncio.Future[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


async def _run_all(function: Callable[[Any], Coroutine[Any, Any, Any]], items: list[Any], permits: int) -> list[Any]:
    semaphore = asyncio.Semaphore(permits)

    async def run_one(item: Any) -> Any:
        async with semaphore:
            return await function(item)

    return await run_together([run_one(item) for item in items])
