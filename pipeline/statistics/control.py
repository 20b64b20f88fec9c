"""A ratio with the machine's own fluctuations taken out, as far as a short reference kernel saw them.

Before each invocation the kernel is timed on every CPU. Let d be the log ratio of a block and z the log reading
before the one invocation minus that before the other. The order within a block is random, so z is as likely
positive as negative and its mean is 0. So d - b z has the mean of d whatever the number b, and a smaller variance
for the right one: z is a control variate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from pipeline.statistics.bootstrap import median_resamples, percentile_interval
from pipeline.statistics.ratio import RatioEstimate, ratio_estimate
from pipeline.statistics.student import Floats, finite

FEWEST_BLOCKS = 5
"""With fewer, a slope of its own costs more than it gains."""
Pair = tuple[Floats, Floats]
"""Differences and their control."""


def controlled_ratio(
    differences: Floats,
    control: Floats,
    confidence: float = 0.95,
    seed: int = 0,
    *,
    others: Iterable[Pair] = (),
) -> RatioEstimate | None:
    """The ratio at z = 0, the known mean of the control, by least squares of d on z.

    The slope b is common to this pair and `others`: any b is valid, and one from more data is better. With the
    share h of this pair's sum of squares of z in that of all, the estimate is mean(d - b z), its variance
    V (1/n + mean(z)^2 / sum of all squares), where V is that of d - b z, and n - 1 - h degrees of freedom are
    left. Without others, h is 1 and all this is the value of the ordinary regression line at 0. The second
    opinion is the median of d - b z. The estimated slope adds a bias of the order 1/n where the relation isn't
    linear.

    Source: Lavenberg and Welch, A perspective on the use of control variables to increase the efficiency of
    Monte Carlo simulations, Management Science 27 (1981), for a slope of its own.

    Args:
        differences: log ratio of each block.
        control: log reading before the numerator's invocation minus that before the denominator's.
        confidence: of the interval.
        seed: of the bootstrap.
        others: the same of other cases of the run.

    Returns:
        None with fewer than `FEWEST_BLOCKS` blocks or if the control never varies.

    Raises:
        ValueError: two that belong together differ in length, or a value isn't finite.
    """
    own = _checked(differences, control)
    d, z = own
    n = len(d)
    if n < FEWEST_BLOCKS or np.ptp(z) == 0:
        return None
    sums = [_sums(*pair) for pair in (own, *(_checked(*other) for other in others))]
    products, squares = (sum(column) for column in zip(*sums, strict=True))
    slope, share = products / squares, sums[0][1] / squares
    adjusted = d - slope * z
    mean, median, degrees = float(np.mean(adjusted)), float(np.median(adjusted)), n - 1 - share
    variance = float(np.sum((adjusted - mean) ** 2)) / degrees
    error = math.sqrt(variance * (1 / n + float(np.mean(z)) ** 2 / squares))
    opinion = percentile_interval(median_resamples(adjusted, seed), confidence)
    return ratio_estimate(mean, error, degrees, n, median, opinion, confidence)


def _checked(differences: Floats, control: Floats) -> Pair:
    d, z = finite(differences, "differences"), finite(control, "control")
    if len(d) != len(z):
        raise ValueError(f"every difference needs its control, not {len(d)} and {len(z)}")
    return d, z


def _sums(d: Floats, z: Floats) -> tuple[float, float]:
    """Sums of products and of squares of the deviations from the means; zeros without values."""
    centred = z - z.mean() if len(z) else z
    return float(np.sum(centred * d)), float(np.sum(centred**2))
