"""Student's t: quantiles, p-values and detectable effects, from `scipy.special` alone.

`scipy.stats` has the same functions but takes longer to import than everything else together.
"""

from __future__ import annotations

import math
import sys

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

SIGNIFICANCE = 0.05
"""Two-sided level of the tests and of the minimum detectable effect."""
POWER = 0.80
"""Chance of finding an effect of the minimum detectable size."""
LARGEST_EXPONENT = math.log(sys.float_info.max)


def quantile(probability: float, degrees: float) -> float:
    """The t quantile for `degrees` of freedom; NaN if there are none."""
    return float(special.stdtrit(degrees, probability)) if degrees > 0 else float("nan")


def p_value(statistic: float, degrees: float) -> float:
    """Two-sided p-value of a t statistic; NaN without degrees of freedom."""
    if not degrees > 0 or np.isnan(statistic):
        return float("nan")
    return float(2 * special.stdtr(degrees, -abs(statistic)))


def detectable(standard_error: float, degrees: float, significance: float = SIGNIFICANCE) -> float:
    """The smallest difference found with probability `POWER` by a two-sided test at `significance`.

    (t[1 - significance/2] + t[power]) * standard error, in the unit of the standard error: the usual
    approximation. Two sides of n values, each with coefficient of variation CV, and many degrees of freedom
    give 3.96 * CV / sqrt(n).
    """
    return (quantile(1 - significance / 2, degrees) + quantile(POWER, degrees)) * standard_error


def exponential(value: float) -> float:
    """exp, infinite where it overflows: two values that differ much have an interval without bounds."""
    return math.inf if value > LARGEST_EXPONENT else math.exp(value)


def finite(values: ArrayLike, name: str) -> Floats:
    """The values as a one-dimensional array; ValueError if one of them is missing or infinite."""
    array = np.asarray(values, dtype=np.float64).ravel()
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite numbers")
    return array


def logarithms(values: ArrayLike, name: str) -> Floats:
    """Natural logarithms; ValueError if a value is missing, infinite, zero or negative."""
    array = finite(values, name)
    if (array <= 0).any():
        raise ValueError(f"{name} must be positive: a ratio of zero or negative values means nothing")
    return np.log(array)
