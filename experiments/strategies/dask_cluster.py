"""The workers of a `distributed` cluster: of one that is started here, or of one that exists."""

from __future__ import annotations

from experiments.strategies import elsewhere
from experiments.strategies.base import WorkerDied, describe_worker
from experiments.strategies.elsewhere import NoCluster
from experiments.strategies.process_base import how_it_ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

START_S = 60
WATCH_INTERVAL_S = 1.0
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.admin.tick.limit": "1h",
    "distributed.comm.timeouts.connect": f"{elsewhere.REACH_S:g}s",
}
"""A task that killed its worker would be tried on others, and every stall be reported."""


class Cluster:
    """As many single-threaded workers as asked for."""

    def __init__(self, workers: int, address: str | None) -> None:
        self._workers = workers
        self._address = address
        self._cluster: Any = None
        self._folder: str | None = None
        self._installed = False
        self._processes: list[Any] = []

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Returns once the workers are there and have imported the function, with what each says of itself."""
        import dask.config

        dask.config.set(SETTINGS)
        self._client = self._reach(self._address) if self._address else self._start_here()
        try:
            chosen, others = self._choose()
            # Where there are others, tasks are tied to the chosen ones, which the scheduler otherwise balances.
            self._where = {"workers": chosen, "allow_other_workers": False} if others else {}
            self._chosen = chosen
            if self._address:
                self._check_versions()
                self._install()
            told = self._client.run(_describe, function, workers=chosen)
        except BaseException:
            self.stop()
            raise
        return [elsewhere.marked(told[worker], worker) if self._address else told[worker] for worker in chosen]

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One task per item; `pure=False`, or those with the same item would be one."""
        from distributed.scheduler import KilledWorker

        futures = self._client.map(function, items, pure=False, **self._where)
        try:
            results: list[Any] = self._gathered(futures)
        except KilledWorker as error:
            how = f"a worker process {how_it_ended(self._processes)}" if self._processes else said_shortly(error)
            raise WorkerDied(how) from None
        except BaseException:
            self._client.cancel(futures)
            raise
        return results

    def stop(self) -> None:
        """Ends what was started here; an existing cluster forgets what it was given and goes on."""
        import shutil

        if self._installed:
            self._uninstall()
        self._client.close()
        if self._cluster is not None:
            self._cluster.close(timeout=elsewhere.REACH_S)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _gathered(self, futures: list[Any]) -> list[Any]:
        """The results; of an existing cluster, whose lost tasks would wait for ever, the workers are watched."""
        import asyncio
        import concurrent.futures

        if not self._address:
            results: list[Any] = self._client.gather(futures)
            return results
        gathering: concurrent.futures.Future[list[Any]] = asyncio.run_coroutine_threadsafe(
            self._client.gather(futures, asynchronous=True), self._client.loop.asyncio_loop
        )
        while not concurrent.futures.wait([gathering], timeout=WATCH_INTERVAL_S).done:
            lost = sorted(set(self._chosen) - set(self._client.nthreads()))
            if lost:
                gathering.cancel()
                raise WorkerDied(f"the cluster has lost the worker {lost[0]}, which had work to do")
        return gathering.result()

    def _start_here(self) -> Any:
        import logging
        import tempfile

        import dask.config
        from distributed import Client, LocalCluster

        self._folder = tempfile.mkdtemp(prefix="dask-")
        dask.config.set({"temporary-directory": self._folder})
        self._cluster = LocalCluster(
            n_workers=self._workers,
            threads_per_worker=1,
            processes=True,
            # Its web server can't be left out; a free port, or it would complain where another one is.
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            worker_dashboard_address=None,
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        )
        client = Client(self._cluster, set_as_default=False)
        client.wait_for_workers(self._workers, timeout=START_S)
        # dask replaces workers that have died, so the first ones are remembered here.
        self._processes = [nanny.process.process for nanny in self._cluster.workers.values()]
        return client

    def _reach(self, address: str) -> Any:
        import logging

        elsewhere.check_reachable("dask", address)
        from distributed import Client

        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            return Client(address, timeout=elsewhere.REACH_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise NoCluster(f"no dask scheduler answers at {address} in {elsewhere.REACH_S:g} s: {error}") from None

    def _choose(self) -> tuple[list[str], list[str]]:
        """The addresses of the workers to use, and those of others."""
        threads = self._client.nthreads()
        single = sorted(address for address, count in threads.items() if count == 1)
        if len(single) < self._workers:
            raise NoCluster(
                f"the dask cluster has {len(single)} workers with a single thread and {len(threads) - len(single)} "
                f"with several, {self._workers} are asked for: start as many by `dask worker --nthreads 1`"
            )
        chosen = single[: self._workers]
        return chosen, sorted(set(threads) - set(chosen))

    def _check_versions(self) -> None:
        """Compiled code travels, and what one version compiles can't be run by another."""
        import platform

        here = platform.python_version()
        for worker, there in self._client.run(platform.python_version, workers=self._chosen).items():
            if there.split(".")[:2] != here.split(".")[:2]:
                raise NoCluster(f"the worker {worker} runs Python {there}, which can't run code of Python {here}")

    def _install(self) -> None:
        """Gives the workers the code, which they may not be able to import."""
        import atexit

        self._installed = True
        atexit.register(self._uninstall)  # a case that fails is not stopped
        self._call(elsewhere.install, elsewhere.code())

    def _uninstall(self) -> None:
        import atexit

        atexit.unregister(self._uninstall)
        self._call(elsewhere.uninstall)

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Runs a function of `elsewhere`, which they can't import, in each worker and in the scheduler.

        The scheduler unpickles the tasks, too.
        """
        import cloudpickle

        cloudpickle.register_pickle_by_value(elsewhere)
        try:
            self._client.run_on_scheduler(function, *arguments)
            self._client.run(function, *arguments, workers=self._chosen)
        finally:
            cloudpickle.unregister_pickle_by_value(elsewhere)


def said_shortly(error: Exception) -> str:
    """The first sentence of what a cluster says, which goes on with where to look."""
    return f"a worker of the cluster ended during its task: {str(error).partition('. ')[0]}"


def _describe(function: Callable[[Any], Any]) -> dict[str, Any]:
    del function
    return describe_worker()
