"""Memory whose amount is known: what is touched appears in the peak, once."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.analysis.oracles.evidence import Evidence
from pipeline.analysis.oracles.outcome import FAILED, PASSED, Outcome
from pipeline.plan.oracles import MEMORY_EMPTY, MEMORY_INHERITED, MEMORY_TOUCHED, TOUCHED_BYTES

TOLERANCE = 0.02
BLIND_TO_SHARED = "uss_sampled"
"""Unique set sizes leave out what processes share, so they can't tell what was inherited."""


def memory_oracles(evidence: Evidence) -> Iterator[Outcome]:
    """Touched memory, and memory that forked workers inherit."""
    amount = f"{TOUCHED_BYTES >> 20} MiB"
    yield _added(evidence, "touched memory", f"{amount} touched by 2 workers raise the peak by as much", MEMORY_TOUCHED)
    yield _added(
        evidence,
        "inherited memory",
        f"{amount} that 2 forked workers inherit and read raise the peak once",
        MEMORY_INHERITED,
    )


def _added(evidence: Evidence, name: str, expected: str, role: str) -> Outcome:
    peaks, empty = evidence.peaks(role), evidence.peaks(MEMORY_EMPTY)
    methods = [method for method in peaks["method"].unique() if method in set(empty["method"])]
    if role == MEMORY_INHERITED:
        methods = [method for method in methods if method != BLIND_TO_SHARED]
    if not methods:
        return evidence.not_run(name, expected, role, MEMORY_EMPTY)
    peak, base = (frame.loc[frame["method"] == methods[0], "value"] for frame in (peaks, empty))
    relative = float(peak.median() - base.median()) / TOUCHED_BYTES
    reading = f"{relative:.1%} of it ({methods[0]})"
    if abs(relative - 1) > TOLERANCE:
        return Outcome(name, expected, reading, FAILED, len(peak), f"off by more than {TOLERANCE:.0%}")
    return Outcome(name, expected, reading, PASSED, len(peak))
