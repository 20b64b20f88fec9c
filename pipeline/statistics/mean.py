"""Means with intervals: geometric for times and sizes, arithmetic for values that may be zero or negative."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.statistics import student
from pipeline.statistics.student import Floats, exponential, finite, logarithms

NAN = math.nan


@dataclass(frozen=True)
class MeanEstimate:
    """A mean in the unit of the values, with its t interval (NaN for fewer than two values)."""

    mean: float
    low: float
    high: float
    n: int


def geometric_mean(values: ArrayLike) -> float:
    """The geometric mean, NaN of nothing.

    Raises:
        ValueError: a value isn't finite and positive.
    """
    logs = logarithms(values, "values")
    return math.exp(float(np.mean(logs))) if len(logs) else NAN


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> MeanEstimate:
    """The geometric mean with a t interval on the logs.

    Raises:
        ValueError: a value isn't finite and positive.
    """
    plain = _interval(logarithms(values, "values"), confidence)
    return MeanEstimate(math.exp(plain.mean), exponential(plain.low), exponential(plain.high), plain.n)


def plain_mean_interval(values: ArrayLike, confidence: float = 0.95) -> MeanEstimate:
    """The arithmetic mean with a t interval, for values such as memory differences that may be zero or less.

    Raises:
        ValueError: a value isn't finite.
    """
    return _interval(finite(values, "values"), confidence)


def any_mean_interval(values: ArrayLike, confidence: float = 0.95) -> MeanEstimate:
    """The geometric mean where every value is positive, else the arithmetic one.

    Raises:
        ValueError: a value isn't finite.
    """
    array = finite(values, "values")
    return mean_interval(array, confidence) if (array > 0).all() else plain_mean_interval(array, confidence)


def _interval(values: Floats, confidence: float) -> MeanEstimate:
    n = len(values)
    if n == 0:
        return MeanEstimate(NAN, NAN, NAN, 0)
    mean = float(np.mean(values))
    if n == 1:
        return MeanEstimate(mean, NAN, NAN, 1)
    reach = student.quantile((1 + confidence) / 2, n - 1) * float(np.std(values, ddof=1)) / math.sqrt(n)
    return MeanEstimate(mean, mean - reach, mean + reach, n)
