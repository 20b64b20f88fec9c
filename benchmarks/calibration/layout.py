"""Simulated runs: which case is measured when, and what a noisy machine makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.statistics.student import Floats

Kind = Literal["serial", "shared", "split", "reference"]
"""How a case uses the machine's two CPUs: one of them; both, taking tasks as they get free; both, half of the tasks
each; and `reference`, a short serial case at both ends of every block."""
SPEEDUP = 1.9
"""True speed-up of the parallel kinds on an undisturbed machine."""
Measure = Callable[[np.random.Generator, NDArray[np.str_]], tuple[Floats, Floats]]
"""From the kinds of the invocations in order of time, one row per run, to log seconds and to the log reading of the
reference kernel just before each, averaged over the CPUs."""


@dataclass(frozen=True)
class Noise:
    """A kind of machine."""

    name: str
    measure: Measure
    exact: bool = True
    """Whether the ratio of geometric means is that of the undisturbed machine, because every kind suffers alike."""


@dataclass(frozen=True)
class Draw:
    """Many simulated runs at once."""

    logs: Floats
    """Log seconds by run, block and case."""
    readings: Floats
    """Log reading before each of them."""
    first: Floats
    last: Floats
    """Log seconds of the reference at the beginning and end, by run and block; NaN without blocks."""


def draw(
    noise: Noise,
    rng: np.random.Generator,
    runs: int,
    blocks: int,
    kinds: Sequence[Kind],
    *,
    in_blocks: bool = True,
) -> Draw:
    """Runs of that many blocks, one invocation per kind in random order between two references.

    With `in_blocks` False: all invocations of the first case, then all of the second, and so on.
    """
    cases = len(kinds)
    if in_blocks:
        orders = rng.permuted(np.tile(np.arange(cases), (runs, blocks, 1)), axis=2)
        ends = np.full((runs, blocks, 1), cases)
        places = np.concatenate([ends, orders, ends], axis=2).reshape(runs, -1)
    else:
        places = np.tile(np.repeat(np.arange(cases), blocks), (runs, 1))
    logs, readings = noise.measure(rng, np.array([*kinds, "reference"])[places])

    def by_block(values: Floats) -> Floats:
        # Boolean indexing keeps the order of time within each run, so the i-th invocation is that of block i.
        return np.stack([values[places == case].reshape(runs, blocks) for case in range(cases)], axis=2)

    at_ends = logs[places == cases] if in_blocks else np.full(runs * blocks * 2, np.nan)
    references = at_ends.reshape(runs, blocks, 2)
    return Draw(by_block(logs), by_block(readings), references[..., 0], references[..., 1])


def true_ratios(noise: Noise, rng: np.random.Generator, blocks: int) -> list[tuple[float, float]]:
    """What there is to find out about the first of `CASES` against each of the others.

    Returns:
        For each of the others, the log of the ratio of geometric means of seconds, and the median log ratio within
        blocks: known where the noise is `exact`, else those of a simulation of that many blocks.
    """
    if noise.exact:
        gains = [float(np.log(SPEEDUP)) if kind in ("shared", "split") else 0.0 for kind in CASES[1:]]
        return [(gain, gain) for gain in gains]
    logs = draw(noise, rng, blocks // LONG_RUN, LONG_RUN, CASES).logs
    differences = logs[..., :1] - logs[..., 1:]
    means, medians = np.mean(differences, axis=(0, 1)), np.median(differences, axis=(0, 1))
    return list(zip(means.tolist(), medians.tolist(), strict=True))


CASES: tuple[Kind, ...] = ("serial", "shared", "split", "serial")
"""What a block consists of in the calibration of intervals; the last one is the first under another name."""
LONG_RUN = 100
"""Blocks per run of the simulation that finds the truth."""
