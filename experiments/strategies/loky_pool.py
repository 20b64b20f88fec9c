"""Processes behind `loky`."""

from __future__ import annotations

import signal

from experiments.strategies.base import NotPicklable, Strategy, WorkerDied
from experiments.strategies.process_base import how_it_ended
from experiments.strategies.rendezvous import Rendezvous, meet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future
    from typing import Any

IDLE_S = 3600
"""Idle workers leave after ten seconds unless told; a pool that shrinks between iterations would start anew."""


class Loky(Strategy):
    """`loky.get_reusable_executor`: a process pool that takes lambdas and closures and outlives its use.

    Every worker is a fresh interpreter; data are pickled by cloudpickle, which is slower than `pickle` but takes
    functions that have no importable name. Good for libraries and notebooks that call a pool again and again, from
    code that isn't in a module. Traps: the pool stays after its use unless it is shut down, as is done here; a worker
    whose memory has grown by 300 MB is replaced, so a leak looks smaller than it is.
    """

    name = "loky"
    bypasses_gil = True
    pickles = "cloudpickle"
    dispatch_s = 4e-4

    @classmethod
    def libraries(cls, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Which in turn needs cloudpickle."""
        del values
        return ("loky",)

    def predicted_startup_s(self) -> float:
        """The import, then fresh interpreters that import it as well."""
        return 0.3 + 0.3 * self.workers

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """All workers start with the first submission; a meeting tells when they are ready."""
        from loky import get_reusable_executor

        self._pool = get_reusable_executor(self.workers, timeout=IDLE_S, reuse=False)
        with Rendezvous(self.workers) as place:
            meetings = [self._pool.submit(meet, place, function) for _ in range(self.workers)]
            # The pool forgets its processes when it breaks, so they are remembered here.
            self._workers = list(self._pool._processes.values())
            return self._results(meetings)

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One submission per item."""
        submit = self._pool.submit
        return self._results([submit(function, item) for item in items])

    def stop(self) -> None:
        """Ends the workers and waits for them; loky's own watchers of resources end with the process."""
        self._pool.shutdown(wait=True)

    def _results(self, futures: list[Future[Any]]) -> list[Any]:
        from concurrent.futures import BrokenExecutor

        try:
            return [future.result() for future in futures]
        except BrokenExecutor as error:
            raise why_broken(error, self._workers) from None


def why_broken(error: Exception, processes: list[Any]) -> Exception:
    """What a broken pool of loky, by itself or in joblib, means: a dead worker, or what it couldn't unpickle.

    In the second case loky kills its workers itself, so that their ends tell nothing.
    """
    if "un-serialize" not in str(error):
        return WorkerDied(f"a worker process {how_it_broke(processes)}")
    cause = [line for line in str(error.__cause__ or "").splitlines() if line.strip(' "')]
    return NotPicklable(f"{str(error).partition('.')[0]}{': ' if cause else ''}{''.join(cause[-1:])}")


def how_it_broke(processes: list[Any]) -> str:
    """The first cause of death among the workers of a broken pool, in words; loky kills those that are left."""
    killed = -getattr(signal, "SIGKILL", 9)
    return how_it_ended([one for one in processes if one.exitcode not in (None, killed)] or processes)
