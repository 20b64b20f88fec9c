"""Where a curve through measured points crosses a level, with an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from pipeline.statistics.scaling import Interval
from pipeline.statistics.student import SIGNIFICANCE, Floats

RESAMPLES = 1000
NAN = float("nan")
NORMAL_QUANTILE = 1.959964
ALWAYS_ABOVE, ALWAYS_BELOW, NOWHERE_SURE = "above at every point", "below at every point", "too near zero throughout"


@dataclass(frozen=True)
class Crossing:
    """The place beyond which a curve stays on the other side of zero."""

    place: Interval
    """With a 95 % interval, which ends with the measured range where the crossing may lie outside; NaN if none."""
    reason: str = ""
    """Why there is none."""


def crossing(
    places: Floats, means: Floats, errors: Floats, degrees: Floats, scales: Floats, *, rising: bool, seed: int = 0
) -> Crossing:
    """Where two curves cross for the last time, given the logarithm of their ratio at some places.

    It is told only if the logarithm is reliably below zero at some point and reliably above at a later one, or the
    other way round where it falls; Bonferroni-corrected: what merely wavers about zero crosses it somewhere, too.
    Between two points both curves are straight lines. For the interval, the means are spread by Student's t; a resample
    that doesn't cross counts as one that does so at the end of the range that it points to.

    Args:
        places: increasing.
        means: of the logarithm of the first curve over the second at these places.
        errors: their standard errors.
        degrees: of freedom of these.
        scales: the first curve at these places.
        rising: whether the logarithm goes from below zero to above, or the other way.
        seed: of the resampling.
    """
    sign = 1.0 if rising else -1.0

    def difference(logs: Floats) -> Floats:
        return sign * scales * -np.expm1(-logs)

    found = _crossings(places, difference(means[None, :]))[0]
    if np.isinf(found):
        return Crossing((NAN, NAN, NAN), ALWAYS_ABOVE if means[-1] > 0 else ALWAYS_BELOW)
    if not _on_both_sides(sign * means, errors, degrees):
        return Crossing((NAN, NAN, NAN), NOWHERE_SURE)
    rng = np.random.default_rng(seed)
    spread = rng.standard_t(np.maximum(degrees, 1), (RESAMPLES, len(places))) * errors
    everywhere = np.clip(_crossings(places, difference(means + spread)), places[0], places[-1])
    low, high = np.quantile(everywhere, (0.025, 0.975))
    return Crossing((float(found), float(low), float(high)))


def percentiles(values: Floats) -> Interval:
    """Median and 95 % interval of what was computed from resampled quantities, infinite ones included."""
    low, middle, high = np.quantile(values, (0.025, 0.5, 0.975), method="nearest")
    return float(middle), float(low), float(high)


def resampled(estimate: Interval, rng: np.random.Generator, size: int = RESAMPLES) -> Floats:
    """A positive quantity, spread on logarithms as its 95 % interval says; without an interval it is as it is."""
    middle, low, high = estimate
    if not (0 < low < high < np.inf):
        return np.full(size, middle)
    found: Floats = np.exp(rng.normal(np.log(middle), np.log(high / low) / 2 / NORMAL_QUANTILE, size))
    return found


def mean_and_error(values: Floats) -> tuple[float, float, float]:
    """Mean, standard error and degrees of freedom; with a single value it has no error that is known: NaN."""
    n = len(values)
    if n < 2:
        return (float(values[0]) if n else NAN), NAN, 0.0
    return float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(n), n - 1.0


def _on_both_sides(signed: Floats, errors: Floats, degrees: Floats) -> bool:
    reach = errors * special.stdtrit(np.maximum(degrees, 1), 1 - SIGNIFICANCE / 2 / len(signed))
    below, above = np.flatnonzero(signed + reach < 0), np.flatnonzero(signed - reach > 0)
    return len(below) > 0 and len(above) > 0 and bool(below[0] < above[-1])


def _crossings(places: Floats, curves: Floats) -> Floats:
    """For each row the last place where it comes from below zero to above; minus or plus infinity for none."""
    below, above = curves[:, :-1] <= 0, curves[:, 1:] > 0
    upward = below & above
    steps = upward.shape[1]
    last = steps - 1 - np.argmax(upward[:, ::-1], axis=1)
    rows = np.arange(len(curves))
    start, end = curves[rows, last], curves[rows, last + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        between = places[last] + (places[last + 1] - places[last]) * -start / (end - start)
    found: Floats = np.where(curves[:, -1] <= 0, np.inf, np.where(upward.any(axis=1), between, -np.inf))
    return found
