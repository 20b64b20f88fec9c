"""A case: one combination of workload, parameters, strategy, workers and interpreter."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Self

from pipeline.config.fields import NOOP, Scalar
from pipeline.config.functions import UserFunction
from pipeline.config.measure import Measure
from pipeline.config.units import format_duration, format_size


@dataclass(frozen=True)
class Case:
    """One cell of the grid, measured by many invocations."""

    workload: str
    """Name of a built-in workload, or `file.py:function`."""
    parameters: dict[str, Scalar]
    """Values of the workload's parameters, `tasks` included; None where calibration decides."""
    strategy: str
    options: dict[str, Scalar]
    """Values of the strategy's parameters, such as `start_method`."""
    workers: int
    interpreter: str
    """As the configuration names it."""
    measure: Measure = field(compare=False, repr=False)
    """How the case is measured."""
    user: UserFunction | None = field(default=None, compare=False, repr=False)
    """Where the function is, if it is the user's own."""
    unsupported: str | None = field(default=None, compare=False)
    """Why the case can't be run on this machine; None if it can."""
    oracle: str = ""
    """The part that it plays among the oracles; empty for a case of the grid."""
    one_cpu: bool = False
    """Whether the measured process is confined to a single CPU."""
    timed: bool = field(default=True, compare=False)
    """False where only memory is measured."""

    @property
    def case_id(self) -> str:
        """Twelve hexadecimal digits, the same for the same case in every run."""
        # An option that isn't set is left out: one that a strategy gains later must not make another case of it.
        options = {name: value for name, value in self.options.items() if value is not None}
        own = (self.workload, self.parameters, self.strategy, options, self.workers, self.interpreter)
        return _identity(*own, self.oracle) if self.oracle else _identity(*own)

    @property
    def baseline_id(self) -> str:
        """The id of the serial case with the same workload, parameters and interpreter; of an oracle its own."""
        if self.oracle:
            return self.case_id
        return _identity(self.workload, self.parameters, "serial", {}, 1, self.interpreter)

    @property
    def is_baseline(self) -> bool:
        """Whether other cases are compared with this one."""
        return self.strategy == "serial"

    def baseline(self, unsupported: str | None) -> Self:
        """The serial case that this one is compared with."""
        return replace(self, strategy="serial", options={}, workers=1, unsupported=unsupported)

    @property
    def label(self) -> str:
        """The case in words, for people: `sleep 10ms · processes (fork) × 2 · current`."""
        return f"{self.workload_label} · {self.strategy_label} × {self.workers} · {self.interpreter}"

    @property
    def strategy_label(self) -> str:
        """The strategy with the options that are set: `processes (fork)`, `processes (fork, chunk_size 16)`."""
        given = {name: value for name, value in self.options.items() if value is not None}
        method = [str(given.pop("start_method"))] if "start_method" in given else []
        options = ", ".join([*method, *(f"{name} {value}" for name, value in given.items())])
        return f"{self.strategy} ({options})" if options else self.strategy

    @property
    def workload_label(self) -> str:
        """The workload with its parameters, `tasks` and calibrated ones left out."""
        shown = [
            _in_words(key, value)
            for key, value in self.parameters.items()
            if key not in ("tasks", "items", "setup") and value is not None
        ]
        return " ".join([self.workload, *shown])


def _in_words(name: str, value: Scalar) -> str:
    if name == "task_time" and not value:
        return NOOP
    if isinstance(value, float):
        return format_duration(value)
    return format_size(int(value)) if name in ("size", "payload") and value is not None else str(value)


def _identity(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
