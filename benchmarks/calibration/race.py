"""How often a race ends with the wrong leader, and what it saves against a fixed number of blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.calibration.layout import LONG_RUN, SPEEDUP, Kind, Noise, draw
from benchmarks.calibration.noises import CORRELATED, HEAVY, LOUD, QUIET, SPELLS, TAILS
from benchmarks.tables import Table, percent
from pipeline.statistics.race import Standing, standing
from pipeline.statistics.student import Floats

TRUTHS = {
    "clear": (1.0, 1.02, 1.4, 1.8, 1.9, 2.0),
    "close": (1.0, 1.06, 1.06, 1.1, 1.1, 1.1),
    "equal": (1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
}
"""True seconds of the arms, the best one first; the others are worse by more than the margin from 1.05 on."""
NOISES = (QUIET, LOUD, TAILS, HEAVY, CORRELATED, SPELLS)
KINDS: tuple[Kind, ...] = ("serial", "shared", "split", "serial", "shared", "split")
LONG, QUICK_LONG = 50_000, 5_000
"""Blocks of the simulation that finds out what spells do to each kind."""
MARGIN = 1.05
MOST = 60
FIXED = 20
RUNS, QUICK_RUNS = 100, 3


@dataclass(frozen=True)
class Finish:
    """How one race ended."""

    standing: Standing
    invocations: int


def tables(seed: int, *, quick: bool) -> Iterator[Table]:
    """One row per noise and set of true speeds."""
    runs = QUICK_RUNS if quick else RUNS
    rows = []
    for index, noise in enumerate(NOISES):
        for name, truth in TRUTHS.items():
            rng = np.random.default_rng([seed, 400 + index, len(name), round(100 * truth[1])])
            logs = draw(noise, rng, runs, MOST, KINDS).logs + np.log(truth) - _means(noise, rng, quick=quick)
            rows.append([noise.name, name, *_row([_race(run) for run in logs], logs, truth)])
    header = ("noise", "arms", "wrong leader declared", "decided", "invocations")
    yield Table("race", (*header, f"wrong after {FIXED} blocks", "invocations of these"), rows)


def _means(noise: Noise, rng: np.random.Generator, *, quick: bool) -> Floats:
    """What the noise adds to the mean log seconds of each kind, so that the true seconds are those given."""
    if noise.exact:
        return np.log([1.0 if kind == "serial" else 1 / SPEEDUP for kind in KINDS])
    means: Floats = draw(noise, rng, (QUICK_LONG if quick else LONG) // LONG_RUN, LONG_RUN, KINDS).logs.mean(
        axis=(0, 1)
    )
    return means


def _row(finishes: list[Finish], logs: Floats, truth: tuple[float, ...]) -> list[str]:
    limit = MARGIN * min(truth)
    wrong = [each.standing.decided and truth[int(each.standing.leader or 0)] > limit for each in finishes]
    decided = [each.standing.decided for each in finishes]
    invocations = float(np.mean([each.invocations for each in finishes]))
    picked = logs[:, :FIXED].mean(axis=1).argmin(axis=1)
    fixed_wrong = np.mean(np.array(truth)[picked] > limit)
    shares = [percent(float(share)) for share in (np.mean(wrong), np.mean(decided), fixed_wrong)]
    return [*shares[:2], f"{invocations:.0f}", shares[2], str(FIXED * len(truth))]


def _race(logs: Floats) -> Finish:
    """Measures block by block the leader and what is still open; arms that are out are left out."""
    arms = [str(arm) for arm in range(logs.shape[1])]
    seen = np.full_like(logs, math.nan)
    measured = arms
    found = Standing(None, tuple(arms))
    for block in range(len(logs)):
        columns = [int(arm) for arm in measured]
        seen[block, columns] = logs[block, columns]
        found = standing({arm: seen[: block + 1, int(arm)] for arm in arms}, MARGIN)
        if found.decided:
            break
        measured = arms if found.leader is None else [found.leader, *found.open]
    return Finish(found, int(np.isfinite(seen).sum()))
