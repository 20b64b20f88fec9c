"""What every strategy is: three verbs and the number of workers. A strategy knows nothing of clocks."""

from __future__ import annotations

import _thread
import os
import sys

from experiments.parameters import Parameterised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class WorkerDied(Exception):
    """A worker ended although it had work to do."""


class NotPicklable(Exception):
    """What a task returned or raised can't travel from its worker."""


class Strategy(Parameterised):
    """A way to run tasks with at most `workers` workers at once."""

    name = ""
    parallel = True
    """False for the one that has a single worker whatever the configuration says."""
    asynchronous = False
    """True where tasks are coroutines: the workload's `coroutine` is run instead of its `function`."""
    bypasses_gil = False
    """Whether its workers run Python code at the same time even where the GIL is on."""
    own_interpreters = False
    """Whether its workers are interpreters within one process: most extension modules can't be imported there."""
    pickles = ""
    """What carries functions, items and results to its workers: `pickle`, `cloudpickle`, or nothing."""
    elsewhere = False
    """Whether its workers are somebody else's, maybe on another machine: what they use can't be told."""
    dispatch_s = 2e-5
    """Typical cost of handing out one task, for the plan's prediction only."""

    def __init__(self, workers: int = 1, **values: Any) -> None:
        super().__init__(**values)
        self.workers = workers

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:  # noqa: ARG003
        """Why this interpreter can't run the strategy with these parameters, or None if it can."""
        return None

    def predicted_startup_s(self) -> float:
        """Seconds that starting and stopping will roughly take, for the plan's prediction only."""
        return 1e-4 * self.workers

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Returns once `workers` distinct workers have met, `function` imported, with what each says of itself."""
        raise NotImplementedError

    def standing_processes(self, workers: list[dict[str, Any]]) -> list[int] | None:
        """Process ids of the workers that `start` described, as far as they live on and are not this process.

        Their CPU time belongs to every phase; None where the CPU time of the workers can't be told.
        """
        if self.elsewhere:
            return None
        return sorted({worker["process"] for worker in workers} - {os.getpid()})

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """Runs one task per item and returns the results in order."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ends every worker; nothing of the strategy is left afterwards."""


def describe_worker() -> dict[str, Any]:
    """What a worker says of itself once its imports are done: who it is, and whether the GIL is on *there*."""
    gil_enabled = getattr(sys, "_is_gil_enabled", None)
    return {
        "process": os.getpid(),
        "thread": _thread.get_ident(),
        "gil_enabled": True if gil_enabled is None else gil_enabled(),
    }
