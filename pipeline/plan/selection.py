"""Which candidates fit into the budget, and how they are measured then."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from experiments.catalogue import strategies
from pipeline.plan.candidates import FIRST, Candidate, Trial
from pipeline.plan.sizing import Cost, Sizing, size, timeout_s

Key = tuple[str, int, tuple[tuple[str, Any], ...]]


@dataclass(frozen=True)
class Selection:
    """What is measured, and what isn't for lack of time."""

    timed: list[tuple[Candidate, float]]
    """Each candidate with the seconds after which an invocation of it is given up; impossible ones included."""
    sizing: Sizing
    no_time_for: list[Candidate]


def key_of(strategy: str, workers: int, options: Mapping[str, Any]) -> Key:
    """What identifies a candidate among the cases of a plan."""
    return strategy, workers, tuple(sorted(options.items()))


def select(
    trial: Trial, possible: Sequence[Candidate], impossible: set[Key], *, cpus: int, gil_enabled: bool, budget_s: float
) -> Selection:
    """The most likely candidates that the budget has time for.

    Args:
        trial: what one task takes.
        possible: all candidates, the most likely first.
        impossible: those that can't be run here; they cost nothing and stay, for their reasons.
        cpus: effective CPUs.
        gil_enabled: whether the interpreter has a GIL.
        budget_s: for everything.

    Raises:
        UserError: the budget doesn't hold even the smallest measurement.
    """
    supported = [one for one in possible if _key(one) not in impossible]
    costs = [_cost(one, trial, cpus, gil_enabled=gil_enabled) for one in (None, *supported)]
    needed = 1 + sum(one.likely == FIRST for one in supported)
    workers = min((one.workers for one in supported), default=1)
    sizing = size(trial, costs, needed=needed, workers=workers, budget_s=budget_s)
    chosen = _within(supported[: sizing.cases - 1], sizing.tasks)
    timed = [
        (one, timeout_s(trial, _cost(one, trial, cpus, gil_enabled=gil_enabled), sizing, budget_s)) for one in chosen
    ]
    longest_s = max((seconds for _, seconds in timed), default=timeout_s(trial, costs[0], sizing, budget_s))
    left = [(one, longest_s) for one in possible if _key(one) in impossible]
    return Selection([*timed, *left], sizing, supported[sizing.cases - 1 :])


def _key(candidate: Candidate) -> Key:
    return key_of(candidate.strategy, candidate.workers, candidate.options)


def _cost(candidate: Candidate | None, trial: Trial, cpus: int, *, gil_enabled: bool) -> Cost:
    """What an invocation of a candidate will roughly take; None is the plain loop."""
    if candidate is None:
        return Cost(0.0, 1.0)
    strategy = strategies()[candidate.strategy](candidate.workers, **candidate.options)
    imports_again = strategy.bypasses_gil and candidate.options.get("start_method") != "fork"
    imports_s = trial.import_s * math.ceil(candidate.workers / cpus) if imports_again else 0.0
    at_once = candidate.workers if trial.waits else min(candidate.workers, cpus)
    if not trial.waits and not strategy.bypasses_gil and gil_enabled:
        at_once = 1
    return Cost(strategy.predicted_startup_s() + imports_s, 1 / at_once, strategy.dispatch_s)


def _within(candidates: Sequence[Candidate], tasks: int) -> list[Candidate]:
    """The candidates with no more workers than there are tasks, each once."""
    found: dict[Key, Candidate] = {}
    for one in candidates:
        cut = replace(one, workers=min(one.workers, tasks))
        found.setdefault(_key(cut), cut)
    return list(found.values())
