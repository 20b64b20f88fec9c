"""Numbers of sub-tests, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pipeline.analysis.claims.finding import BYTES, SECONDS, SHARE, Finding
from pipeline.analysis.settings import about, about_bytes, factor

LISTED = 4


def listed(names: Sequence[str]) -> str:
    """The first few, each once, and how many more there are."""
    unique = list(dict.fromkeys(names))
    shown = "; ".join(unique[:LISTED]) if any(", " in name for name in unique) else ", ".join(unique[:LISTED])
    return shown if len(unique) <= LISTED else f"{shown} and {len(unique) - LISTED} more"


def amount(value: float, unit: str) -> str:
    """A number with its unit, for people."""
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "without limit"
    if unit == SECONDS:
        return about(value)
    if unit == BYTES:
        return about_bytes(value) if value >= 0 else f"-{about_bytes(-value)}"
    return f"{value:.0%}" if unit == SHARE else factor(value)


def interval(finding: Finding) -> str:
    """An estimate with its interval."""
    told = amount(finding.estimate, finding.unit)
    if math.isnan(finding.low):
        return told
    return f"{told} ({amount(finding.low, finding.unit)} to {amount(finding.high, finding.unit)})"


def measured(finding: Finding) -> str:
    """What a sub-test found, and what it should have: `int_loop, 2 workers: speed-up over serial 1.1 (…), …`."""
    told = f"{finding.stratum}: {finding.quantity} {interval(finding)}"
    if not finding.tests:
        return told
    where = "above" if finding.side == ">" else "below"
    return f"{told}, to be {where} {amount(finding.margin, finding.unit)}"


def spread(tests: Sequence[Finding]) -> str:
    """What sub-tests that agree have found, by quantity: `speed-up over serial 0.95 to 1.02 in 6 strata`."""
    parts = []
    for quantity in dict.fromkeys(each.quantity for each in tests):
        own = [each for each in tests if each.quantity == quantity]
        unit = own[0].unit
        if len(own) == 1:
            parts.append(f"{quantity} {interval(own[0])} for {own[0].stratum}")
            continue
        lowest, highest = min(each.estimate for each in own), max(each.estimate for each in own)
        ends = list(dict.fromkeys((amount(lowest, unit), amount(highest, unit))))
        parts.append(f"{quantity} {' to '.join(ends)} in {len(own)} strata")
    return "; ".join(parts)
