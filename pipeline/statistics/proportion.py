"""Shares of trials, with exact intervals."""

from __future__ import annotations

import math

from scipy import special

from pipeline.statistics.mean import MeanEstimate


def clopper_pearson(successes: int, trials: int, confidence: float = 0.90) -> MeanEstimate:
    """The share of trials that succeeded, with its exact interval; NaN without trials.

    Each end is a one-sided bound at (1 + confidence) / 2: with the default, 95 %. So 59 of 59 have a lower bound of
    0.05**(1/59) = 0.9505.

    Source: Clopper and Pearson, Biometrika 26 (1934); the quantiles of the beta distribution as in Brown, Cai and
    DasGupta, Statist. Sci. 16 (2001).

    Raises:
        ValueError: fewer than no successes, or more than trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no share")
    if not trials:
        return MeanEstimate(math.nan, math.nan, math.nan, 0)
    tail = (1 - confidence) / 2
    failures = trials - successes
    low = float(special.betaincinv(successes, failures + 1, tail)) if successes else 0.0
    high = float(special.betaincinv(successes + 1, failures, 1 - tail)) if failures else 1.0
    return MeanEstimate(successes / trials, low, high, trials)


def trials_needed(share: float, confidence: float = 0.90) -> int:
    """Trials that must all succeed for the lower bound to reach `share`: log(tail) / log(share), rounded up.

    Raises:
        ValueError: a share that isn't between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError("a share to be proven lies between 0 and 1")
    return math.ceil(math.log((1 - confidence) / 2) / math.log(share))
