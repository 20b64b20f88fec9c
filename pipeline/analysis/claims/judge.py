"""Every claim under every interpreter, from one bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from pipeline.analysis.claims.catalogue import CLAIMS, Claim
from pipeline.analysis.claims.computing import gil_stops_threads, processes_use_cores
from pipeline.analysis.claims.gains import parallel_is_faster
from pipeline.analysis.claims.grounds import Grounds, grounds_of
from pipeline.analysis.claims.hardware import hardware_threads
from pipeline.analysis.claims.leak import leaks_damage_siblings
from pipeline.analysis.claims.responsiveness import threads_for_interfaces
from pipeline.analysis.claims.sharing import results_not_visible, shared_heap
from pipeline.analysis.claims.stopping import threads_not_killable
from pipeline.analysis.claims.transfer import ipc_overhead
from pipeline.analysis.claims.verdict import INVALID, NOT_TESTABLE, NOT_TESTED, Judgement, not_testable, not_tested
from pipeline.analysis.claims.waiting import threads_for_waiting
from pipeline.analysis.claims.weight import light_threads
from pipeline.analysis.summary import INVALID_BECAUSE, Recorded, Summary

JUDGES: Mapping[str, Callable[[Grounds], Judgement]] = {
    "shared-heap": shared_heap,
    "light-threads": light_threads,
    "gil-stops-threads": gil_stops_threads,
    "threads-for-waiting": threads_for_waiting,
    "threads-for-interfaces": threads_for_interfaces,
    "threads-not-killable": threads_not_killable,
    "processes-use-cores": processes_use_cores,
    "ipc-overhead": ipc_overhead,
    "results-not-visible": results_not_visible,
    "leaks-damage-siblings": leaks_damage_siblings,
    "hardware-threads": hardware_threads,
    "parallel-is-faster": parallel_is_faster,
}
"""By the key of the claim."""
VERDICT_TEXTS = ("key", "interpreter", "verdict", "depends_on", "reason")
EVIDENCE_TEXTS = ("interpreter", "stratum", "quantity", "unit", "side", "verdict", "method")
EVIDENCE_NUMBERS = ("estimate", "low", "high", "margin")
EVIDENCE = (
    "claim", "interpreter", "stratum", "quantity", "unit", "estimate", "low", "high", "n", "margin", "side", "verdict",
    "control", "method", "n_needed",
)  # fmt: skip


@dataclass(frozen=True)
class Claims:
    """What a run says about the twelve claims."""

    verdicts: pd.DataFrame
    """One row per claim and interpreter: `claim` (its number), `key`, `interpreter`, `verdict` (one of
    `verdict.VERDICTS`), `depends_on` (in words; missing otherwise) and `reason` (a sentence without its full stop)."""
    evidence: pd.DataFrame
    """One row per sub-test: `claim`, `interpreter`, `stratum`, `quantity`, `unit` (`times`, `s`, `bytes`, `share`,
    `CPUs`), `estimate`, `low`, `high` (95 %; of shares of trials each end one-sided), `n` (invocations, or trials),
    `margin`, `side` (`>` or `<`: where the claim says that it lies), `verdict` (`supported`, `refuted` or
    `inconclusive`), `control` (it must come out so for the claim to be judged), `method`,
    `n_needed` (that would probably settle it). Where a quantity is only told, `margin`, `side` and `verdict` are
    missing."""


def claims_of(bundle: Recorded, summary: Summary) -> Claims:
    """Judges a loaded bundle, also one that is empty; then the frames are.

    Args:
        bundle: what `summary` was made of.
        summary: from `summarise`.

    Raises:
        UserError: the bundle's margins can't be read.
    """
    verdicts: list[dict[str, Any]] = []
    evidence: list[dict[str, Any]] = []
    for grounds in grounds_of(bundle, summary):
        for claim in CLAIMS:
            judged = _gated(_judged(claim, grounds), summary.trust.failed_oracles)
            own = {"claim": claim.number, "interpreter": grounds.interpreter}
            told = {"verdict": judged.verdict, "depends_on": judged.depends_on, "reason": judged.reason}
            verdicts.append({**own, "key": claim.key, **told})
            evidence += [{**own, **finding.row()} for finding in judged.findings]
    return Claims(_verdicts(verdicts), _evidence(evidence))


def _judged(claim: Claim, grounds: Grounds) -> Judgement:
    judged = JUDGES[claim.key](grounds)
    if judged.verdict != NOT_TESTED or not claim.workloads:
        return judged
    why = grounds.why_not(claim.workloads)
    if why is not None and why[0] == "unsupported":
        return replace(not_testable(why[1]), findings=judged.findings)
    if why is not None:
        return replace(not_tested(f"its cases have no result ({why[0]}: {why[1]})"), findings=judged.findings)
    return judged


def _gated(judged: Judgement, failed: tuple[str, ...]) -> Judgement:
    """Where an oracle failed, no verdict stands; the evidence stays."""
    if not failed or judged.verdict in (NOT_TESTED, NOT_TESTABLE):
        return judged
    return Judgement(INVALID, INVALID_BECAUSE.format(names=", ".join(failed)), None, judged.findings)


def _verdicts(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["claim", *VERDICT_TEXTS])
    return frame.astype({"claim": "int64"} | dict.fromkeys(VERDICT_TEXTS, "str"))


def _evidence(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(EVIDENCE))
    types: dict[str, Any] = {"claim": "int64", "n": "int64", "control": "bool", "n_needed": "Int64"}
    types |= dict.fromkeys(EVIDENCE_TEXTS, "str") | dict.fromkeys(EVIDENCE_NUMBERS, "float64")
    return frame.astype(types)
