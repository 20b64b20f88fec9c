"""What every workload is: parameters, one importable function, a task list and the results to expect."""

from __future__ import annotations

from experiments.parameters import Parameter, Parameterised, integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from experiments.strategies.base import Strategy


class Resource:
    """What a workload mainly waits for."""

    CPU = "CPU"
    IO = "I/O"
    MEMORY = "memory"
    OVERHEAD = "overhead"
    """Nothing: the task is so small that only the strategy's own cost shows."""
    READINGS = "readings"
    """Nothing to speak of: it is there for its readings, and its time says nothing about strategies."""
    UNKNOWN = "unknown"
    """The user's own function."""


class Sweeps(Parameterised):
    """Axes of every workload whose size is calibrated. A case that doesn't use one doesn't have it."""

    task_time = Parameter("task_time", None, "How long one task takes under `serial`; or `noop`.")
    payload = Parameter("size", None, "Bytes that each task gets besides its own argument.")


SWEEPS = Sweeps.parameters()


class Workload(Parameterised):
    """A kind of work. The class is data; `function` is a module-level function, so that any worker can import it."""

    name = ""
    needs = Resource.CPU
    function: Callable[[Any], Any]
    """One task: item in, result out. Assigned as `staticmethod(module_level_function)`."""
    coroutine: Callable[[Any], Any] | None = None
    """The same task as a coroutine function, where an asynchronous form makes sense."""
    seconds_per_task = 1e-3
    """A rough prediction for planning; calibrated workloads use their target instead."""
    default_tasks: int | None = None
    """Tasks per iteration unless configured; None lets the plan choose a number that divides evenly over the CPUs."""

    holds_gil: float | None = None
    """Share of a task's time under `serial` in which it holds the GIL, where there is one; None if that isn't known."""
    makes_workers = False
    """Whether a task makes the workers that it is about: it runs under `serial` alone."""
    reading_units: Mapping[str, str] = {}
    """Units of the readings by name: `s` unless given, `bytes`, `1/s`, or `1` for counts and shares."""

    may_vary = False
    """Whether a repeated pass may give other results than the first, because the function isn't ours."""

    tasks: int = integer(None, "Tasks per iteration.")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        contradiction = self.contradiction(values)
        if contradiction:
            raise ValueError(contradiction)

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """The declared ones and, where the size of a task can be chosen, those that vary it."""
        found = super().parameters()
        return {**found, **SWEEPS} if any(one.target_s is not None for one in found.values()) else found

    @classmethod
    def contradiction(cls, values: Mapping[str, Any]) -> str | None:  # noqa: ARG003
        """Why these values of the parameters don't go together, or None if they do."""
        return None

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:  # noqa: ARG003
        """Why this interpreter can't run the workload with these values, or None if it can."""
        return None

    @classmethod
    def held_share(cls, values: Mapping[str, Any]) -> float | None:  # noqa: ARG003
        """`holds_gil` with these values of the parameters."""
        return cls.holds_gil

    def items(self, count: int) -> list[Any]:
        """The arguments of `count` tasks."""
        raise NotImplementedError

    def expected(self, items: list[Any]) -> list[Any] | None:  # noqa: ARG002
        """The results that these items must give, whoever computes them; None where that isn't known."""
        return None

    def comparable(self, results: list[Any]) -> list[Any]:
        """The part of the results that is the same whenever and however the tasks ran: what is checked."""
        return results

    def drive(self, strategy: Strategy, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """Runs one pass, all of it timed: for those that prepare or look at something in the parent meanwhile."""
        return strategy.run(function, items)

    def readings(self, results: list[Any]) -> dict[str, float]:  # noqa: ARG002
        """What the results say besides: values by the name of a metric, which joins the table of measurements."""
        return {}

    def environment(self) -> dict[str, str]:
        """Environment variables that the measured process must start with."""
        return {}

    def open(self) -> None:
        """Prepares what the tasks need from outside (a server, a file), before anything is timed."""

    def before_pass(self) -> None:
        """Makes ready what a pass over the task list uses up; called before every pass, untimed."""

    def close(self) -> None:
        """Undoes `open`."""

    def predicted_task_s(self) -> float:
        """Seconds that one task will roughly take, for the plan's prediction."""
        for parameter in self.parameters().values():
            if parameter.target_s is not None and self.values.get(parameter.name) is None:
                task_time: float | None = self.values.get("task_time")
                return parameter.target_s if task_time is None else task_time
        return self.seconds_per_task
