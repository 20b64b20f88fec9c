"""Which of several arms is best, looked at after every block: where an answer is sure, measuring it can stop.

The statement is of the kind (epsilon, delta): with a probability of at least `confidence`, whenever the race is
decided, its leader is the best arm or takes at most `margin` times as long as the best one, however long one
looked and whichever arms were left out meanwhile. It holds because every pair of arms has a confidence sequence,
and all of them hold together at all times with that probability (Bonferroni). Blocks may be left out for any
reason that is known before they are measured, but not for what came of them.

Source: the elimination of arms by confidence sequences is that of Even-Dar, Mannor and Mansour, Action
elimination and stopping conditions, JMLR 7 (2006).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.statistics.sequence import confidence_sequence
from pipeline.statistics.student import Floats

FEWEST_BLOCKS = 2
"""An arm with fewer blocks can't lead."""


@dataclass(frozen=True)
class Standing:
    """Where a race stands."""

    leader: str | None
    """The arm with the smallest estimate; None while no arm has `FEWEST_BLOCKS` blocks."""
    open: tuple[str, ...]
    """The other arms that may still be better than the leader by more than the margin, in the order given. An
    arm that isn't among them need not be measured, unless a new leader opens it again."""

    @property
    def decided(self) -> bool:
        """Whether there is a leader and no other arm may be better by more than the margin."""
        return self.leader is not None and not self.open


def standing(logs: Mapping[str, Floats], margin: float, confidence: float = 0.95) -> Standing:
    """The leader, and the arms that may be better by more than `margin`.

    The estimates are the least-squares fit of log seconds = arm + block, which for arms with the same blocks is
    their mean and otherwise compares within blocks. An arm is out if its confidence sequence against the leader
    excludes that it is better by more than `margin`, or if any other arm is certain to be faster than it.

    Args:
        logs: log seconds of each arm, the same place meaning the same block for all; NaN where not measured.
        margin: a factor, 1.05 for 5 %.
        confidence: of the whole race.

    Raises:
        ValueError: the arms differ in length, or the margin is below 1.
    """
    if len({len(values) for values in logs.values()}) > 1:
        raise ValueError("every arm needs one place per block")
    if not margin >= 1:
        raise ValueError("the margin is a factor of at least 1")
    leader = _leader(logs)
    if leader is None:
        return Standing(None, tuple(logs))
    slower_by = _at_most_slower(logs, confidence)
    beaten = {arm for (other, arm), most in slower_by.items() if most < 0}
    return Standing(
        leader,
        tuple(
            arm
            for arm in logs
            if arm != leader and arm not in beaten and not slower_by[leader, arm] <= math.log(margin)
        ),
    )


def _leader(logs: Mapping[str, Floats]) -> str | None:
    names = [name for name, values in logs.items() if np.isfinite(values).sum() >= FEWEST_BLOCKS]
    if not names:
        return None
    effects = _effects(np.array([logs[name] for name in names], dtype=np.float64))
    return names[int(np.argmin(effects))]


def _effects(table: Floats) -> Floats:
    """The arms' effects, up to a common constant, of log = arm + block; one row per arm, NaN where not measured."""
    measured = np.isfinite(table)
    counts = measured.sum(axis=0)
    used = counts > 0
    measured, counts, values = measured[:, used], counts[used], np.where(measured, table, 0.0)[:, used]
    # The normal equations with the blocks' effects eliminated (Yates 1936, analysis of incomplete blocks).
    share = measured / counts
    matrix = np.diag(measured.sum(axis=1).astype(np.float64)) - share @ measured.T
    adjusted = values.sum(axis=1) - share @ values.sum(axis=0)
    effects: Floats = np.linalg.lstsq(matrix, adjusted, rcond=None)[0]
    return effects


def _at_most_slower(logs: Mapping[str, Floats], confidence: float) -> dict[tuple[str, str], float]:
    """By (arm, other): the most by which the arm may be slower than the other, in log units."""
    pairs = list(itertools.combinations(logs, 2))
    share = 1 - (1 - confidence) / max(1, len(pairs))
    most = {}
    for arm, other in pairs:
        differences = logs[arm] - logs[other]
        low, high = confidence_sequence(differences[np.isfinite(differences)], share)
        most[arm, other], most[other, arm] = high, -low
    return most
