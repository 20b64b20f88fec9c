"""Processes behind `concurrent.futures`."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

from experiments.strategies.base import WorkerDied
from experiments.strategies.meeting import ProcessStrategy, how_it_ended, meet, remember

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import Any


class Processes(ProcessStrategy):
    """`concurrent.futures.ProcessPoolExecutor`: workers with a heap and a GIL of their own; data are pickled."""

    name = "processes"

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """As many meetings as workers: each blocks its worker, so that every worker has to be started."""
        context = multiprocessing.get_context(self.start_method)
        barrier = context.Barrier(self.workers)
        self._pool = ProcessPoolExecutor(self.workers, context, remember, (barrier,))
        meetings = [self._pool.submit(meet, function) for _ in range(self.workers)]
        # The pool forgets its processes when it breaks, so they are remembered here.
        self._workers = list(self._pool._processes.values())
        return self._results(meetings)

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One submission per item."""
        submit = self._pool.submit
        return self._results([submit(function, item) for item in items])

    def stop(self) -> None:
        """Waits until every worker has ended."""
        self._pool.shutdown()

    def _results(self, futures: list[Future[Any]]) -> list[Any]:
        try:
            return [future.result() for future in futures]
        except BrokenExecutor:
            raise WorkerDied(f"a worker process {how_it_ended(self._workers)}") from None
