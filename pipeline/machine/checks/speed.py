"""Whether the CPUs keep their speed: the reference loop over and over on each CPU in turn."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.machine.reference import readings

SECONDS = 2.0
MOST_CPUS = 16
"""Of more CPUs, this many, evenly chosen, are timed."""
SLOW = 1.2
"""A reading longer than this many times the best one is slow."""
WINDOW_S = 0.1
"""About as long as one measured batch."""
Series = Sequence[tuple[float, float]]
"""Of one CPU: when each reading was taken, and what it was; both in seconds."""


@dataclass(frozen=True)
class Speed:
    """How steady the CPUs were."""

    share_slow: float
    """Share of the time in which a CPU was slow."""
    factor: float | None
    """Median of the slow readings over the best reading; None if none was slow."""
    longest_s: float
    """The longest time in which one CPU was slow without a break."""
    variation: float
    """Coefficient of variation of the mean over windows of 0.1 s: how much a batch of that length varies."""
    best_s: float
    """The shortest reading of all."""
    cpus: int
    seconds: float


def watch(cpus: Sequence[int], seconds: float = SECONDS) -> Speed | None:
    """Times the CPUs for so long; None where threads can't be tied to CPUs, or no CPU could be used."""
    chosen = cpus[:: -(-len(cpus) // MOST_CPUS) or 1]
    series: dict[int, list[tuple[float, float]]] = {cpu: [] for cpu in chosen}
    start = time.monotonic()
    while chosen and (now := time.monotonic() - start) < seconds:
        for cpu in chosen:
            reading = readings([cpu])[0]
            if not math.isnan(reading):
                series[cpu].append((now, reading))
            now = time.monotonic() - start
        if not any(series.values()):
            return None
    return judge({cpu: found for cpu, found in series.items() if found}, seconds)


def judge(series: Mapping[int, Series], seconds: float) -> Speed | None:
    """Sums the readings of all CPUs up; None without readings.

    A processor with slow cores beside fast ones has one best reading, and its slow cores are slow all the time: that
    is what a pool of workers meets, too.
    """
    values = [reading for found in series.values() for _, reading in found]
    if not values:
        return None
    best = min(values)
    slow = [reading for reading in values if reading > SLOW * best]
    return Speed(
        share_slow=len(slow) / len(values),
        factor=statistics.median(slow) / best if slow else None,
        longest_s=max(_longest_s(found, SLOW * best, seconds) for found in series.values()),
        variation=_variation([mean for found in series.values() for mean in _window_means(found)]),
        best_s=best,
        cpus=len(series),
        seconds=seconds,
    )


def _longest_s(series: Series, limit_s: float, seconds: float) -> float:
    """From the first slow reading of a spell to the next one that isn't."""
    longest, since = 0.0, None
    for when, reading in [*series, (seconds, 0.0)]:
        if reading > limit_s:
            since = when if since is None else since
        elif since is not None:
            longest, since = max(longest, when - since), None
    return longest


def _window_means(series: Series) -> list[float]:
    windows: dict[int, list[float]] = {}
    for when, reading in series:
        windows.setdefault(int(when / WINDOW_S), []).append(reading)
    return [statistics.fmean(found) for found in windows.values()]


def _variation(means: Sequence[float]) -> float:
    return statistics.stdev(means) / statistics.fmean(means) if len(means) > 1 else 0.0
