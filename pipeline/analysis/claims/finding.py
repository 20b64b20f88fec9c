"""One sub-test of a claim: an estimate with its interval, held against a margin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.statistics import margin as rule
from pipeline.statistics.margin import ABOVE, Effect
from pipeline.statistics.mean import MeanEstimate

NAN = math.nan
TIMES, SECONDS, BYTES, SHARE, CPUS = "times", "s", "bytes", "share", "CPUs"
PAIRED_T = "paired t on logs"
T_ON_LOGS = "t on logs"
CLOPPER_PEARSON = "Clopper–Pearson, one-sided 95 %"


Wanted = dict[str, Any]
"""Fields of a finding that say what it is held against."""


@dataclass(frozen=True)
class Finding:
    """What was measured of one stratum."""

    stratum: str
    quantity: str
    unit: str
    estimate: float
    low: float
    high: float
    n: int
    """Invocations, or trials of a share."""
    method: str
    margin: float = NAN
    """NaN for what is only told, and tests nothing."""
    side: str = ""
    """`>` or `<`: where the claim says that the quantity lies."""
    refuted_beyond: float | None = None
    """The line beyond which the claim is refuted, if another than the margin."""
    control: bool = False
    """Whether it must come out so for the claim to be judged, and is no part of the claim."""
    factors: Mapping[str, str] = field(default_factory=dict)
    """What a claim may depend on, in words, with the value that the stratum has."""

    @property
    def tests(self) -> bool:
        """Whether there is a margin."""
        return not math.isnan(self.margin)

    @property
    def verdict(self) -> str | None:
        """Of this sub-test; None for what tests nothing."""
        if not self.tests:
            return None
        return rule.verdict(self.low, self.high, self.margin, self.side, self.refuted_beyond)

    @property
    def likely(self) -> bool:
        """Whether the estimate at least lies where the claim says."""
        return self.estimate > self.margin if self.side == ABOVE else self.estimate < self.margin

    @property
    def n_needed(self) -> int | None:
        """How many invocations, or trials, would probably settle an inconclusive sub-test."""
        if self.verdict != rule.INCONCLUSIVE or not self._symmetric:
            return None
        if self.method == CLOPPER_PEARSON and self.estimate in (0.0, 1.0):
            certain = self.margin if self.side == ABOVE else 1 - self.margin
            return self._exact(certain)
        estimate, low, high, line = map(self._scaled, (self.estimate, self.low, self.high, self.margin))
        return rule.needed(estimate, low, high, self.n, line, student_t=self.method != CLOPPER_PEARSON)

    @property
    def effect(self) -> Effect:
        """For comparing with other sub-tests, all seen as if the claim said that the effect is above the margin."""
        sign = 1.0 if self.side == ABOVE else -1.0
        value, low, high = self._scaled(self.estimate), self._scaled(self.low), self._scaled(self.high)
        half = value - low if math.isinf(high) else (high - low) / 2
        line = self._scaled(self.margin)
        return Effect.of(sign * value, sign * value - half, sign * value + half, self.n, sign * line)

    def row(self) -> dict[str, Any]:
        """Its columns of the evidence."""
        names = ("stratum", "quantity", "unit", "estimate", "low", "high", "n", "margin")
        own = {name: getattr(self, name) for name in names}
        return own | {
            "side": self.side or None,
            "verdict": self.verdict,
            "control": self.control,
            "method": self.method,
            "n_needed": self.n_needed,
        }

    @property
    def _symmetric(self) -> bool:
        return self.unit == SHARE or (self.low > 0 and math.isfinite(self.high))

    def _scaled(self, value: float) -> float:
        """Ratios and times are compared by their logarithms, shares as they are."""
        if self.unit == SHARE:
            return value
        return math.log(value) if 0 < value < math.inf else math.inf if value == math.inf else NAN

    def _exact(self, share: float) -> int | None:
        from pipeline.statistics.proportion import trials_needed

        wrong = (self.estimate == 1.0) != (self.side == ABOVE)
        return None if wrong or not 0 < share < 1 else trials_needed(share)


def share_of(successes: float, trials: float, stratum: str, quantity: str, **more: Any) -> Finding:
    """A share of trials, with its exact interval."""
    from pipeline.statistics.proportion import clopper_pearson

    found = clopper_pearson(min(round(successes), round(trials)), round(trials))
    return from_mean(found, stratum, quantity, SHARE, CLOPPER_PEARSON, **more)


def from_mean(found: MeanEstimate, stratum: str, quantity: str, unit: str, method: str, **more: Any) -> Finding:
    """A mean with its interval."""
    return Finding(stratum, quantity, unit, found.mean, found.low, found.high, found.n, method, **more)


def always(share: float) -> dict[str, Any]:
    """The margin of what must happen every time, as far as trials can tell."""
    return {"margin": share, "side": ABOVE}


def never(share: float) -> dict[str, Any]:
    """The margin of what must not happen."""
    return {"margin": 1 - share, "side": rule.BELOW}
