"""Worker processes of a `ray` instance."""

from __future__ import annotations

import os
import sys

from experiments.parameters import text
from experiments.strategies.base import Strategy, WorkerDied
from experiments.strategies.rendezvous import Rendezvous, meet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

OBJECT_STORE_BYTES = 100 << 20
LONGEST_FOLDER = 40
"""Characters: the path of a socket, which ray makes 60 longer, may have 107."""
NO_WHEELS_FROM = (3, 15)
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_enable_open_telemetry": "0",
}
"""Set before ray is imported: no reports to its makers, no words on standard error."""


class NoCluster(Exception):
    """An existing cluster that can't be reached, or is too small."""


class Ray(Strategy):
    """`ray`: remote functions on the worker processes of a local instance, or of a cluster that exists.

    As many actors as workers are started, and each gets its next task when it has ended the one before; there are
    never more of them, however large the cluster. By default an instance of its own starts on this machine and ends
    with the case; `address` names a cluster, which is left running. Good for long tasks on many machines and for
    sharing large arrays through ray's object store. Traps: it takes seconds to start and a dozen helper processes,
    reserves memory for its object store, and is unlikely to pay for tasks below about 10 ms.
    """

    name = "ray"
    bypasses_gil = True
    pickles = "cloudpickle"
    dispatch_s = 1e-3

    address: str = text(None, "Address of an existing cluster, such as 10.0.0.1:6379; else an instance starts here.")

    @classmethod
    def libraries(cls, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Only itself."""
        del values
        return ("ray",)

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """Where there is no wheel of it."""
        del values
        version = tuple(interpreter.get("version_info") or ())[:2]
        if interpreter.get("implementation", "CPython") != "CPython":
            return f"ray exists for CPython only, not for {interpreter['implementation']}"
        if interpreter.get("free_threaded"):
            return "ray doesn't exist for free-threaded builds"
        if version >= NO_WHEELS_FROM:
            return f"ray doesn't exist for Python {version[0]}.{version[1]} yet"
        return None

    def predicted_startup_s(self) -> float:
        """The import, the helper processes, then the workers."""
        return 6.0 + 0.5 * self.workers

    def standing_processes(self, workers: list[dict[str, Any]]) -> list[int] | None:
        """Those of an existing cluster aren't ours to account, and may be on another machine."""
        return None if self.address else super().standing_processes(workers)

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Starts or reaches the instance, then the actors, which meet."""
        os.environ.update(QUIET)
        _identify(elsewhere=self.address is not None)
        import ray

        self._ray = ray
        self._folder: str | None = None
        self._connect()
        user = sys.modules.get(getattr(function, "__module__", None) or "")
        if self.address and user is not None and not user.__name__.startswith("experiments"):
            # The machines of the cluster may not have the module.
            ray.cloudpickle.register_pickle_by_value(user)
        actor = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_Worker)
        self._actors = [actor.remote() for _ in range(self.workers)]
        if not self.address:
            with Rendezvous(self.workers) as place:
                given = [worker.call.remote(_meet, (place, function)) for worker in self._actors]
                return self._get(given)
        # Actors are processes of their own wherever they are, and no folder is shared with another machine.
        return self._get([worker.call.remote(_describe, function) for worker in self._actors])

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One remote call per item, as many at once as there are workers."""
        shared = self._ray.put(function)
        idle = list(self._actors)
        running: dict[Any, tuple[int, Any]] = {}
        results: list[Any] = [None] * len(items)
        for index, item in enumerate(items):
            if not idle:
                idle += self._collect(running, results)
            worker = idle.pop()
            running[worker.call.remote(shared, item)] = index, worker
        while running:
            self._collect(running, results)
        return results

    def stop(self) -> None:
        """Ends the actors, and the instance with all its processes if it is ours."""
        for worker in self._actors:
            self._ray.kill(worker)
        self._ray.shutdown()
        if self._folder is not None:
            import shutil

            shutil.rmtree(self._folder, ignore_errors=True)

    def _connect(self) -> None:
        import logging

        options: dict[str, Any] = {"logging_level": logging.CRITICAL, "log_to_driver": False}
        if self.address:
            self._reach(options)
            return
        # Inherited by all its processes, so that workers find what this one found.
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        self._ray.init(
            num_cpus=self.workers,
            include_dashboard=False,
            object_store_memory=OBJECT_STORE_BYTES,
            _temp_dir=self._temporary_folder(),
            **options,
        )

    def _reach(self, options: dict[str, Any]) -> None:
        """Connects to the cluster and sends the measured code along."""
        import experiments

        package = os.path.dirname(experiments.__file__)
        try:
            self._ray.init(address=self.address, runtime_env={"py_modules": [package]}, **options)
        except (ConnectionError, RuntimeError, TimeoutError, ValueError) as error:
            raise NoCluster(f"no ray cluster answers at {self.address}: {str(error).splitlines()[0]}") from None
        cpus = int(self._ray.cluster_resources().get("CPU", 0))
        if cpus < self.workers:
            self._ray.shutdown()
            raise NoCluster(f"the cluster has {cpus} CPUs, {self.workers} are asked for")

    def _temporary_folder(self) -> str:
        import tempfile

        place = tempfile.gettempdir()
        folder = tempfile.mkdtemp(prefix="r-", dir=place if len(place) <= LONGEST_FOLDER else "/tmp")  # noqa: S108
        self._folder = folder
        return folder

    def _collect(self, running: dict[Any, tuple[int, Any]], results: list[Any]) -> list[Any]:
        """Takes in the results of at least one task; the workers that are free again."""
        ended, _ = self._ray.wait(list(running))
        free = []
        for reference, result in zip(ended, self._get(ended)):
            index, worker = running.pop(reference)
            results[index] = result
            free.append(worker)
        return free

    def _get(self, references: list[Any]) -> list[Any]:
        from ray.exceptions import RayActorError, RayTaskError

        try:
            results: list[Any] = self._ray.get(references)
        except RayTaskError as error:
            raise error.cause from None
        except RayActorError as error:
            raise WorkerDied(f"a ray worker ended unexpectedly: {str(error).splitlines()[0]}") from None
        return results


def _identify(*, elsewhere: bool) -> None:
    """Sees to the token that clusters ask for: the user's own, or one for this instance alone.

    Left to itself, ray would write a token into the user's home folder, and not show it to a cluster named by address.
    """
    has_own = "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ
    if not elsewhere:
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=os.urandom(16).hex())
    elif has_own or os.path.exists(os.path.expanduser("~/.ray/auth_token")):
        os.environ.setdefault("RAY_AUTH_MODE", "token")


class _Worker:
    """An actor: one process of the instance."""

    def call(self, function: Callable[[Any], Any], item: Any) -> Any:
        """One task."""
        return function(item)


def _meet(given: tuple[tuple[str, int], Callable[[Any], Any]]) -> dict[str, Any]:
    return meet(*given)


def _describe(function: Callable[[Any], Any]) -> dict[str, Any]:
    from experiments.strategies.base import describe_worker

    del function
    return describe_worker()
