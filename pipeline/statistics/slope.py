"""The slope of a straight line that several groups share, each with an offset of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.statistics import student
from pipeline.statistics.student import finite

NAN = math.nan


@dataclass(frozen=True)
class SlopeEstimate:
    """A slope in units of y per unit of x, with its t interval."""

    slope: float
    """NaN where no group has two different x."""
    low: float
    """NaN where the points leave no degree of freedom; likewise `high`."""
    high: float
    offset: float
    """y at x = 0, the mean of the groups' offsets, each weighted by its points."""
    n: int


def shared_slope(x: ArrayLike, y: ArrayLike, groups: ArrayLike, confidence: float = 0.95) -> SlopeEstimate:
    """Ordinary least squares of y on x with a fixed offset for each group.

    Both are taken from their group's mean, which is the same as one indicator variable a group (the *within*
    estimator; Wooldridge, Introductory Econometrics, chapter 14): b = Sxy / Sxx, and its standard error is
    sqrt(residual sum of squares / (n - groups - 1) / Sxx).

    Raises:
        ValueError: a value isn't finite.
    """
    xs, ys = finite(x, "x"), finite(y, "y")
    labels, members = np.unique(np.asarray(groups), return_inverse=True)
    if not len(xs):
        return SlopeEstimate(NAN, NAN, NAN, NAN, 0)
    sizes = np.bincount(members)
    dx = xs - (np.bincount(members, xs) / sizes)[members]
    dy = ys - (np.bincount(members, ys) / sizes)[members]
    spread = float(dx @ dx)
    if not spread > 1e-12 * float(xs @ xs):
        return SlopeEstimate(NAN, NAN, NAN, NAN, len(xs))
    slope = float(dx @ dy) / spread
    offset = float(np.mean(ys) - slope * np.mean(xs))
    degrees = len(xs) - len(labels) - 1
    if degrees < 1:
        return SlopeEstimate(slope, NAN, NAN, offset, len(xs))
    residual = dy - slope * dx
    error = math.sqrt(float(residual @ residual) / degrees / spread)
    reach = student.quantile((1 + confidence) / 2, degrees) * error
    return SlopeEstimate(slope, slope - reach, slope + reach, offset, len(xs))
