"""Speeds that are known: each is a mean over blocks, and fails only where chance can't be the reason."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.analysis.oracles.evidence import Evidence
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
Band = tuple[float, float]


def speed_oracles(evidence: Evidence) -> Iterator[Outcome]:
    """Every oracle about a ratio of times."""
    yield same_twice(evidence)
    yield slow_down_seen(evidence)
    first, second = _references(evidence), evidence.logs.get(parts.THREADS)
    yield _in_band(
        evidence, "GIL", f"threads compute at most {TOLERANCE} times as fast as serial", first, second,
        (0, TOLERANCE), parts.THREADS,
    )  # fmt: skip
    limit = min(2, evidence.cpus) * TOLERANCE
    yield _in_band(
        evidence, "no more than the CPUs", f"2 processes compute at most {limit:g} times as fast as serial", first,
        evidence.logs.get(parts.PROCESSES), (0, limit), parts.PROCESSES,
    )  # fmt: skip
    yield _in_band(
        evidence, "one CPU", f"on one CPU, 2 processes compute {SLACK} to {TOLERANCE} times as fast as serial",
        evidence.logs.get(parts.ONE_CPU_SERIAL), evidence.logs.get(parts.ONE_CPU_PROCESSES),
        (SLACK, TOLERANCE), parts.ONE_CPU_PROCESSES,
    )  # fmt: skip
    yield _in_band(
        evidence, "payload", f"moving twice the data takes {DOUBLED[0]} to {DOUBLED[1]} times as long",
        evidence.logs.get(parts.PAYLOAD_DOUBLE), evidence.logs.get(parts.PAYLOAD), DOUBLED, parts.PAYLOAD_DOUBLE,
    )  # fmt: skip


def same_twice(evidence: Evidence) -> Outcome:
    """A/A: one case under two names can't differ."""
    name, expected = "A/A", "a case compared with itself shows no difference"
    differences = _differences(evidence.logs.get(parts.REFERENCE_A), evidence.logs.get(parts.REFERENCE_B))
    if len(differences) < FEWEST_BLOCKS:
        return evidence.not_run(name, expected, parts.REFERENCE_A, parts.REFERENCE_B)
    surely, reading = log_ratio(differences, GATE), _reading(differences)
    if surely.low > 1 or surely.high < 1:
        return Outcome(name, expected, reading, FAILED, len(differences), "an order or a name makes a difference")
    return Outcome(name, expected, reading, PASSED, len(differences))


def slow_down_seen(evidence: Evidence) -> Outcome:
    """A planted slow-down is seen, as large as it is."""
    name, expected = "planted slow-down", f"{SLOWER_BY:.0%} more steps take {SLOWER_BY:.0%} longer"
    differences = _differences(evidence.logs.get(parts.SLOWER), _references(evidence))
    if len(differences) < FEWEST_BLOCKS:
        return evidence.not_run(name, expected, parts.SLOWER)
    surely, likely = log_ratio(differences, GATE), log_ratio(differences)
    reading, n = _reading(differences), len(differences)
    if surely.low > 1 + SLOWER_BY or surely.high < 1 + SLOWER_BY:
        return Outcome(name, expected, reading, FAILED, n, "it isn't measured as what it is")
    if likely.low > 1:
        return Outcome(name, expected, reading, PASSED, n)
    hidden = f"the noise hides it: a difference of {likely.mde:.0%} would probably have shown"
    return Outcome(name, expected, reading, UNDECIDED, n, hidden)


def _in_band(
    evidence: Evidence, name: str, expected: str, slow: Floats | None, fast: Floats | None, band: Band, *roles: str
) -> Outcome:
    """Whether `slow` takes as many times as long as `fast` as the band says."""
    differences = _differences(slow, fast)
    if len(differences) < FEWEST_BLOCKS:
        return evidence.not_run(name, expected, *roles)
    surely = log_ratio(differences, GATE)
    reading, n = _reading(differences), len(differences)
    if surely.low > band[1] or surely.high < band[0]:
        return Outcome(name, expected, reading, FAILED, n, "beyond what chance explains")
    if not band[0] <= surely.ratio <= band[1]:
        return Outcome(name, expected, reading, UNDECIDED, n, "chance may explain it")
    return Outcome(name, expected, reading, PASSED, n)


def _references(evidence: Evidence) -> Floats | None:
    """The mean of the two references of each block."""
    both = [evidence.logs[role] for role in (parts.REFERENCE_A, parts.REFERENCE_B) if role in evidence.logs]
    return np.mean(both, axis=0) if both else None


def _differences(over: Floats | None, under: Floats | None) -> Floats:
    if over is None or under is None:
        return np.empty(0)
    found: Floats = over - under
    return found[np.isfinite(found)]


def _reading(differences: Floats) -> str:
    found = log_ratio(differences)
    return f"{found.ratio:.3f} ({found.low:.3f} to {found.high:.3f})"
