"""The bootstrap of a median: the second opinion beside the t interval, indifferent to outliers.

A resample of n values is n ranks, and its median depends only on the middle ranks. So the ranks are drawn
and sorted once per (n, seed) and serve every sample of that size; the result is that of resampling each
sample anew with the same random numbers. Half of the resamples mirror the other half (the smallest value for
the largest, and so on), which makes the interval of the negated values exactly the negated interval.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.statistics.student import Floats

RESAMPLES = 2000


def median_resamples(values: Floats, seed: int) -> Floats:
    """`RESAMPLES` medians of resamples of `values` (at least one value)."""
    lower, upper = _middle_ranks(len(values), seed)
    ordered = np.sort(values)
    medians: Floats = (ordered[lower] + ordered[upper]) / 2
    return medians


def percentile_interval(resamples: Floats, confidence: float) -> tuple[float, float]:
    """The percentile interval of bootstrapped values."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(resamples, (tail, 1 - tail))
    return float(low), float(high)


@lru_cache(maxsize=256)
def _middle_ranks(count: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    drawn = np.random.default_rng([seed, count]).integers(count, size=(RESAMPLES // 2, count))
    ranks = np.concatenate([drawn, count - 1 - drawn])
    ranks.sort(axis=1)
    return ranks[:, (count - 1) // 2].astype(np.intp), ranks[:, count // 2].astype(np.intp)
