"""Whether an effect lies beyond a margin: an interval against a line, and what would settle what it leaves open.

An interval that lies wholly on one side of the margin decides. With 95 % intervals, a true effect that lies exactly on
the margin is called supported in at most 2.5 % of the runs, and refuted likewise.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from pipeline.statistics import student
from pipeline.statistics.holm import holm
from pipeline.statistics.student import SIGNIFICANCE, Floats

SUPPORTED, REFUTED, INCONCLUSIVE = "supported", "refuted", "inconclusive"
ABOVE, BELOW = ">", "<"
MOST_NEEDED = 10_000
"""Beyond that nobody would measure: the effect lies on the margin for all that matters."""


def verdict(low: float, high: float, margin: float, side: str, refuted_beyond: float | None = None) -> str:
    """Where an interval lies, seen from the side of the margin on which a claim says that the effect is.

    Args:
        low: the interval's lower end; NaN where there is none, which decides nothing.
        high: its upper end.
        margin: the line.
        side: `>` if the claim says that the effect is above it, `<` if below.
        refuted_beyond: the line beyond which the claim is refuted, if that is another than the margin.
    """
    other = margin if refuted_beyond is None else refuted_beyond
    if side == BELOW:
        return SUPPORTED if high < margin else REFUTED if low > other else INCONCLUSIVE
    return SUPPORTED if low > margin else REFUTED if high < other else INCONCLUSIVE


def needed(estimate: float, low: float, high: float, n: int, margin: float, *, student_t: bool = True) -> int | None:
    """The number of values with which an interval would probably no longer hold the margin.

    Its half-width shrinks with t(n - 1) / sqrt(n), and the estimate stays about where it is. None where that isn't
    known or is beyond `MOST_NEEDED`.

    Args:
        estimate: in units in which the interval is about symmetric; logarithms, of a ratio.
        low: end of the interval.
        high: the other end.
        n: values that it is made of.
        margin: in the same units.
        student_t: False for an interval that isn't one of Student's: t is then left out.
    """
    half, distance = (high - low) / 2, abs(estimate - margin)
    if not (math.isfinite(half) and distance > 0 and n > 1):
        return None

    def reach(count: int) -> float:
        return (student.quantile(0.975, count - 1) if student_t else 1.0) / math.sqrt(count)

    wanted = distance / half * reach(n) if half else math.inf
    found = bisect.bisect_left(range(n + 1, MOST_NEEDED + 1), -wanted, key=lambda count: -reach(count))
    return n + 1 + found if n + 1 + found <= MOST_NEEDED else None


@dataclass(frozen=True)
class Effect:
    """An estimate in units in which its interval is symmetric, with the margin it is held against."""

    value: float
    error: float
    """Standard error; 0 where there is no chance in it."""
    degrees: float
    margin: float

    @classmethod
    def of(cls, value: float, low: float, high: float, n: int, margin: float, confidence: float = 0.95) -> Effect:
        """From a t interval of n values."""
        degrees = n - 1
        reach = student.quantile((1 + confidence) / 2, degrees)
        return cls(value, (high - low) / 2 / reach if degrees > 0 else math.nan, degrees, margin)

    @property
    def p_value(self) -> float:
        """Two-sided, that the effect is the margin."""
        distance = self.value - self.margin
        if self.error == 0:
            return 1.0 if distance == 0 else 0.0
        return student.p_value(distance / self.error, self.degrees)


def beyond(effects: Sequence[Effect], significance: float = SIGNIFICANCE) -> list[int]:
    """For each effect 1 if it is reliably above its margin, -1 if below, 0 if open; Holm-corrected over all."""
    adjusted = holm([effect.p_value for effect in effects])
    return [
        0 if not p < significance else 1 if effect.value > effect.margin else -1
        for effect, p in zip(effects, adjusted, strict=True)
    ]


def differ(effects: Sequence[Effect], others: Sequence[Effect], significance: float = SIGNIFICANCE) -> bool:
    """Whether some effect of one group differs reliably from some of the other: heterogeneity, not chance.

    The difference of each pair by Welch's t, each seen from its own margin; the smallest p-value times the number of
    pairs, which is all that Holm's correction asks of it. Independent estimates are assumed; those that share a
    baseline vary together, so that their differences are surer than this says.
    """
    one, other = _arrays(effects)[:, :, None], _arrays(others)[:, None, :]
    if not one.size or not other.size:
        return False
    distance, variance = one[0] - other[0], one[1] ** 2 + other[1] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = variance**2 / (one[1] ** 4 / one[2] + other[1] ** 4 / other[2])
        p_values = 2 * special.stdtr(degrees, -np.abs(distance) / np.sqrt(variance))
    p_values = np.where(variance == 0, np.where(distance == 0, 1.0, 0.0), p_values)
    return bool((p_values * p_values.size < significance).any())


def _arrays(effects: Sequence[Effect]) -> Floats:
    """Distance from the margin, standard error and degrees of freedom, each a row."""
    return np.array([(each.value - each.margin, each.error, each.degrees) for each in effects], np.float64).T.reshape(
        3, -1
    )
