"""Everything that a report says about one run, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from pipeline.analysis.cases import cases, timed_for_themselves
from pipeline.analysis.checksums import checksum_agreement
from pipeline.analysis.control import controlled
from pipeline.analysis.costs import costs_of
from pipeline.analysis.drift import drifts
from pipeline.analysis.frames import with_columns
from pipeline.analysis.invocation_times import times
from pipeline.analysis.memory import memory_of
from pipeline.analysis.noise import noise
from pipeline.analysis.oracles.judge import oracles
from pipeline.analysis.quality import gil_contradictions, not_measured, stability, statuses, stops
from pipeline.analysis.robustness import changed_without_disturbed
from pipeline.analysis.speedups import estimator, speedups_of
from pipeline.analysis.trust import Trust, judge
from pipeline.analysis.winners import invalidated, winners_of
from pipeline.run.stopping import MARGIN

INVALID_BECAUSE = "the measuring itself was found wrong ({names})"


class Recorded(Protocol):
    """What a loaded bundle has."""

    @property
    def run(self) -> Mapping[str, Any]:
        """The content of `run.json`."""

    @property
    def invocations(self) -> pd.DataFrame:
        """The table of that name."""

    @property
    def measurements(self) -> pd.DataFrame:
        """The table of that name."""


@dataclass(frozen=True)
class Summary:
    """The frames of one run; each is described by the function of the same name."""

    cases: pd.DataFrame
    times: pd.DataFrame
    speedups: pd.DataFrame
    costs: pd.DataFrame
    memory: pd.DataFrame
    winners: pd.DataFrame
    statuses: pd.DataFrame
    not_measured: pd.DataFrame
    stability: pd.DataFrame
    stops: pd.DataFrame
    noise: pd.DataFrame
    checksums: pd.DataFrame
    """`checksum_agreement`."""
    gil: pd.DataFrame
    """`gil_contradictions`."""
    oracles: pd.DataFrame
    """One row per oracle; `oracles.judge.oracles`."""
    drifts: pd.DataFrame
    controlled: pd.DataFrame
    changed: pd.DataFrame
    """`changed_without_disturbed`."""
    effective_cpus: int | None
    trust: Trust


def summarise(bundle: Recorded, *, margin: float = MARGIN) -> Summary:
    """Analyses a loaded bundle; also one that is empty, or in which everything failed.

    The frames are about the grid; what the oracles' own cases measured is in `oracles` and `drifts`.
    """
    run, everything, measurements = bundle.run, bundle.invocations, bundle.measurements
    invocations = everything[with_columns(everything, ("oracle",))["oracle"].isna()]
    planned = [case for case in run.get("cases") or () if not case.get("oracle")]
    machine = run.get("machine") or {}
    cpus, facts = machine.get("effective_cpus"), machine.get("facts") or {}
    estimate = estimator((run.get("config") or {}).get("measure") or {})
    described = cases(invocations, planned)
    compared = timed_for_themselves(described)
    drifting = drifts(everything, measurements)
    timed = times(invocations, measurements)
    timed = timed[~timed["block"].isin(drifting.loc[drifting["dropped"], "block"])]
    cost = costs_of(described, timed, invocations)
    used = memory_of(described, invocations, measurements)

    def decide(counted: pd.DataFrame) -> pd.DataFrame:
        return winners_of(compared, counted, cost, used, margin=margin, estimate=estimate)

    decided = decide(timed)
    frames = {
        "cases": described,
        "times": timed,
        "speedups": speedups_of(compared, timed, effective_cpus=cpus, estimate=estimate),
        "costs": cost,
        "memory": used,
        "winners": decided,
        "changed": changed_without_disturbed(decided, timed, decide),
        "statuses": statuses(invocations, described),
        "not_measured": not_measured(invocations, described, {**run, "cases": planned}),
        "stability": stability(invocations, measurements, described),
        "stops": stops({**run, "cases": planned}, described),
        "noise": noise(invocations, cpus=facts.get("affinity_cpus") or cpus),
        "checksums": checksum_agreement(invocations, described),
        "gil": gil_contradictions(invocations, described, run.get("interpreters") or {}),
        "drifts": drifting,
        "controlled": controlled(described, timed),
    }
    frames["oracles"] = oracles(run, everything, measurements, frames)
    trust = judge(run, invocations, frames)
    if trust.failed_oracles:
        frames["winners"] = invalidated(decided, INVALID_BECAUSE.format(names=", ".join(trust.failed_oracles)))
    return Summary(**frames, effective_cpus=cpus, trust=trust)
