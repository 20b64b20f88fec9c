"""Everything that a report says about the interpreters of one run, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.analysis.interpreters.memory import interpreter_memory
from pipeline.analysis.interpreters.relations import Facts, Relation, reference_of, relations
from pipeline.analysis.interpreters.scaling import flips, scaling
from pipeline.analysis.interpreters.single_thread import single_thread
from pipeline.analysis.interpreters.start_up import start_up
from pipeline.analysis.interpreters.switched_on import switched_on
from pipeline.analysis.memory import worker_memory_slopes
from pipeline.analysis.speedups import estimator
from pipeline.analysis.summary import INVALID_BECAUSE, Recorded, Summary
from pipeline.run.stopping import MARGIN


@dataclass(frozen=True)
class SideBySide:
    """The interpreters of one run; each frame is described by the function of the same name."""

    facts: Mapping[str, Facts]
    """What each interpreter of the configuration says of itself, or under `error` why it can't be used."""
    measured: tuple[str, ...]
    """Those with results, in the order of the cases."""
    reference: str | None
    """The one that the others are compared with; None if none was measured."""
    related: tuple[Relation, ...]
    single_thread: pd.DataFrame
    scaling: pd.DataFrame
    """Of threads."""
    flips: pd.DataFrame
    start_up: pd.DataFrame
    memory: pd.DataFrame
    """`interpreter_memory`."""
    worker_memory: pd.DataFrame
    """`worker_memory_slopes`."""
    switched_on: pd.DataFrame
    invalid: str | None = None
    """Why there are no verdicts, because the measuring itself was found wrong; the estimates stay."""

    @property
    def unusable(self) -> dict[str, str]:
        """Why, for each interpreter of the configuration that this machine lacks or can't use."""
        return {name: str(each["error"]) for name, each in self.facts.items() if each.get("error")}


def side_by_side(bundle: Recorded, summary: Summary, *, margin: float = MARGIN) -> SideBySide:
    """Compares the interpreters of a loaded bundle; with fewer than two that have results the frames are empty.

    Args:
        bundle: what `summary` was made of.
        summary: from `summarise`.
        margin: a factor; what differs by less doesn't matter.
    """
    run, described, timed = bundle.run, summary.cases, summary.times
    facts = run.get("interpreters") or {}
    named = [str(name) for name in described["interpreter"].dropna().unique()]
    having = set(described.loc[described["case_id"].isin(timed["case_id"]), "interpreter"])
    measured = tuple(name for name in named if name in having)
    described = described[described["interpreter"].isin(measured)]
    estimate = estimator((run.get("config") or {}).get("measure") or {})
    failed = summary.trust.failed_oracles
    related = tuple(relations(measured, facts))
    speedups = summary.speedups[summary.speedups["interpreter"].isin(measured)]
    threads = scaling(described, timed, speedups, margin=margin, estimate=estimate)
    return SideBySide(
        facts=facts,
        measured=measured,
        reference=reference_of(measured),
        related=related,
        single_thread=single_thread(described, timed, related, margin=margin, estimate=estimate),
        scaling=threads,
        flips=flips(threads),
        start_up=start_up(described, timed, bundle.measurements, estimate=estimate),
        memory=interpreter_memory(described, bundle.invocations, bundle.measurements),
        worker_memory=worker_memory_slopes(described, bundle.invocations, bundle.measurements),
        switched_on=switched_on(summary.gil),
        invalid=INVALID_BECAUSE.format(names=", ".join(failed)) if failed else None,
    )
