"""Intervals that stay valid however often one looks: for stopping as soon as a question is settled.

A t interval covers the truth in 95 % of runs if one looks at it once, after a number of blocks fixed beforehand.
Looked at after every block it misses it sooner or later. A confidence sequence misses the truth at *any* of the
looks in at most 5 % of runs. The price is width.

It is made of M, the Bayes factor of "the mean is m + d * sigma, d ~ N(0, g)" against "the mean is m", with the
right Haar prior 1/sigma on the unknown sigma in both. Under the mean m this is a nonnegative martingale that
starts at 1, so it ever reaches 1/alpha with a probability of at most alpha (Ville's inequality). With n values,
their mean x and sum of squared deviations S, and r = 1/(1 + n g),

    M(m) = sqrt(r) * [(S + n (x - m)^2) / (S + r n (x - m)^2)]^(n/2)

and the interval is every m with M(m) < 1/alpha. Exact for independent normal log ratios.

Source: Lai, On confidence sequences, Ann. Statist. 4 (1976); Wang and Ramdas, Anytime-valid t-tests and
confidence sequences for Gaussian means with unknown variance, arXiv 2310.03722.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from pipeline.statistics.ratio import RatioEstimate, log_ratio
from pipeline.statistics.student import Floats, exponential, finite

EFFECT_VARIANCE = 10.0
"""g: how far apart, in squared standard deviations, means are expected to be. Valid whatever it is; it decides
where the sequence is narrow. Strategies differ by tens of percent and blocks by a few, so differences of several
standard deviations are usual here. With this value the intervals of a race of six arms are narrowest at its first
looks, with 8 to 10 blocks; g = 1 would make them, and that of a single comparison, narrower by up to a tenth later."""
FIRST_LOOK = 8
"""Blocks before which the sequence says nothing. Where most blocks are undisturbed and few are disturbed much, the
first ones may happen to agree closely, at a place far from the mean. Looks from the third block on then miss the
truth in three times as many runs as they should, looks from the eighth on do not (docs/statistics.md)."""


def confidence_sequence(differences: Floats, confidence: float = 0.95) -> tuple[float, float]:
    """The interval after the last of the log ratios, in log units; infinite on both sides before `FIRST_LOOK`.

    The intervals of earlier looks are not intersected with it. That would be valid, too, but where the noise
    isn't quite as assumed the intersection may be empty or very narrow, which looks like certainty.

    Raises:
        ValueError: a value isn't finite.
    """
    values = finite(differences, "differences")
    n = len(values)
    if n < FIRST_LOOK:
        return -math.inf, math.inf
    mean = float(np.mean(values))
    shrink = 1 / (1 + n * EFFECT_VARIANCE)
    # K = (1 / (alpha sqrt(r)))^(2/n); M(m) < 1/alpha is n (x - m)^2 / S < (K - 1) / (1 - K r), no limit if K r >= 1.
    bound = exponential(-(2 * math.log(1 - confidence) + math.log(shrink)) / n)
    if bound * shrink >= 1:
        return -math.inf, math.inf
    deviations = float(np.sum((values - mean) ** 2))
    reach = math.sqrt((bound - 1) / (1 - bound * shrink) * deviations / n)
    return mean - reach, mean + reach


def anytime_p_value(differences: Floats, *, first_look: int = FIRST_LOOK) -> float:
    """The p-value of "the mean is 0" that may be looked at after every block: 1 / the largest M(0) so far, at most 1.

    It is below alpha exactly if 0 was outside the confidence sequence at some look, so 1 before the first one, which
    may be another than that of `confidence_sequence`.

    Raises:
        ValueError: a value isn't finite.
    """
    values = finite(differences, "differences")
    looks = _log_martingale(values)[first_look - 1 :]
    return min(1.0, exponential(-float(np.max(looks, initial=0.0))))


def sequential_ratio(differences: Floats, confidence: float = 0.95) -> RatioEstimate:
    """As `log_ratio`, with `low`, `high` and `p_value` that may be looked at after every block.

    `low` is 0 and `high` infinite before `FIRST_LOOK`. Everything else, `mde` and the second opinion included, is
    that of a run of fixed length.

    Raises:
        ValueError: a value isn't finite.
    """
    values = finite(differences, "differences")
    plain = log_ratio(values, confidence)
    if plain.n == 0:
        return plain
    low, high = confidence_sequence(values, confidence)
    return dataclasses.replace(plain, low=exponential(low), high=exponential(high), p_value=anytime_p_value(values))


def _log_martingale(values: Floats) -> Floats:
    """The logarithm of M(0) after each of the values; 0 after the first, which says nothing while sigma is unknown."""
    n = np.arange(1.0, len(values) + 1)
    means = np.cumsum(values) / n
    before = np.concatenate([means[:1], means[:-1]])
    # Summed step by step: squares minus squares would cancel where the mean is large against the noise.
    deviations = np.cumsum((n - 1) / n * (values - before) ** 2)
    shrink = 1 / (1 + n * EFFECT_VARIANCE)
    square = n * means**2
    with np.errstate(divide="ignore", invalid="ignore"):
        evidence = np.log((deviations + square) / (deviations + shrink * square))
    # All values exactly 0: no evidence against 0.
    logs: Floats = (np.log(shrink) + n * np.nan_to_num(evidence)) / 2
    return logs
