"""Threads or processes behind `joblib.Parallel`."""

from __future__ import annotations

from experiments.parameters import choice
from experiments.strategies.base import Strategy
from experiments.strategies.loky_pool import why_broken
from experiments.strategies.rendezvous import Rendezvous, meet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

LOKY = "loky"


class Joblib(Strategy):
    """`joblib.Parallel`: what scikit-learn runs on; by default worker processes that live from call to call.

    One `Parallel` object is kept open, so that its pool stands between calls, and everything is handed out at once.
    Good for loops over arrays: worker processes get large NumPy arrays as memory maps if `arrays` says so, and inner
    libraries are kept from starting a thread per CPU in each of them. Traps: with one worker it starts none and runs
    the tasks itself; `batch_size: auto` puts several short tasks into one message, and more of them as it learns how
    short they are, so that later iterations differ from earlier ones; a worker whose memory has grown by 300 MB is
    replaced.
    """

    name = "joblib"
    bypasses_gil = True
    pickles = "cloudpickle"
    dispatch_s = 3e-4

    backend: str = choice(LOKY, (LOKY, "threading"), "What the workers are: processes (`loky`) or threads.")
    batch_size: str = choice("1", ("1", "auto"), "Tasks per message; `auto` adapts to how long they take.")
    arrays: str = choice(
        "copied",
        ("copied", "mapped"),
        "How NumPy arrays above 1 MB reach processes: like everything else, or as memory maps of a temporary file.",
    )

    def __init__(self, workers: int = 1, **values: Any) -> None:
        super().__init__(workers, **values)
        self.bypasses_gil = self.backend == LOKY

    @classmethod
    def libraries(cls, values: Mapping[str, Any]) -> tuple[str, ...]:
        """A copy of loky comes with it."""
        del values
        return ("joblib",)

    def predicted_startup_s(self) -> float:
        """The import, then fresh interpreters that import it as well."""
        return 0.4 + (0.3 * self.workers if self._has_processes else 0.0)

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Opens the `Parallel` object, whose workers start with the first tasks: a meeting of all of them."""
        import joblib

        options = {"max_nbytes": "1M" if self.arrays == "mapped" else None} if self._has_processes else {}
        self._delayed = joblib.delayed
        self._parallel = joblib.Parallel(
            n_jobs=self.workers, backend=self.backend, batch_size=1, pre_dispatch="all", **options
        )
        self._parallel.__enter__()
        with Rendezvous(self.workers) as place:
            workers = self._call(joblib.delayed(meet)(place, function) for _ in range(self.workers))
        if self.batch_size == "auto":
            self._parallel.batch_size = "auto"
        return workers

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One call of the standing `Parallel` object."""
        task = self._delayed(function)
        return self._call(task(item) for item in items)

    def stop(self) -> None:
        """Closes the `Parallel` object and ends the processes, which joblib would keep for later."""
        pool = self._pool
        self._parallel.__exit__(None, None, None)
        if pool is not None:
            pool.shutdown(wait=True)
            # The memory maps go now rather than at exit.
            pool._temp_folder_manager._clean_temporary_resources(allow_non_empty=True)

    @property
    def _has_processes(self) -> bool:
        return self.backend == LOKY and self.workers > 1

    @property
    def _pool(self) -> Any:
        """The pool of processes, which joblib replaces when it breaks; None where there is none."""
        return self._parallel._backend._workers if self._has_processes else None

    def _call(self, tasks: Any) -> list[Any]:
        from concurrent.futures import BrokenExecutor

        processes = list(self._pool._processes.values()) if self._pool is not None else []
        try:
            results: list[Any] = self._parallel(tasks)
        except BrokenExecutor as error:
            raise why_broken(error, processes) from None
        return results
