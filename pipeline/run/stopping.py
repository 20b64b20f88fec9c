"""When a case has been measured often enough: rules on the times by block, without any state of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.config.measure import Measure

if TYPE_CHECKING:
    from pipeline.statistics.student import Floats

Times = Mapping[int, float]
"""Seconds by block."""

SMALLEST_PILOT = 3
"""Blocks without which a spread can't be told; a configuration may ask for fewer blocks."""
MARGIN = 1.05
"""A strategy that is faster by less than this isn't worth further measuring."""

# numpy and scipy are imported when the first interval is needed, not before the first measurement.


def is_precise(case: Times, baseline: Times, measure: Measure) -> bool:
    """Whether a case has as many blocks as its first ones said that it needs (Stein's two-stage rule).

    The number is decided once, from the spread in the pilot alone: looking at the interval after every block, and
    stopping when it happens to be narrow, would make it narrower than it may be.
    """
    if measure.precision is None:
        return False
    pilot = max(measure.blocks.min, SMALLEST_PILOT)
    common = sorted(case.keys() & baseline.keys())
    if len(common) < pilot:
        return False
    import numpy as np

    from pipeline.statistics.stein import blocks_needed

    first = common[:pilot]
    ratios = np.log([baseline[block] / case[block] for block in first])
    return len(common) >= blocks_needed(ratios, measure.precision)


def undecided(group: Mapping[str, Times]) -> set[str]:
    """The cases, of those that do the same work, that may still turn out to be the best.

    Valid however often one looks. Empty once the leader is the best, or as good as it within `MARGIN`.
    """
    from pipeline.statistics.race import standing

    race = standing(_logarithms(group), MARGIN)
    if race.decided:
        return set()
    leader = [] if race.leader is None else [race.leader]
    return {*leader, *race.open}


def _logarithms(group: Mapping[str, Times]) -> dict[str, Floats]:
    import numpy as np

    blocks = sorted({block for times in group.values() for block in times})
    return {name: np.log([times.get(block, np.nan) for block in blocks]) for name, times in group.items()}
