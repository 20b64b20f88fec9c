"""Which blocks the machine spent in one state, by a reference that was measured at both ends of each block."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.statistics.student import Floats

LEAST_MOVE = 1.05
"""A reference that moved by less has not moved, however quiet the machine."""
ROBUST_SCALES = 3.5
"""Nor one that moved by no more than it usually does on this machine. 3.5 robust scales are exceeded by one normal
value in 2000 (Iglewicz and Hoaglin, How to detect and handle outliers, 1993)."""
LARGEST_SHARE = 1 / 6
"""If more of the blocks stand out than this, they aren't exceptions but how the machine is: then all are kept, as
those in which nothing happened to change would not be a fair sample (docs/statistics.md)."""
NORMAL_SCALE = 1.4826
"""Makes the median absolute deviation of normal values their standard deviation."""


def steady_blocks(first: Floats, last: Floats) -> NDArray[np.bool_]:
    """True for each block to keep: all but those in which the machine became faster or slower by an unusual amount.

    A block is dropped if its reference moved by more than `LEAST_MOVE`, up or down alike, and also by more than
    `ROBUST_SCALES` median absolute deviations (scaled to the standard deviation). The deviation is taken from no
    movement, not from the median movement: a steady trend is no reason to drop the blocks that don't follow it.
    What the block's other cases took plays no part, so dropping can't favour one of them, if their order is
    random. A block that lacks a reading is kept. If more than `LARGEST_SHARE` of the blocks with both readings
    would go, none goes.

    Args:
        first: log seconds of the reference at the beginning of each block, NaN where missing.
        last: likewise at the end.

    Raises:
        ValueError: the two differ in length.
    """
    if len(first) != len(last):
        raise ValueError(f"every block needs both readings, not {len(first)} and {len(last)}")
    moved = np.abs(np.asarray(last) - np.asarray(first))
    known = np.isfinite(moved)
    if not known.any():
        return np.ones(len(moved), dtype=np.bool_)
    usual = NORMAL_SCALE * float(np.median(moved[known]))
    drop = known & (np.where(known, moved, 0.0) > max(math.log(LEAST_MOVE), ROBUST_SCALES * usual))
    return ~drop if drop.sum() <= LARGEST_SHARE * known.sum() else np.ones(len(moved), dtype=np.bool_)
