"""Stein's two stages: how many blocks a wanted precision needs, from a pilot, and the interval after that many.

The number of blocks depends on the data through the pilot's standard deviation alone, which says nothing about the
mean. So an interval made with the pilot's deviation is exact for normal differences. The usual t interval of all
blocks isn't: where their deviation came out small by chance, the run was short, too.

Source: Stein, A two-sample test for a linear hypothesis whose power is independent of the variance,
Ann. Math. Stat. 16 (1945).
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.statistics import student
from pipeline.statistics.bootstrap import median_resamples, percentile_interval
from pipeline.statistics.ratio import RatioEstimate, log_ratio, ratio_estimate
from pipeline.statistics.student import Floats, finite

FEWEST_PILOT_BLOCKS = 2
"""A variance needs two values."""
MOST_BLOCKS = 100_000
"""What is answered where the noise is so large, or the precision so fine, that no run could get there."""


def blocks_needed(pilot: Floats, precision: float, confidence: float = 0.95) -> int:
    """Total number of blocks, pilot included, whose t interval is narrow enough.

    ceil((t * s / log(1 + precision))**2), where t is the quantile and s the standard deviation of the pilot;
    at least the pilot's own number and at most `MOST_BLOCKS`. A pilot without any variation needs no more
    blocks.

    Args:
        pilot: log ratios of the pilot blocks.
        precision: relative half-width that is wanted, 0.05 for 5 %.
        confidence: of the interval.

    Raises:
        ValueError: fewer than `FEWEST_PILOT_BLOCKS` values, one of them not finite, or a precision of 0 or less.
    """
    values = finite(pilot, "pilot")
    count = len(values)
    if count < FEWEST_PILOT_BLOCKS:
        raise ValueError(f"a pilot has at least {FEWEST_PILOT_BLOCKS} blocks, not {count}")
    if not precision > 0:
        raise ValueError("the precision must be positive")
    reach = student.quantile((1 + confidence) / 2, count - 1) * float(np.std(values, ddof=1))
    widths = reach / math.log1p(precision)
    return max(count, math.ceil(widths**2) if widths < math.sqrt(MOST_BLOCKS) else MOST_BLOCKS)


def two_stage_ratio(differences: Floats, pilot: int, confidence: float = 0.95, seed: int = 0) -> RatioEstimate:
    """As `log_ratio`, for a run whose number of blocks is that of `blocks_needed`, or was cut short by a budget.

    The mean of all blocks with the standard error s / sqrt(n) and the degrees of freedom of the pilot.

    Args:
        differences: log ratios of all blocks, the pilot first.
        pilot: how many of them `blocks_needed` saw.
        confidence: of the interval.
        seed: of the bootstrap.

    Raises:
        ValueError: a value isn't finite, or there are fewer than the pilot, or that is below `FEWEST_PILOT_BLOCKS`.
    """
    values = finite(differences, "differences")
    n = len(values)
    if not FEWEST_PILOT_BLOCKS <= pilot <= n:
        raise ValueError(f"a pilot of {pilot} of {n} blocks has no standard deviation")
    error = float(np.std(values[:pilot], ddof=1)) / math.sqrt(n)
    opinion = percentile_interval(median_resamples(values, seed), confidence)
    return ratio_estimate(float(np.mean(values)), error, pilot - 1, n, float(np.median(values)), opinion, confidence)


def stopped_ratio(differences: Floats, pilot: int, confidence: float = 0.95, seed: int = 0) -> RatioEstimate:
    """The estimate for a run that stopped by `blocks_needed`: the wider of Stein's interval and the usual one.

    Stein's keeps its promise with normal noise, where the usual one is a little too narrow; with outliers that the
    pilot didn't see it is the other way round. With fewer blocks than a pilot it is the usual one.

    Raises:
        ValueError: a value isn't finite.
    """
    plain = log_ratio(differences, confidence, seed)
    if plain.n < max(pilot, FEWEST_PILOT_BLOCKS):
        return plain
    staged = two_stage_ratio(differences, pilot, confidence, seed)
    return max((plain, staged), key=lambda found: found.half_width)
