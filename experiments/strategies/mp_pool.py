"""Processes behind `multiprocessing.Pool`."""

from __future__ import annotations

import multiprocessing

from experiments.strategies.base import WorkerDied
from experiments.strategies.meeting import ProcessStrategy, how_it_ended, meet, remember

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.pool import AsyncResult
    from typing import Any

WATCH_INTERVAL_S = 0.25


class MpPool(ProcessStrategy):
    """`multiprocessing.Pool`: the older process pool, with a lighter round trip; one item per message."""

    name = "mp_pool"

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """The pool starts its workers at once; a barrier tells when they are ready."""
        context = multiprocessing.get_context(self.start_method)
        barrier = context.Barrier(self.workers)
        self._pool = context.Pool(self.workers, remember, (barrier,))
        self._workers = list(self._pool._pool)  # type: ignore[attr-defined]
        return [self._wait(meeting) for meeting in [self._pool.apply_async(meet, (function,)) for _ in self._workers]]

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One message per item: `chunksize` is fixed, or the pool would choose one from the number of items."""
        results: list[Any] = self._wait(self._pool.map_async(function, items, chunksize=1))
        return results

    def stop(self) -> None:
        """Lets the workers end and waits for them."""
        self._pool.close()
        self._pool.join()

    def _wait(self, result: AsyncResult[Any]) -> Any:
        # The pool silently replaces a dead worker and its task never finishes: watch for that.
        while True:
            result.wait(WATCH_INTERVAL_S)
            if result.ready():
                return result.get()
            dead = [worker for worker in self._workers if worker.exitcode is not None]
            if dead:
                raise WorkerDied(f"a worker process {how_it_ended(dead)}; the pool replaced it and lost its task")
