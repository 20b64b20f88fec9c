"""Whether two things are the same for all that matters, which "no significant difference" doesn't say."""

from __future__ import annotations

import math

from scipy import special

from pipeline.statistics.ratio import RatioEstimate
from pipeline.statistics.student import SIGNIFICANCE


def equivalent(estimate: RatioEstimate, margin: float) -> bool:
    """Whether the ratio is reliably between 1/margin and margin: two one-sided tests at 5 % (False without an error).

    The same as asking whether the 90 % t interval lies inside. Only for runs whose length was not chosen by looking.

    Raises:
        ValueError: the margin is below 1.
    """
    return equivalence_p_value(estimate, margin) < SIGNIFICANCE


def equivalence_p_value(estimate: RatioEstimate, margin: float) -> float:
    """The larger p-value of the two one-sided t tests "at most 1/margin" and "at least margin"; NaN without an error.

    Source: Schuirmann, A comparison of the two one-sided tests procedure and the power approach, J. Pharmacokin.
    Biopharm. 15 (1987).

    Args:
        estimate: a ratio with `standard_error` and `degrees`.
        margin: a factor, 1.05 for 5 % in either direction; nothing is equivalent within 1.

    Raises:
        ValueError: the margin is below 1.
    """
    if not margin >= 1:
        raise ValueError("the margin is a factor of at least 1")
    if not estimate.degrees > 0:
        return math.nan
    # How far inside the nearer border the estimate lies: the larger of the two p-values belongs to it.
    inside = math.log(margin) - abs(math.log(estimate.ratio))
    if estimate.standard_error == 0:
        return 0.0 if inside > 0 else 1.0
    return float(special.stdtr(estimate.degrees, -inside / estimate.standard_error))
