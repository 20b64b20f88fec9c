"""Holm's correction: the chance of even one false discovery in many comparisons stays at its level."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from pipeline.statistics.student import Floats


def holm(p_values: ArrayLike) -> Floats:
    """Adjusted p-values in the order given, to be compared with the level itself; NaN (no test) stays NaN.

    The i-th smallest of m p-values times (m - i + 1), made non-decreasing, at most 1. Valid under any
    dependence between the comparisons, which all share a baseline here. Missing tests don't count towards m.

    Source: Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979).

    Raises:
        ValueError: a p-value outside [0, 1].
    """
    given = np.asarray(p_values, dtype=np.float64).ravel()
    tested = ~np.isnan(given)
    known = given[tested]
    if ((known < 0) | (known > 1)).any():
        raise ValueError("p-values lie between 0 and 1")
    order = np.argsort(known, kind="stable")
    stepped = np.maximum.accumulate(known[order] * np.arange(len(known), 0, -1))
    adjusted = np.empty_like(known)
    adjusted[order] = np.minimum(stepped, 1.0)
    result = np.full_like(given, np.nan)
    result[tested] = adjusted
    return result
