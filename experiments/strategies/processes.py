"""Processes behind `concurrent.futures`."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

from experiments.strategies.base import WorkerDied
from experiments.strategies.meeting import invitation, meet, remember
from experiments.strategies.process_base import PoolStrategy, how_it_ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

PYPY_ONLY_FORKS = ((3, 9, 15), (3, 9, 16))
"""PyPy 7.3.10 and 7.3.11: submitting raises `AttributeError` with the other start methods."""


class Processes(PoolStrategy):
    """`concurrent.futures.ProcessPoolExecutor`: workers with a heap and a GIL of their own; data are pickled.

    The usual way to compute on several CPUs. Items and results travel through pipes, one item per message unless
    `chunk_size` says more, by way of a thread that manages the pool. Good for tasks of a millisecond and more with
    small arguments. Traps: functions must be importable; what a task changes stays in its worker; a worker that is
    killed takes the whole pool with it (`WorkerDied`); start-up depends on `start_method` (fork copies the parent,
    forkserver and spawn import everything anew, which `preload` does once for all workers of a fork server).
    """

    name = "processes"

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """Two versions of PyPy's pool can only fork."""
        method = values.get("start_method", cls.parameters()["start_method"].default)
        version = tuple(interpreter.get("version_info", ()))
        if interpreter.get("implementation") == "PyPy" and version in PYPY_ONLY_FORKS and method != "fork":
            said = ".".join(map(str, version))
            return f"the process pool of PyPy {said} fails unless it forks (pypy#3910); use start_method fork"
        return super().unsupported(interpreter, values)

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """As many meetings as workers: each blocks its worker, so that every worker has to be started."""
        context = multiprocessing.get_context(self.start_method)
        preloaded = self.prepared(context, function)
        barrier = context.Barrier(self.workers)
        self._pool = ProcessPoolExecutor(self.workers, context, remember, (barrier,))
        given = invitation(function, preloaded)
        meetings = [self._pool.submit(meet, given) for _ in range(self.workers)]
        # The pool forgets its processes when it breaks, so they are remembered here.
        self._workers = list(self._pool._processes.values())
        return self._results(meeting.result() for meeting in meetings)

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One submission per item, or per chunk of them."""
        return self._results(self._outcomes(function, items))

    def stop(self) -> None:
        """Waits until every worker has ended."""
        self._pool.shutdown()

    def _outcomes(self, function: Callable[[Any], Any], items: list[Any]) -> Iterable[Any]:
        """The results as they come; a pool may break while items are still being handed out."""
        if self.chunk > 1:
            yield from self._pool.map(function, items, chunksize=self.chunk)
            return
        submit = self._pool.submit
        for future in [submit(function, item) for item in items]:
            yield future.result()

    def _results(self, results: Iterable[Any]) -> list[Any]:
        try:
            return list(results)
        except BrokenExecutor:
            raise WorkerDied(f"a worker process {how_it_ended(self._workers)}") from None
