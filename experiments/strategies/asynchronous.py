"""One thread with an event loop."""

from __future__ import annotations

import asyncio

from experiments.strategies.base import Strategy, describe_worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any


class Asyncio(Strategy):
    """`asyncio`: coroutines on one thread, as many in flight as there are workers."""

    name = "asyncio"
    asynchronous = True

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Makes the event loop and lets it turn once; the workers are permits, not threads."""
        del function
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(asyncio.sleep(0))
        return [describe_worker()]

    def run(self, function: Callable[[Any], Coroutine[Any, Any, Any]], items: list[Any]) -> list[Any]:
        """One asyncio task per item, `workers` of them past the semaphore at a time."""
        return self._loop.run_until_complete(_run_all(function, items, self.workers))

    def stop(self) -> None:
        """Closes the loop."""
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


async def _run_all(function: Callable[[Any], Coroutine[Any, Any, Any]], items: list[Any], permits: int) -> list[Any]:
    semaphore = asyncio.Semaphore(permits)

    async def run_one(item: Any) -> Any:
        async with semaphore:
            return await function(item)

    return list(await asyncio.gather(*map(run_one, items)))
