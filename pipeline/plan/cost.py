"""What an invocation will roughly take, before anything has been measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from experiments.strategies.base import Strategy
from experiments.workloads.base import Resource, Workload

INTERPRETER_START_S = 0.03
CARRYING_S = 2e-9
"""For one byte of an argument, to another process."""
WARM_UP_S = 0.05
"""As long the measured process warms up at least, if it does at all (`experiments.probe.invocation`)."""


def predict_invocation_s(
    workload: Workload,
    strategy: Strategy,
    *,
    tasks: int,
    iterations: int,
    warmup: int,
    cpus: int,
    interpreter: Mapping[str, Any],
) -> float:
    """Seconds for one invocation: interpreter, start-up, warm-up and every iteration.

    A rough figure from typical costs; after the first block the durations that were observed replace it.
    """
    rounds = math.ceil(tasks / _at_once(workload, strategy, cpus, interpreter))
    carried_s = (workload.values.get("payload") or 0) * CARRYING_S if strategy.bypasses_gil else 0.0
    batch_s = rounds * workload.predicted_task_s() + tasks * (strategy.dispatch_s + carried_s)
    warmup_s = max(warmup * batch_s, WARM_UP_S) if warmup else 0.0
    return INTERPRETER_START_S + strategy.predicted_startup_s() + warmup_s + iterations * batch_s


def _at_once(workload: Workload, strategy: Strategy, cpus: int, interpreter: Mapping[str, Any]) -> int:
    """How many tasks can really make progress at the same time."""
    if not strategy.parallel:
        return 1
    if workload.needs == Resource.IO:
        return strategy.workers
    if strategy.bypasses_gil or not interpreter.get("gil_enabled", True):
        return min(strategy.workers, cpus)
    return 1
