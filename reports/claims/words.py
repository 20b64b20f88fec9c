"""Values of the evidence as a reader wants them, by their unit."""

from __future__ import annotations

from typing import Any

from reports import numbers
from reports.drawing import Scale
from reports.figures import BYTES, SECONDS, SHARES, TIMES

NOT_TESTED, NOT_TESTABLE, DEPENDS, INVALID = "not tested", "not testable here", "depends", "invalid"
SUPPORTED, REFUTED, INCONCLUSIVE = "supported", "refuted", "inconclusive"
PLAIN = Scale(lambda value: numbers.trimmed(numbers.digits(value)))
SCALES = {"times": TIMES, "s": SECONDS, "bytes": BYTES, "share": SHARES}


def scale_of(unit: object) -> Scale:
    """How an axis of that unit is written."""
    return SCALES.get(str(unit), PLAIN)


def amount(value: Any, unit: object) -> str:
    """A value with its unit: `1.84×`, `3.2 ms`, `12 %`."""
    if numbers.missing(value):
        return numbers.MISSING
    if unit == "times":
        return f"{numbers.ratio(value)}{numbers.TIMES}"
    if unit == "s":
        return numbers.seconds(value)
    if unit == "bytes":
        return numbers.size(value)
    if unit == "share":
        return numbers.percent(value)
    return f"{numbers.digits(value)}{'' if numbers.missing(unit) or not unit else f' {unit}'}"


def ends(low: Any, high: Any, unit: object) -> str:
    """Both ends of an interval; empty where there is none."""
    if numbers.missing(low) or numbers.missing(high):
        return ""
    return f"{amount(low, unit)} to {amount(high, unit)}"


def side(row: Any) -> str:
    """Where the claim says that the estimate lies: `above 1.05×`; empty for what tests nothing."""
    if numbers.missing(row["margin"]) or row["side"] not in ("<", ">"):
        return ""
    return f"{'above' if row['side'] == '>' else 'below'} {amount(row['margin'], row['unit'])}"
