"""Where `ray` runs its tasks: on a cluster that is started here, or on one that exists."""

from __future__ import annotations

import os
import sys
import types

from experiments.strategies import elsewhere
from experiments.strategies.base import NotPicklable, describe_worker
from experiments.strategies.elsewhere import NoCluster
from experiments.strategies.rendezvous import Rendezvous, meet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}
"""Nobody is told that ray is used here; no advice about accelerators; workers are started by this interpreter."""
QUIET = {"log_to_driver": False, "logging_level": "CRITICAL"}
STORE_BYTES = 100_000_000
LONGEST_SOCKET = "/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store"
ONE_TASK = {"num_cpus": 1, "max_retries": 0}
"""What a task needs; and that it isn't tried again when its worker dies."""
CONNECT_TRIES = "10"
"""One in a second; ray makes twice as many where it lacks the token."""
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
"""How a client of HTTP/2, on which gRPC is built, begins (RFC 9113, 3.4): with these words and empty settings."""
SETTINGS_FRAME = 4


class OwnCluster:
    """A cluster of one node with as many CPUs as there are workers, in a folder of its own."""

    def __init__(self, workers: int) -> None:
        import secrets

        # Of its own, or ray would make one in the home folder and leave it there.
        os.environ.update({"RAY_AUTH_TOKEN": secrets.token_hex(32), **SETTINGS, **os.environ})
        import ray

        self._ray = ray
        self._workers = workers
        self._meeting = Rendezvous(workers)
        self._folder = elsewhere.folder_for_sockets("ray", LONGEST_SOCKET)
        config = ray.job_config.JobConfig()
        config._py_driver_sys_path.append(_root())
        ray.init(
            "local",  # else it might join somebody's cluster
            num_cpus=workers,
            num_gpus=0,
            include_dashboard=False,
            object_store_memory=STORE_BYTES,
            job_config=config,
            _temp_dir=self._folder,
            _node_ip_address="127.0.0.1",
            **QUIET,
        )

    def remote(self, function: Callable[[Any], Any]) -> Any:
        """The function as a remote one; its modules are found where this process finds them."""
        # Wrapped, because ray takes plain functions only, not those that `functools.partial` makes.
        carried = Carried(function)
        return self._ray.remote(**ONE_TASK)(lambda item: whole(carried.function(item)))

    def start(self, function: Callable[[Any], Any]) -> list[Any]:
        """References to what the workers say of themselves, once they have met."""
        place = self._meeting.__enter__()
        carried = Carried(function)
        come = self._ray.remote(**ONE_TASK)(lambda: meet(place, carried.function))
        return [come.remote() for _ in range(self._workers)]

    def stop(self) -> None:
        """Ends every daemon and removes the folder."""
        import shutil

        try:
            self._ray.shutdown(wait_for_processes=True)
        except TypeError:  # an older ray, which always waits
            self._ray.shutdown()
        self._meeting.__exit__()
        shutil.rmtree(self._folder, ignore_errors=True)


class ExistingCluster:
    """As many CPUs as there are workers, reserved on a cluster that somebody else has started."""

    def __init__(self, workers: int, address: str) -> None:
        os.environ.update({"RAY_NUM_REDIS_GET_RETRIES": CONNECT_TRIES, **SETTINGS})
        elsewhere.check_reachable("ray", address)
        check_speaks(address)
        import ray

        self._ray = ray
        self._workers = workers
        self._join(address)
        try:
            self._reserve(address)
        except BaseException:
            ray.shutdown()
            raise

    def remote(self, function: Callable[[Any], Any]) -> Any:
        """The function as a remote one, which runs on what is reserved."""
        return self._anywhere(lambda item: whole(function(item)))

    def start(self, function: Callable[[Any], Any]) -> list[Any]:
        """References to what the workers say of themselves, once they have met."""
        self._door = self._ray.remote(num_cpus=0)(Door).remote(self._workers)
        door = self._door
        come = self._anywhere(lambda: come_in(door, function))
        return [come.options(scheduling_strategy=self._within(bundle)).remote() for bundle in range(self._workers)]

    def stop(self) -> None:
        """Gives back what was reserved and leaves; the cluster then ends the workers that it had started for this."""
        from ray.util import remove_placement_group

        self._ray.kill(self._door)
        remove_placement_group(self._group)
        self._ray.shutdown()

    def _join(self, address: str) -> None:
        import shutil
        import tempfile

        folder = tempfile.mkdtemp(prefix="code-")
        try:
            elsewhere.write(elsewhere.code(), folder)
            threads = {name: value for name, value in os.environ.items() if name.endswith("_NUM_THREADS")}
            self._ray.init(address, runtime_env={"working_dir": folder, "env_vars": threads}, **QUIET)
        except (ConnectionError, TimeoutError) as error:
            hint = "a cluster that wants a token needs RAY_AUTH_MODE=token and RAY_AUTH_TOKEN"
            raise NoCluster(f"no ray cluster answers at {address}: {error}; {hint}") from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _reserve(self, address: str) -> None:
        from ray.util import placement_group, remove_placement_group

        cpus = int(self._ray.cluster_resources().get("CPU", 0))
        if cpus < self._workers:
            raise NoCluster(f"the ray cluster at {address} has {cpus} CPUs, {self._workers} are asked for")
        self._group = placement_group([{"CPU": 1}] * self._workers)
        if not self._group.wait(elsewhere.REACH_S):
            remove_placement_group(self._group)
            free = int(self._ray.available_resources().get("CPU", 0))
            have = f"of the {cpus} CPUs of the ray cluster at {address} only {free} are free"
            raise NoCluster(f"{have}, {self._workers} are asked for")

    def _anywhere(self, function: Callable[..., Any]) -> Any:
        return self._ray.remote(**ONE_TASK, scheduling_strategy=self._within(-1))(function)

    def _within(self, bundle: int) -> Any:
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        return PlacementGroupSchedulingStrategy(self._group, placement_group_bundle_index=bundle)


def check_speaks(address: str) -> None:
    """Says hello as ray's head expects it: ray itself waits for minutes for whoever listens there without an answer.

    Raises:
        NoCluster: If something else answers, or nothing.
    """
    import socket

    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdigit() or os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
        return
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=elsewhere.REACH_S) as connection:
            connection.sendall(GREETING)
            said = connection.recv(len(GREETING))
    except OSError as error:
        raise NoCluster(f"no ray cluster answers at {address}: {error.strerror or error}") from None
    if said[3:4] != bytes([SETTINGS_FRAME]):
        raise NoCluster(f"what answers at {address} is no ray cluster: it began with {said[:20]!r}")


class Door:
    """An actor at which workers of several machines wait for each other."""

    def __init__(self, workers: int) -> None:
        import asyncio

        self._missing = workers
        self._open = asyncio.Event()

    async def wait(self) -> None:
        """Returns once as many have come as were expected."""
        self._missing -= 1
        if self._missing <= 0:
            self._open.set()
        await self._open.wait()


def come_in(door: Any, function: Callable[[Any], Any]) -> dict[str, Any]:
    """The first task of each worker of an existing cluster; that it got `function` proves that it could import it."""
    del function
    import ray

    ray.get(door.wait.remote())
    return elsewhere.marked(describe_worker(), ray.get_runtime_context().get_node_id())


def whole(result: Any) -> Any:
    """The result of a task, unless it is a generator: ray would hand on its first value as if that were the result."""
    if isinstance(result, types.GeneratorType):
        raise NotPicklable("a task returned a generator, which can't be pickled")
    return result


class Carried:
    """A function that takes `sys.path` along, which a worker needs before it can import the function's module."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __reduce__(self) -> tuple[Any, ...]:
        from ray import cloudpickle

        return unpack, (sys.path, cloudpickle.dumps(self.function))


def unpack(path: list[str], pickled: bytes) -> Carried:
    """In a worker: what was carried, after the folders that are missing have joined `sys.path`."""
    import pickle

    sys.path += [folder for folder in path if folder not in sys.path]
    return Carried(pickle.loads(pickled))  # noqa: S301 - from the process that started this one


def _root() -> str:
    """The folder with the measured code."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
