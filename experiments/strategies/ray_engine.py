"""Worker processes behind `ray`."""

from __future__ import annotations

from experiments.parameters import text
from experiments.strategies.base import NotPicklable, Strategy, WorkerDied
from experiments.strategies.envelope import RemoteTraceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from experiments.strategies.ray_clusters import ExistingCluster, OwnCluster

NEWEST = (3, 14)
"""The last Python for which there are wheels."""


class Ray(Strategy):
    """`ray`: tasks on the workers of a cluster, by default one that is started here and ended afterwards.

    Each task is a `ray.remote` function that needs one CPU, and the cluster has as many as there are workers. With
    `address`, the head of one that exists: as many CPUs as asked for are reserved on it, the code is sent along, and it
    is left running; one that wants a token is shown yours if you have set `RAY_AUTH_MODE=token`. Good for tasks of ten
    milliseconds and more that shall run on many machines, and for large objects that many tasks read. Traps: seconds
    and half a dozen daemons to start, about a millisecond for a task; results above 100 kB go through a store in shared
    memory, here of 100 MB and beyond that through files; a task is never tried again, or it would hide that a worker
    died.
    """

    name = "ray"
    bypasses_gil = True
    pickles = "cloudpickle"
    dispatch_s = 8e-4

    address: str | None = text(None, "Address of an existing cluster, such as 10.0.0.1:6379; else one starts here.")

    def __init__(self, workers: int = 1, **values: Any) -> None:
        super().__init__(workers, **values)
        self.elsewhere = self.address is not None

    @classmethod
    def libraries(cls, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The package of the same name."""
        del values
        return ("ray",)

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """There are wheels for ordinary builds of CPython only, and they come late."""
        del values
        version = interpreter.get("version", "this")
        implementation = interpreter.get("implementation") or "CPython"
        if implementation.lower() != "cpython":
            return f"there is no ray for {implementation}; this is {version}"
        if interpreter.get("free_threaded"):
            return f"there is no ray for free-threaded builds of Python; this is one, of {version}"
        if tuple(interpreter.get("version_info") or NEWEST)[:2] > NEWEST:
            return f"there is no ray for Python {version} yet; the last it has is {'.'.join(map(str, NEWEST))}"
        return None

    def predicted_startup_s(self) -> float:
        """The import, the daemons, the workers, and to end them again."""
        return (3.0 if self.address else 5.0) + 0.3 * self.workers

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Starts a cluster or joins one; as many workers as asked for then meet."""
        from experiments.strategies.ray_clusters import ExistingCluster, OwnCluster

        self._cluster: ExistingCluster | OwnCluster
        self._cluster = ExistingCluster(self.workers, self.address) if self.address else OwnCluster(self.workers)
        self._prepare(function)
        return self._results(self._cluster.start(function))

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One remote call per item."""
        if function is not self._function:
            self._prepare(function)
        submit = self._task.remote
        return self._results([submit(item) for item in items])

    def stop(self) -> None:
        """Ends every daemon that was started here; an existing cluster is left as it was found."""
        self._cluster.stop()

    def _prepare(self, function: Callable[[Any], Any]) -> None:
        self._function = function
        self._task = self._cluster.remote(function)

    def _results(self, references: list[Any]) -> list[Any]:
        import ray
        from ray import exceptions

        try:
            results: list[Any] = ray.get(references)
        except exceptions.RayTaskError as error:
            if not isinstance(error.cause, Exception):
                raise
            raise _original(error) from RemoteTraceback(str(error))
        except exceptions.UnserializableException as error:
            raise NotPicklable(f"what a task raised can't be unpickled here: {_lines(error)[-1]}") from None
        except (
            exceptions.WorkerCrashedError,
            exceptions.NodeDiedError,
            exceptions.LocalRayletDiedError,
            exceptions.OutOfMemoryError,
        ) as error:
            raise WorkerDied(f"a worker process ended during its task: {_lines(error)[0]}") from None
        return results


def _original(error: Any) -> Exception:
    """What the task raised; or in our words, what ray says of an exception or a result that can't travel."""
    from pickle import PicklingError

    from ray.exceptions import RayError

    cause: Exception = error.cause
    if isinstance(cause, RayError):
        return NotPicklable(f"what a task raised can't be pickled: {_lines(cause)[0]}")
    if isinstance(cause, (TypeError, PicklingError)) and "ray_clusters.py" not in str(error):  # the task was over
        return NotPicklable(f"what a task returned can't be pickled: {_lines(cause)[-1]}")
    return cause


def _lines(error: Exception) -> list[str]:
    return str(error).strip().splitlines() or [type(error).__name__]
