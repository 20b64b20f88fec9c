"""The ratio of two estimates that have intervals of their own, such as two slopes."""

from __future__ import annotations

import math

NAN = math.nan
Interval = tuple[float, float, float]
"""Estimate, lower end, upper end."""


def quotient(over: Interval, under: Interval) -> Interval:
    """The ratio of two independent positive quantities, with an interval of the same confidence.

    It is Fieller's interval, made of the ends of the two instead of their standard errors. Where `under` may be 0,
    the ratio has no upper end; its lower end is then that of the ends, which is a little cautious. NaN where there
    are no ends, or where `over` isn't reliably positive.

    Source: Donner and Zou, Closed-form confidence intervals for functions of the normal mean and standard deviation,
    Stat. Methods Med. Res. 21 (2012), equation for a ratio.
    """
    (a, a_low, a_high), (b, b_low, b_high) = over, under
    if not (a_low > 0 and b_high > 0):
        return (a / b if b > 0 else NAN), NAN, NAN
    if b_low <= 0:
        return (a / b if b > 0 else math.inf), a_low / b_high, math.inf
    product = a * b
    low_root = product**2 - a_low * b_high * (2 * a - a_low) * (2 * b - b_high)
    high_root = product**2 - a_high * b_low * (2 * a - a_high) * (2 * b - b_low)
    low = (product - math.sqrt(max(0.0, low_root))) / (b_high * (2 * b - b_high))
    high = (product + math.sqrt(max(0.0, high_root))) / (b_low * (2 * b - b_low))
    return a / b, low, high
