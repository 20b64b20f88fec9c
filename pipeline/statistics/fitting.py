"""Laws of scaling fitted to speed-ups at several numbers of workers, and whether they say more than a line would.

Fitted on logarithms, so that noise counts in percent, each number of workers weighted by how well it is known. The
throughput of one worker is a parameter, too: a curve forced through what was measured with one worker would give that
measurement all the weight. Intervals come from resampling blocks, whose invocations stay together: each block gets a
random weight that may be negative and whose spread is that of Student's t. For anything linear, the interval then is
the t interval even of few blocks; drawing whole blocks would make it too narrow.

What can be told from how many numbers of workers is limited, whatever the formula: with 1, 2 and 4 workers, contention
is known and the peak isn't. So a fit needs `FEWEST_COUNTS`, and a peak is told only where its interval ends within
`FURTHEST` times the largest number of workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.statistics.scaling import Interval, peak, throughput
from pipeline.statistics.student import Floats

CONSTANT, LINEAR, AMDAHL, USL = "constant", "linear", "Amdahl", "USL"
FREE: dict[str, tuple[str, ...]] = {CONSTANT: (), LINEAR: (), AMDAHL: ("alpha",), USL: ("alpha", "beta")}
"""The parameters of each law apart from `gamma`."""
FEWEST_COUNTS = 5
FEWEST_BLOCKS = 3
FURTHEST = 2.0
RESAMPLES = 1000
STEPS = 12
STARTS = ((0.01, 1e-5), (0.1, 1e-3), (0.5, 1e-2))
LEAST_ERROR = 1e-3
"""Standard error of a mean logarithm below which more precision is by chance."""
NAN = float("nan")
NOWHERE: Interval = (NAN, NAN, NAN)


@dataclass(frozen=True)
class Fit:
    """A fitted law; parameters with 95 % intervals."""

    model: str
    gamma: Interval
    alpha: Interval
    beta: Interval
    peak: Interval
    """Workers with the highest throughput; infinite where there is none, NaN for a law that knows no peak."""


def fit(workers: Floats, logs: Floats, seed: int = 0) -> Fit:
    """The law that the data call for, by Akaike's criterion with its correction for few points.

    Args:
        workers: the different numbers of workers, at least `FEWEST_COUNTS`.
        logs: logarithms of speed-ups: a row per block, a column per number of workers; at least `FEWEST_BLOCKS` rows.
        seed: of the resampling.

    Raises:
        ValueError: too few of either.
    """
    if len(workers) < FEWEST_COUNTS or len(logs) < FEWEST_BLOCKS:
        raise ValueError(f"a fit needs {FEWEST_COUNTS} numbers of workers and {FEWEST_BLOCKS} blocks")
    means = logs.mean(axis=0)
    variances = logs.var(axis=0, ddof=1)
    # Of few blocks a variance is known badly, and a number of workers that looks quiet by chance would rule the fit.
    errors = np.maximum(np.sqrt((variances + variances.mean()) / 2 / len(logs)), LEAST_ERROR)
    fitted = {model: _best(model, workers, means, errors) for model in FREE}
    model = min(fitted, key=lambda name: _criterion(fitted[name][1], len(FREE[name]) + 1, len(workers)))
    chosen = fitted[model][0]
    resampled = _refitted(model, chosen, workers, _resampled(logs, means, seed), errors)
    bounds = np.quantile(resampled, (0.025, 0.975), axis=0)
    gamma, alpha, beta = ((float(chosen[i]), float(bounds[0, i]), float(bounds[1, i])) for i in range(3))
    peaks = [peak(each[1], each[2]) for each in resampled]
    low, high = np.quantile(peaks, (0.025, 0.975), method="nearest")
    found = (peak(float(chosen[1]), float(chosen[2])), float(low), float(high)) if model == USL else NOWHERE
    return Fit(model, gamma, alpha, beta, found)


def _resampled(logs: Floats, means: Floats, seed: int) -> Floats:
    blocks = len(logs)
    rng = np.random.default_rng(seed)
    spread = rng.standard_normal((RESAMPLES, blocks)) @ (logs - means) / np.sqrt(blocks * (blocks - 1))
    degrees = blocks - 1
    found: Floats = means + spread / np.sqrt(rng.chisquare(degrees, RESAMPLES) / degrees)[:, None]
    return found


def _refitted(model: str, chosen: Floats, workers: Floats, resampled: Floats, errors: Floats) -> Floats:
    """Parameters for every row of resampled means, by Gauss and Newton from the chosen ones, all rows at once."""
    found = np.tile(chosen, (len(resampled), 1))
    free = np.array([True, "alpha" in FREE[model], "beta" in FREE[model]])
    for _ in range(STEPS):
        denominator = 1 + found[:, 1:2] * (workers - 1) + found[:, 2:] * workers * (workers - 1)
        residuals = (resampled - np.log(found[:, :1] * workers / denominator)) / errors
        slopes = np.stack(
            [np.ones_like(denominator), (1 - workers) / denominator, workers * (1 - workers) / denominator], 2
        )
        slopes = slopes / errors[:, None] * free
        step = _solved(slopes, residuals)
        # A parameter that would leave its range stays at the end of it, and the others move without it.
        ends = np.clip(found[:, 1:] + step[:, 1:], 0, 1)
        stays = ends != found[:, 1:] + step[:, 1:]
        step = _solved(slopes * np.pad(~stays, ((0, 0), (1, 0)), constant_values=True)[:, None, :], residuals)
        found[:, 1:] = np.clip(np.where(stays, ends, found[:, 1:] + step[:, 1:]), 0, 1)
        found[:, 0] *= np.exp(np.clip(step[:, 0], -1, 1))
    return found


def _solved(slopes: Floats, residuals: Floats) -> Floats:
    squares = np.einsum("bmi,bmj->bij", slopes, slopes) + 1e-12 * np.eye(3)
    found: Floats = np.linalg.solve(squares, np.einsum("bmi,bm->bi", slopes, residuals)[..., None])[..., 0]
    return found


def _criterion(squares: float, free: int, points: int) -> float:
    return squares + 2 * free + 2 * free * (free + 1) / max(points - free - 1, 1e-9)


def _best(model: str, workers: Floats, means: Floats, errors: Floats) -> tuple[Floats, float]:
    """Parameters and weighted sum of squares, from several starts: the surface has more than one valley."""
    scale = float(np.exp(np.mean(means - np.log(workers)))) if model != CONSTANT else float(np.exp(np.mean(means)))
    starts = [np.array([scale, *start]) for start in (STARTS if FREE[model] else STARTS[:1])]
    return min((_from(model, start, workers, means, errors) for start in starts), key=lambda found: found[1])


def _from(model: str, start: Floats, workers: Floats, means: Floats, errors: Floats) -> tuple[Floats, float]:
    from scipy.optimize import least_squares

    fixed = {CONSTANT: (1.0, 0.0), LINEAR: (0.0, 0.0), AMDAHL: (None, 0.0), USL: (None, None)}[model]
    places = [0, *(1 + i for i, value in enumerate(fixed) if value is None)]
    whole = np.array([start[0], *(start[1 + i] if value is None else value for i, value in enumerate(fixed))])
    lowest, highest = np.array([1e-9, 0.0, 0.0]), np.array([np.inf, 1.0, 1.0])

    def residuals(free: Floats) -> Any:
        whole[places] = free
        return (np.log(throughput(workers, *whole)) - means) / errors

    inside = np.clip(whole[places], lowest[places] + 1e-9, np.minimum(highest[places] - 1e-9, 1e9))
    solved = least_squares(
        residuals, inside, bounds=(lowest[places], highest[places]), x_scale=np.maximum(inside, 1e-3)
    )
    whole[places] = solved.x
    return whole, 2 * float(solved.cost)
