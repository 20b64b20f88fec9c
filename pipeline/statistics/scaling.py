"""Laws of scaling: what a speed-up says about the part that doesn't run in parallel.

Sources: Amdahl, AFIPS Conf. Proc. 30 (1967); Gustafson, Comm. ACM 31 (1988); Karp and Flatt, Comm. ACM 33 (1990);
Gunther, Guerrilla Capacity Planning (2007), and arXiv 0808.1431 for the universal scalability law.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline.statistics.student import Floats

Interval = tuple[float, float, float]
"""Estimate, lower end, upper end."""


def karp_flatt(speedup: float, workers: int) -> float:
    """The serial fraction that explains a speed-up: (1/S - 1/p) / (1 - 1/p). Negative if S is above p.

    Raises:
        ValueError: fewer than two workers.
    """
    _several(workers)
    return (1 / speedup - 1 / workers) / (1 - 1 / workers)


def gustafson(scaled_speedup: float, workers: int) -> float:
    """The serial fraction of the parallel run, where the work grows with the workers: (p - S) / (p - 1).

    Raises:
        ValueError: fewer than two workers.
    """
    _several(workers)
    return (workers - scaled_speedup) / (workers - 1)


def fraction(law: Callable[[float, int], float], speedup: Interval, workers: int) -> Interval:
    """A law's serial fraction with its interval: the fraction falls as the speed-up rises, so the ends change places.

    Both laws are monotone, so the interval of the speed-up becomes that of the fraction as it is.
    """
    estimate, low, high = (law(value, workers) for value in speedup)
    return estimate, high, low


def gil_bound(held: float, workers: int) -> float:
    """The most that so many threads can gain where a task holds the GIL for a share of its time: min(1/g, W).

    Raises:
        ValueError: a share that isn't between 0 and 1.
    """
    if not 0 <= held <= 1:
        raise ValueError("a share lies between 0 and 1")
    return float(workers) if held * workers <= 1 else 1 / held


def throughput(workers: Floats, gamma: float, alpha: float, beta: float) -> Floats:
    """The universal scalability law: gamma N / (1 + alpha (N - 1) + beta N (N - 1)).

    `alpha` is contention, `beta` the cost of keeping each other informed, `gamma` the work of one worker. Amdahl's law
    is the case `beta` = 0 with the serial fraction `alpha`; without contention it is linear.
    """
    found: Floats = gamma * workers / (1 + alpha * (workers - 1) + beta * workers * (workers - 1))
    return found


def peak(alpha: float, beta: float) -> float:
    """The number of workers with the highest throughput: sqrt((1 - alpha) / beta); infinite where `beta` is 0."""
    return float(np.sqrt((1 - alpha) / beta)) if beta > 0 else np.inf


def _several(workers: int) -> None:
    if workers < 2:
        raise ValueError("a serial fraction needs at least two workers")
