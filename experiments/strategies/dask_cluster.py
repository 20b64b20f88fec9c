"""The workers of a `distributed` cluster: of one that is started here, or of one that exists."""

from __future__ import annotations

import os
import sys

from experiments.strategies.base import WorkerDied, describe_worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

REACH_S = 10
"""How long an existing scheduler may take to answer."""
START_S = 60
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.admin.tick.limit": "1h",
    "distributed.comm.timeouts.connect": f"{REACH_S}s",
    "distributed.worker.memory.terminate": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.target": False,
}
"""A task that killed its worker would be tried on others, memory be watched, and every stall be reported."""


class NoCluster(Exception):
    """An existing cluster that can't be reached, or hasn't the workers that are asked for."""


class Cluster:
    """As many single-threaded workers as asked for."""

    def __init__(self, workers: int, address: str | None) -> None:
        self._workers = workers
        self._address = address
        self._cluster: Any = None
        self._shipped: list[str] = []

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Returns once the workers are there and have imported the function, with what each says of itself."""
        import dask.config

        dask.config.set(SETTINGS)
        self._client = self._reach() if self._address else self._start_here()
        self._chosen = self._choose()
        if self._address:
            self._ship(function)
        # A worker runs this between tasks, in a thread of its own.
        told = self._client.run(_describe, function, workers=self._chosen)
        return [told[address] for address in self._chosen]

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One task per item; `pure=False`, or those with the same item would be one."""
        from distributed.scheduler import KilledWorker

        futures = self._client.map(function, items, pure=False, workers=self._chosen, allow_other_workers=False)
        try:
            results: list[Any] = self._client.gather(futures)
        except KilledWorker as error:
            raise WorkerDied(f"a worker of the cluster ended during its task: {error}") from None
        finally:
            self._client.cancel(futures)
        return results

    def stop(self) -> None:
        """Ends what was started here; an existing cluster forgets what it was given and goes on."""
        if self._shipped:
            self._client.run(_forget, self._shipped, workers=self._chosen)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close(timeout=REACH_S)

    def _start_here(self) -> Any:
        import logging
        import tempfile

        from distributed import Client, LocalCluster

        self._cluster = LocalCluster(
            n_workers=self._workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            worker_dashboard_address=None,
            memory_limit=0,
            local_directory=tempfile.gettempdir(),
            silence_logs=logging.CRITICAL,
        )
        client = Client(self._cluster, set_as_default=False)
        client.wait_for_workers(self._workers, timeout=START_S)
        return client

    def _reach(self) -> Any:
        import logging

        from distributed import Client

        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            return Client(self._address, timeout=REACH_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise NoCluster(f"no dask scheduler answers at {self._address} within {REACH_S} s: {error}") from None

    def _choose(self) -> list[str]:
        """The addresses of the workers to use."""
        threads = self._client.nthreads()
        if len(threads) < self._workers:
            raise NoCluster(f"the cluster has {len(threads)} workers, {self._workers} are asked for")
        single = sorted(address for address, count in threads.items() if count == 1)
        if len(single) < self._workers:
            raise NoCluster(
                f"only {len(single)} workers of the cluster have a single thread, {self._workers} are asked for: "
                "start them with --nthreads 1"
            )
        return single[: self._workers]

    def _ship(self, function: Callable[[Any], Any]) -> None:
        """Gives the workers the measured code, which they may not be able to import."""
        import shutil
        import tempfile

        folder = tempfile.mkdtemp(prefix="ship-")
        try:
            root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
            archive = shutil.make_archive(os.path.join(folder, "whichpool_experiments"), "zip", root, "experiments")
            self._client.upload_file(archive)
            self._shipped = ["experiments"]
            user = sys.modules.get(getattr(function, "__module__", ""))
            file = getattr(user, "__file__", None)
            if user is not None and file and not user.__name__.startswith("experiments"):
                self._client.upload_file(file)
                self._shipped.append(user.__name__)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _describe(function: Callable[[Any], Any]) -> dict[str, Any]:
    del function
    return describe_worker()


def _forget(packages: Iterable[str]) -> None:
    """In a worker: removes the modules, so that the next run's are imported anew."""
    for name in list(sys.modules):
        if name.partition(".")[0] in packages:
            del sys.modules[name]
    sys.path[:] = [entry for entry in sys.path if "whichpool_experiments" not in entry]
