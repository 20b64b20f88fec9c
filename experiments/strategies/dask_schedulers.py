"""Threads, processes or a cluster behind `dask`."""

from __future__ import annotations

from experiments.parameters import choice, text
from experiments.strategies.base import Strategy, WorkerDied
from experiments.strategies.dask_cluster import Cluster
from experiments.strategies.process_base import how_it_ended
from experiments.strategies.rendezvous import Rendezvous, meet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

THREADS, PROCESSES, DISTRIBUTED = "threads", "processes", "distributed"


class Dask(Strategy):
    """`dask`: a task graph on threads, on processes, or on the workers of a `distributed` cluster.

    With `scheduler: threads` or `processes`, every batch is one graph that `dask.compute` runs on a standing pool of
    `workers`; processes are spawned, as dask does by itself. With `distributed`, a cluster of single-threaded worker
    processes runs on this machine, or `address` names the scheduler of one that exists, of which as many workers as
    asked for are used and which is left running. Good for graphs of long tasks, data larger than memory and work that
    shall move to several machines. Traps: a task costs about a millisecond, a cluster seconds to start; identical
    calls are computed once unless `pure=False` says that they aren't the same, as is done here.
    """

    name = "dask"
    bypasses_gil = True
    pickles = "cloudpickle"

    scheduler: str = choice(DISTRIBUTED, (THREADS, PROCESSES, DISTRIBUTED), "What runs the tasks.")
    address: str = text(None, "Address of an existing scheduler, such as tcp://10.0.0.1:8786; else one starts here.")

    def __init__(self, workers: int = 1, **values: Any) -> None:
        super().__init__(workers, **values)
        self.bypasses_gil = self.scheduler != THREADS
        self.elsewhere = self.address is not None
        self.dispatch_s = {THREADS: 2e-4, PROCESSES: 6e-4}.get(self.scheduler, 2e-3)

    @classmethod
    def libraries(cls, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The cluster is a library of its own."""
        return ("dask", "distributed") if values.get("scheduler", DISTRIBUTED) == DISTRIBUTED else ("dask",)

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """An address is one of a cluster."""
        del interpreter
        if values.get("address") and values.get("scheduler", DISTRIBUTED) != DISTRIBUTED:
            return f"only scheduler: {DISTRIBUTED} has an address"
        return None

    def predicted_startup_s(self) -> float:
        """Importing dask, then the workers, each of which imports it again."""
        first_s, each_s = {THREADS: (0.4, 0.0), PROCESSES: (0.5, 0.3)}.get(self.scheduler, (1.2, 0.5))
        return first_s + each_s * self.workers

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Starts what runs the tasks and lets as many workers as asked for meet."""
        if self.scheduler == DISTRIBUTED:
            self._runner: Pool | Cluster = Cluster(self.workers, self.address)
        else:
            self._runner = Pool(self.workers, self.scheduler)
        return self._runner.start(function)

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One task of a graph, or of the cluster, per item."""
        return self._runner.run(function, items)

    def stop(self) -> None:
        """Ends what was started here."""
        self._runner.stop()


class Pool:
    """A standing pool under one of dask's schedulers for a single machine."""

    def __init__(self, workers: int, scheduler: str) -> None:
        self._workers = workers
        self._scheduler = scheduler
        self._processes: list[Any] = []

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """As many workers as asked for, which have met."""
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        from multiprocessing import get_context

        import dask

        # Its modules are imported at first use, which is not to be the first task.
        self._call, self._compute = dask.delayed, dask.compute
        if self._scheduler == PROCESSES:
            from dask.multiprocessing import initialize_worker_process

            # What dask does by itself, except that its pool would end with each graph.
            self._pool: Any = ProcessPoolExecutor(self._workers, get_context("spawn"), initialize_worker_process)
        else:
            self._pool = ThreadPoolExecutor(self._workers)
        import cloudpickle

        # As dask itself does: the pool alone knows only what has an importable name.
        pickled = cloudpickle.dumps(function)
        with Rendezvous(self._workers) as place:
            meetings = [self._pool.submit(_meet, place, pickled) for _ in range(self._workers)]
            self._processes = list((getattr(self._pool, "_processes", None) or {}).values())
            workers = [meeting.result() for meeting in meetings]
        self.run(len, [()])  # what dask imports at first use belongs to the start
        return workers

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One graph, of a task per item."""
        from concurrent.futures import BrokenExecutor

        # By itself, `delayed` is never pure: every call is a task, however much it looks like another.
        task = self._call(function, traverse=False)
        graph = [task(item) for item in items]
        try:
            # Else processes get six tasks per message: with few tasks, some of them nothing.
            return list(self._compute(*graph, scheduler=self._scheduler, pool=self._pool, chunksize=1))
        except BrokenExecutor:
            raise WorkerDied(f"a worker process {how_it_ended(self._processes)}") from None

    def stop(self) -> None:
        """Ends the pool."""
        self._pool.shutdown()


def _meet(place: tuple[str, int], pickled: bytes) -> dict[str, Any]:
    import pickle

    return meet(place, pickle.loads(pickled))  # noqa: S301 - from our own parent
