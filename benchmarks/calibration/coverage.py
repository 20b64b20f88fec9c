"""How often the intervals of a run of fixed length hold the truth, and how wide they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.calibration.layout import CASES, Draw, draw, true_ratios
from benchmarks.calibration.noises import CORRELATED, DRIFT, LEVELS, QUIET, SPELLS
from benchmarks.tables import Table, percent
from pipeline.statistics.control import controlled_ratio
from pipeline.statistics.drift import steady_blocks
from pipeline.statistics.ratio import RatioEstimate, independent_ratio, log_ratio
from pipeline.statistics.student import Floats

BLOCKS = (5, 8, 10, 20, 30)
RUNS, QUICK_RUNS = 2000, 120
LONG, QUICK_LONG = 100_000, 10_000
"""Blocks of the simulation that finds the truth about a machine with spells."""
COMPARED = {1: "shared", 2: "split", 3: "A/A"}
"""The other cases of a block, by place, against the first."""
ESTIMATORS = ("paired t", "Welch t", "median", "controlled", "common slope", "drift-dropped")
WIDTH_AT = (5, 10, 30)


@dataclass(frozen=True)
class Interval:
    """In log units."""

    low: float
    high: float

    def covers(self, truth: float) -> bool:
        """Whether the truth lies inside."""
        return self.low <= truth <= self.high


def tables(seed: int, *, quick: bool) -> Iterator[Table]:
    """Coverage and widths by noise, and what the order within a run does to coverage."""
    runs = QUICK_RUNS if quick else RUNS
    long = QUICK_LONG if quick else LONG
    coverage, widths = [], []
    for name, drawn, place, truths in _configurations(seed, runs, long):
        for n in BLOCKS:
            found = [_intervals(drawn, run, n, place) for run in range(runs)]
            covered = [
                np.mean([each[i].covers(truths[estimator == "median"]) for each in found])
                for i, estimator in enumerate(ESTIMATORS)
            ]
            coverage.append([name, str(n), *(percent(float(share)) for share in covered)])
            if n in WIDTH_AT:
                halves = np.array([[(each.high - each.low) / 2 for each in row] for row in found])
                widths.append([name, str(n), *(percent(half) for half in np.expm1(halves.mean(axis=0)))])
    header = ("noise", "blocks", *ESTIMATORS)
    yield Table("coverage", header, coverage)
    yield Table("widths", header, widths)
    yield _order(seed, runs, long)


def _configurations(seed: int, runs: int, long: int) -> Iterator[tuple[str, Draw, int, tuple[float, float]]]:
    """Name, simulated runs, place of the compared case, true log ratio and its median."""
    for index, noise in enumerate((*LEVELS, SPELLS)):
        rng = np.random.default_rng([seed, index])
        drawn = draw(noise, rng, runs, max(BLOCKS), CASES)
        truths = true_ratios(noise, rng, long)
        # Where every kind suffers alike, one comparison stands for all.
        for place in COMPARED if noise is SPELLS else (1,):
            name = f"{noise.name}: {COMPARED[place]}" if noise is SPELLS else noise.name
            yield name, drawn, place, truths[place - 1]


def _intervals(drawn: Draw, run: int, n: int, place: int) -> list[Interval]:
    """One per estimator, for the first n blocks of a run."""
    logs, readings = drawn.logs[run, :n], drawn.readings[run, :n]
    differences, controls = (values[:, :1] - values[:, 1:] for values in (logs, readings))
    d, z = differences[:, place - 1], controls[:, place - 1]
    others = [(differences[:, i], controls[:, i]) for i in range(len(CASES) - 1) if i != place - 1]
    paired = log_ratio(d)
    keep = steady_blocks(drawn.first[run, :n], drawn.last[run, :n])
    return [
        _interval(paired),
        _interval(independent_ratio(np.exp(logs[:, 0]), np.exp(logs[:, place]))),
        Interval(np.log(paired.median_low), np.log(paired.median_high)),
        _interval(controlled_ratio(d, z)),
        _interval(controlled_ratio(d, z, others=others)),
        _interval(paired if keep.all() else log_ratio(d[keep])),
    ]


def _interval(found: RatioEstimate | None) -> Interval:
    assert found is not None
    return Interval(np.log(found.low), np.log(found.high))


def _order(seed: int, runs: int, long: int) -> Table:
    """Welch's interval, which needs no blocks, where the same invocations come in blocks or case by case."""
    rows = []
    for index, noise in enumerate((QUIET, CORRELATED, DRIFT, SPELLS)):
        rng = np.random.default_rng([seed, 100 + index])
        truth, _ = true_ratios(noise, rng, long)[0]
        for n in (5, 10, 30):
            blocks, one_by_one = (draw(noise, rng, runs, n, CASES, in_blocks=each).logs for each in (True, False))
            shares = [_covered(logs, truth, paired=False) for logs in (blocks, one_by_one)]
            rows.append([noise.name, str(n), *map(percent, (*shares, _covered(blocks, truth, paired=True)))])
    header = ("noise", "blocks", "Welch t, random order in blocks", "Welch t, case after case", "paired t, in blocks")
    return Table("order", header, rows)


def _covered(logs: Floats, truth: float, *, paired: bool) -> float:
    found = [
        log_ratio(run[:, 0] - run[:, 1]) if paired else independent_ratio(np.exp(run[:, 0]), np.exp(run[:, 1]))
        for run in logs
    ]
    return float(np.mean([_interval(each).covers(truth) for each in found]))
