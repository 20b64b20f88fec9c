"""Speeds that are known: each is a mean over blocks, and fails only where chance can't be the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pipeline.analysis.invocation_times import LogTimes
from pipeline.analysis.oracles.evidence import DISTURBED, Evidence
from pipeline.analysis.oracles.outcome import FAILED, PASSED, UNDECIDED, Outcome
from pipeline.plan import oracles as parts
from pipeline.plan.oracles import SLOWER_BY
from pipeline.statistics.ratio import log_ratio
from pipeline.statistics.student import Floats

GATE = 0.999
"""Confidence with which an oracle that speaks by averages fails: a whole set of them must not fail by chance."""
TOLERANCE = 1.05
SLACK = 0.85
"""The share of its speed that a second process on the same CPU may cost."""
DOUBLED = (1.6, 2.4)
FEWEST_BLOCKS = 2
BUSY_TOLERANCE = 1.1
"""By which CPU time may exceed what a number of CPUs can give: clocks are read one after the other."""
MISSING_WORK = 1.5
"""Speed beyond a limit by this factor: no CPU changes its speed so much while everything else stays."""
REFERENCE = (parts.REFERENCE_A, parts.REFERENCE_B)
Roles = tuple[str, ...]
Band = tuple[float, float]


def speed_oracles(evidence: Evidence) -> Iterator[Outcome]:
    """Every oracle about a ratio of times."""
    yield same_twice(evidence)
    yield slow_down_seen(evidence)
    yield _limited(
        evidence, "GIL", f"threads compute at most {TOLERANCE} times as fast as serial", REFERENCE, parts.THREADS, 1
    )
    cpus = min(2, evidence.cpus)
    yield _limited(
        evidence, "no more than the CPUs", f"2 processes compute at most {cpus * TOLERANCE:g} times as fast as serial",
        REFERENCE, parts.PROCESSES, cpus,
    )  # fmt: skip
    yield _limited(
        evidence, "one CPU", f"on one CPU, 2 processes compute {SLACK} to {TOLERANCE} times as fast as serial",
        (parts.ONE_CPU_SERIAL,), parts.ONE_CPU_PROCESSES, 1, least=SLACK,
    )  # fmt: skip
    yield _in_band(
        evidence, "payload", f"moving twice the data takes {DOUBLED[0]} to {DOUBLED[1]} times as long", DOUBLED,
        (parts.PAYLOAD_DOUBLE,), parts.PAYLOAD,
    )  # fmt: skip


def same_twice(evidence: Evidence) -> Outcome:
    """A/A: one case under two names can't differ."""
    name, expected = "A/A", "a case compared with itself shows no difference"
    roles = (parts.REFERENCE_A,), parts.REFERENCE_B
    differences = _differences(evidence.logs, *roles)
    if len(differences) < FEWEST_BLOCKS:
        return _silent(evidence, name, expected, *roles)
    surely, reading = log_ratio(differences, GATE), _reading(differences)
    if surely.low > 1 or surely.high < 1:
        return Outcome(name, expected, reading, FAILED, len(differences), "an order or a name makes a difference")
    return Outcome(name, expected, reading, PASSED, len(differences))


def slow_down_seen(evidence: Evidence) -> Outcome:
    """A planted slow-down is seen, as large as it is."""
    name, expected = "planted slow-down", f"{SLOWER_BY:.0%} more steps take {SLOWER_BY:.0%} longer"
    slower = 1 / (1 + SLOWER_BY)
    roles = REFERENCE, parts.SLOWER
    differences = _differences(evidence.logs, *roles)
    if len(differences) < FEWEST_BLOCKS:
        return _silent(evidence, name, expected, *roles)
    surely, likely = log_ratio(differences, GATE), log_ratio(differences)
    reading, n = _reading(-differences), len(differences)
    if surely.low > slower or surely.high < slower:
        return Outcome(name, expected, reading, FAILED, n, "it isn't measured as what it is")
    if likely.high < 1:
        return Outcome(name, expected, reading, PASSED, n)
    hidden = f"the noise hides it: a difference of {likely.mde:.0%} would probably have shown"
    return Outcome(name, expected, reading, UNDECIDED, n, hidden)


def _limited(
    evidence: Evidence, name: str, expected: str, slow: Roles, fast: str, cpus: int, *, least: float = 0.0
) -> Outcome:
    """Whether a speed-up stays within what a number of CPUs can do.

    What is a little faster than it may be isn't proof enough: CPUs change their speed, and one that has just been
    busy is fast. Proof is that more CPUs were used than there are, or so much speed that work must be missing.
    """
    found = _in_band(evidence, name, expected, (least, cpus * TOLERANCE), slow, fast)
    if found.status != FAILED:
        return found
    busy = evidence.busy_cpus(fast)
    ratio = log_ratio(_differences(evidence.logs, slow, fast)).ratio
    if is_impossible(ratio, busy, cpus) or ratio < least / MISSING_WORK:
        return found
    return replace(found, status=UNDECIDED, reason=f"{busy:.2f} CPUs were used: their speed changed between the cases")


def is_impossible(ratio: float, busy_cpus: float, cpus: float) -> bool:
    """Whether a speed-up over serial can't be explained by the speed of the CPUs alone; NaN: not known how many."""
    return busy_cpus > cpus * BUSY_TOLERANCE or ratio > cpus * MISSING_WORK


def _in_band(evidence: Evidence, name: str, expected: str, band: Band, slow: Roles, fast: str) -> Outcome:
    """Whether `slow` (the mean of these roles) takes as many times as long as `fast` as the band says."""
    differences = _differences(evidence.logs, slow, fast)
    if len(differences) < FEWEST_BLOCKS:
        return _silent(evidence, name, expected, slow, fast)
    surely = log_ratio(differences, GATE)
    reading, n = _reading(differences), len(differences)
    if surely.low > band[1] or surely.high < band[0]:
        return Outcome(name, expected, reading, FAILED, n, "beyond what chance explains")
    if not band[0] <= surely.ratio <= band[1]:
        return Outcome(name, expected, reading, UNDECIDED, n, "chance may explain it")
    return Outcome(name, expected, reading, PASSED, n)


def _silent(evidence: Evidence, name: str, expected: str, slow: Roles, fast: str) -> Outcome:
    """Where too few blocks tell: because everything was disturbed, or because there is no more."""
    differences = _differences(evidence.disturbed_logs, slow, fast)
    if len(differences) < FEWEST_BLOCKS:
        return evidence.not_run(name, expected, *slow, fast)
    return Outcome(name, expected, _reading(differences), UNDECIDED, len(differences), DISTURBED)


def _differences(logs: LogTimes, slow: Roles, fast: str) -> Floats:
    """Log ratios of the mean of some roles over another, of the blocks that have them all."""
    if any(role not in logs for role in (*slow, fast)):
        return np.empty(0)
    found: Floats = np.mean([logs[role] for role in slow], axis=0) - logs[fast]
    return found[np.isfinite(found)]


def _reading(differences: Floats) -> str:
    found = log_ratio(differences)
    return f"{found.ratio:.3f} ({found.low:.3f} to {found.high:.3f})"
