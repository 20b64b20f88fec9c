"""Processes behind `multiprocessing.Pool`."""

from __future__ import annotations

import multiprocessing

from experiments.strategies.base import WorkerDied
from experiments.strategies.meeting import invitation, meet, remember
from experiments.strategies.process_base import PoolStrategy, how_it_ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.pool import AsyncResult
    from typing import Any

WATCH_INTERVAL_S = 0.25


class MpPool(PoolStrategy):
    """`multiprocessing.Pool`: the older process pool, with a lighter round trip.

    Its workers take their messages from one shared pipe, which makes a round trip cheaper than that of `processes`.
    One item per message unless `chunk_size` says more; the pool's own choice, which depends on the number of items,
    is never used. Good for many short tasks. Traps: as with `processes`, functions must be importable and data
    picklable; the pool silently replaces a worker that dies and loses its task, which would wait for ever: that is
    watched for here and told as `WorkerDied`.
    """

    name = "mp_pool"
    dispatch_s = 4e-5
    _lost = False

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """The pool starts its workers at once; a barrier tells when they are ready."""
        context = multiprocessing.get_context(self.start_method)
        given = invitation(function, self.prepared(context, function))
        barrier = context.Barrier(self.workers)
        self._pool = context.Pool(self.workers, remember, (barrier,))
        self._workers = list(self._pool._pool)  # type: ignore[attr-defined]
        return [self._wait(meeting) for meeting in [self._pool.apply_async(meet, (given,)) for _ in self._workers]]

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One message per item, or per chunk of them: else the pool would choose from the number of items."""
        results: list[Any] = self._wait(self._pool.map_async(function, items, chunksize=self.chunk))
        return results

    def stop(self) -> None:
        """Lets the workers end and waits for them; ends them where a lost task would keep the pool waiting."""
        if self._lost:
            self._pool.terminate()
        else:
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
                self._lost = True
                raise WorkerDied(f"a worker process {how_it_ended(dead)}; the pool replaced it and lost its task")
