"""Everything that a report says about one run, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from pipeline.analysis.cases import cases
from pipeline.analysis.checksums import checksum_agreement
from pipeline.analysis.costs import costs_of
from pipeline.analysis.invocation_times import times
from pipeline.analysis.memory import memory_of
from pipeline.analysis.noise import noise
from pipeline.analysis.oracles import impossible_sleeps
from pipeline.analysis.quality import gil_contradictions, not_measured, stability, statuses, stops
from pipeline.analysis.speedups import speedups_of
from pipeline.analysis.trust import Trust, judge
from pipeline.analysis.winners import MARGIN, winners_of


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
    """`impossible_sleeps`."""
    effective_cpus: int | None
    trust: Trust


def summarise(bundle: Recorded, *, margin: float = MARGIN) -> Summary:
    """Analyses a loaded bundle; also one that is empty, or in which everything failed."""
    run, invocations, measurements = bundle.run, bundle.invocations, bundle.measurements
    machine = run.get("machine") or {}
    cpus = machine.get("effective_cpus")
    interpreters = run.get("interpreters") or {}
    described = cases(invocations, run.get("cases") or ())
    timed = times(invocations, measurements)
    cost = costs_of(described, timed, invocations)
    used = memory_of(described, invocations, measurements)
    frames = {
        "cases": described,
        "times": timed,
        "speedups": speedups_of(described, timed, effective_cpus=cpus),
        "costs": cost,
        "memory": used,
        "winners": winners_of(described, timed, cost, used, margin=margin),
        "statuses": statuses(invocations, described),
        "not_measured": not_measured(invocations, described, run),
        "stability": stability(invocations, measurements, described),
        "stops": stops(run, described),
        "noise": noise(invocations, cpus=cpus),
        "checksums": checksum_agreement(invocations, described),
        "gil": gil_contradictions(invocations, described, interpreters),
        "oracles": impossible_sleeps(invocations, timed, described),
    }
    return Summary(**frames, effective_cpus=cpus, trust=judge(run, invocations, frames))
