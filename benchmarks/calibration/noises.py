"""The machines: from a quiet one to one whose CPUs are taken away for a second at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.layout import SPEEDUP, Noise
from benchmarks.calibration.spells import measure_in_spells
from pipeline.statistics.student import Floats

READING = 0.02
"""Coefficient of variation of one reading of the reference kernel."""
Shape = tuple[int, int]
Draws = Callable[[np.random.Generator, Shape], Floats]


def normal(deviation: float) -> Draws:
    """Log-normal seconds: coefficient of variation, for small ones, as given."""

    def draws(rng: np.random.Generator, shape: Shape) -> Floats:
        return rng.normal(0, deviation, shape)

    return draws


def tails(rng: np.random.Generator, shape: Shape) -> Floats:
    """3 %, and 8 % of the invocations take 10 to 30 % longer."""
    longer = np.log(rng.uniform(1.1, 1.3, shape)) * (rng.random(shape) < 0.08)
    found: Floats = rng.normal(0, 0.03, shape) + longer
    return found


def student_3(rng: np.random.Generator, shape: Shape) -> Floats:
    """Student's t with 3 degrees of freedom, times 3 %: hardly a variance."""
    return 0.03 * rng.standard_t(3, shape)


def correlated(rng: np.random.Generator, shape: Shape) -> Floats:
    """AR(1): 5 %, of which 0.6 is left at the next invocation."""
    level = np.empty(shape)
    level[:, 0] = rng.normal(0, 0.05, shape[0])
    for place in range(1, shape[1]):
        level[:, place] = 0.6 * level[:, place - 1] + rng.normal(0, 0.05 * np.sqrt(1 - 0.36), shape[0])
    return level


def drifting(_: np.random.Generator, shape: Shape) -> Floats:
    """The machine slows down steadily, by 20 % over the run."""
    level: Floats = np.broadcast_to(np.linspace(0, np.log(1.2), shape[1]), shape)
    return level


def jumping(rng: np.random.Generator, shape: Shape) -> Floats:
    """The machine takes 35 % longer or doesn't, and changes from one to the other once in 50 invocations."""
    changes = np.cumsum(rng.random(shape) < 0.02, axis=1) + rng.integers(2, size=(shape[0], 1))
    level: Floats = np.log(1.35) * (changes % 2)
    return level


def quiet(_: np.random.Generator, shape: Shape) -> Floats:
    """A machine whose speed never changes."""
    return np.zeros(shape)


def _noise(name: str, own: Draws, level: Draws = quiet) -> Noise:
    """Seconds that follow the level of the machine, which readings see, and have a noise of their own."""

    def measure(rng: np.random.Generator, kinds: NDArray[np.str_]) -> tuple[Floats, Floats]:
        shared = level(rng, kinds.shape)
        gain = np.where((kinds == "shared") | (kinds == "split"), np.log(SPEEDUP), 0.0)
        return shared + own(rng, kinds.shape) - gain, shared + rng.normal(0, READING, kinds.shape)

    return Noise(name, measure)


QUIET = _noise("normal, 3 %", normal(0.03))
LOUD = _noise("normal, 15 %", normal(0.15))
TAILS = _noise("8 % outliers", tails)
HEAVY = _noise("t, 3 d.f.", student_3)
CORRELATED = _noise("AR(1) 0.6", normal(0.01), correlated)
DRIFT = _noise("drift 20 %", normal(0.03), drifting)
JUMPS = _noise("jumps 35 %", normal(0.03), jumping)
SPELLS = Noise("spells", measure_in_spells, exact=False)
LEVELS = (QUIET, LOUD, TAILS, HEAVY, CORRELATED, DRIFT, JUMPS)
