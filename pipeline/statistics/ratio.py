"""How many times larger one set of positive values is than another, with two intervals.

Ratios are estimated on logarithms: the difference of the mean logs is the log of the ratio of geometric
means, swapping the two sides gives exactly the reciprocal, and a unit cancels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.statistics import student
from pipeline.statistics.bootstrap import median_resamples, percentile_interval
from pipeline.statistics.student import SIGNIFICANCE, Floats, exponential, logarithms

NAN = math.nan
SECOND_OPINION_FROM = 6
"""Fewest values whose range covers the median in 95 % of samples: 1 - 2 * 0.5**n is 93.8 % for n = 5 and
96.9 % for n = 6. No resample reaches beyond the range, so with fewer values the bootstrap's interval is too
narrow to contradict anything."""


@dataclass(frozen=True)
class RatioEstimate:
    """A ratio of geometric means, or of medians, numerator over denominator."""

    ratio: float
    """Ratio of the geometric means; NaN without values."""
    low: float
    high: float
    """The t interval; NaN for fewer than two values."""
    n: int
    """Pairs, or values of the smaller side."""
    mde: float
    """Minimum detectable effect, relative: a difference of this size would be found with 80 % power."""
    median_ratio: float
    median_low: float
    median_high: float
    """The second opinion: median, with the percentile interval of its bootstrap."""
    agree: bool
    """False where both intervals exist, from `SECOND_OPINION_FROM` values on, and they don't overlap or
    differ on whether the ratio is below, at or above 1."""
    p_value: float = NAN
    """Of the t test that the ratio is 1, two-sided."""
    standard_error: float = NAN
    """Of the log ratio."""
    degrees: float = 0.0
    """Degrees of freedom of the t interval."""

    @property
    def half_width(self) -> float:
        """Relative half-width of the t interval: exp(half its width in logs) - 1; NaN without one."""
        return math.inf if self.low == 0 else math.sqrt(self.high / self.low) - 1

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends of the interval; NaN where it is unbounded and so says nothing."""
        return (self.low, self.high) if self.low > 0 and self.high < math.inf else (NAN, NAN)

    def detectable_among(self, comparisons: int) -> float:
        """The minimum detectable effect where the test is the hardest of that many (Holm, Bonferroni)."""
        if self.n < 2:
            return NAN
        return exponential(student.detectable(self.standard_error, self.degrees, SIGNIFICANCE / comparisons)) - 1


NO_ESTIMATE = RatioEstimate(NAN, NAN, NAN, 0, NAN, NAN, NAN, NAN, agree=True)


def paired_ratio(
    numerator: ArrayLike, denominator: ArrayLike, confidence: float = 0.95, seed: int = 0
) -> RatioEstimate:
    """The ratio of values that belong together pair by pair, such as two cases of the same blocks.

    Paired t on the log ratios; the second opinion is the median log ratio, bootstrapped.

    Raises:
        ValueError: the sides differ in length, or a value isn't finite and positive.
    """
    over, under = logarithms(numerator, "numerator"), logarithms(denominator, "denominator")
    if len(over) != len(under):
        raise ValueError(f"pairs need sides of equal length, not {len(over)} and {len(under)}")
    return log_ratio(over - under, confidence, seed)


def log_ratio(differences: Floats, confidence: float = 0.95, seed: int = 0) -> RatioEstimate:
    """As `paired_ratio`, from the pairs' log ratios (finite)."""
    n = len(differences)
    if n == 0:
        return NO_ESTIMATE
    mean, median = float(np.mean(differences)), float(np.median(differences))
    if n == 1:
        return ratio_estimate(mean, NAN, 0, 1, median, (NAN, NAN), confidence)
    error = float(np.std(differences, ddof=1)) / math.sqrt(n)
    resamples = median_resamples(differences, seed)
    return ratio_estimate(mean, error, n - 1, n, median, percentile_interval(resamples, confidence), confidence)


def independent_ratio(
    numerator: ArrayLike, denominator: ArrayLike, confidence: float = 0.95, seed: int = 0
) -> RatioEstimate:
    """The ratio of two unrelated sets of values, such as a case in two runs.

    Welch's t on the logs (Satterthwaite's degrees of freedom); the second opinion is the ratio of the
    medians, both bootstrapped.

    Raises:
        ValueError: a value isn't finite and positive.
    """
    over, under = logarithms(numerator, "numerator"), logarithms(denominator, "denominator")
    n = min(len(over), len(under))
    if n == 0:
        return NO_ESTIMATE
    mean = float(np.mean(over) - np.mean(under))
    median = float(np.median(over) - np.median(under))
    if n == 1:
        return ratio_estimate(mean, NAN, 0, 1, median, (NAN, NAN), confidence)
    error, degrees = _welch(over, under)
    # Two seeds: with one, sides of equal size would be resampled in step.
    resamples = median_resamples(over, seed) - median_resamples(under, seed + 1)
    return ratio_estimate(mean, error, degrees, n, median, percentile_interval(resamples, confidence), confidence)


def _welch(over: Floats, under: Floats) -> tuple[float, float]:
    first, second = (float(np.var(side, ddof=1)) / len(side) for side in (over, under))
    total = first + second
    if total == 0:
        return 0.0, float(len(over) + len(under) - 2)
    degrees = total**2 / (first**2 / (len(over) - 1) + second**2 / (len(under) - 1))
    return math.sqrt(total), degrees


def ratio_estimate(
    mean: float,
    error: float,
    degrees: float,
    n: int,
    median: float,
    median_interval: tuple[float, float],
    confidence: float,
) -> RatioEstimate:
    """The estimate that follows from a mean log ratio, its standard error and the second opinion (log units)."""
    reach = student.quantile((1 + confidence) / 2, degrees) * error
    interval = (mean - reach, mean + reach)
    return RatioEstimate(
        ratio=math.exp(mean),
        low=exponential(interval[0]),
        high=exponential(interval[1]),
        n=n,
        mde=exponential(student.detectable(error, degrees)) - 1,
        median_ratio=math.exp(median),
        median_low=math.exp(median_interval[0]),
        median_high=math.exp(median_interval[1]),
        agree=n < SECOND_OPINION_FROM or _agree(interval, median_interval),
        p_value=_p_value(mean, error, degrees),
        standard_error=error,
        degrees=degrees,
    )


def _agree(first: tuple[float, float], second: tuple[float, float]) -> bool:
    overlap = first[0] <= second[1] and second[0] <= first[1]
    return overlap and _verdict(first) == _verdict(second)


def _verdict(interval: tuple[float, float]) -> int:
    return int(interval[0] > 0) - int(interval[1] < 0)


def _p_value(mean: float, error: float, degrees: float) -> float:
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    return student.p_value(mean / error, degrees)
