"""How often a run names a winner where every case is truly as fast as serial."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.calibration.layout import Kind, draw
from benchmarks.calibration.noises import CORRELATED, HEAVY, LOUD, QUIET, SPELLS, TAILS
from benchmarks.tables import Table, percent
from pipeline.analysis.cases import cases
from pipeline.analysis.costs import costs
from pipeline.analysis.memory import memory
from pipeline.analysis.winners import WINNER, winners_of
from pipeline.statistics.student import Floats

WORKLOADS, PARALLEL = 4, 3
NOISES = (QUIET, LOUD, TAILS, HEAVY, CORRELATED, SPELLS)
BLOCKS = (5, 10, 30)
RUNS, QUICK_RUNS = 60, 3
STARTUP_S = 0.02
"""What a case's start-up and shutdown take in its one-shot time, the same for all: truly equal, too."""
MARGIN = 1.0
"""Any reliable speed-up counts here, not only one that pays: the harder test of the correction."""


def tables(seed: int, *, quick: bool) -> Iterator[Table]:
    """Share of A/A runs with any winner, in either use."""
    runs = QUICK_RUNS if quick else RUNS
    described = _described()
    rows, everything = [], []
    for index, noise in enumerate(NOISES):
        kinds: list[Kind] = ["serial"] * len(described)
        drawn = draw(noise, np.random.default_rng([seed, 300 + index]), runs, max(BLOCKS), kinds).logs
        found = {n: [_any_winner(described, run[:n]) for run in drawn] for n in BLOCKS}
        everything += [named for each in found.values() for named in each]
        rows.append([noise.name, *(percent(float(np.mean(each))) for each in found.values())])
    rows.append(["all together", percent(float(np.mean(everything))), *[""] * (len(BLOCKS) - 1)])
    yield Table("false-winners", ("noise", *(f"{n} blocks" for n in BLOCKS)), rows)


def _described() -> pd.DataFrame:
    """The cases of a run: four kinds of work, serial and three strategies each."""
    rows = [
        {
            "case_id": f"{workload}-{case}",
            "baseline_id": f"{workload}-0",
            "workload": f"work_{workload}",
            "strategy": f"strategy_{case}" if case else "serial",
            "workers": 2 if case else 1,
            "interpreter": "current",
        }
        for workload in range(WORKLOADS)
        for case in range(PARALLEL + 1)
    ]
    return cases(pd.DataFrame(rows))


def _any_winner(described: pd.DataFrame, logs: Floats) -> bool:
    seconds = np.exp(logs)
    times = pd.DataFrame(
        {
            "case_id": np.tile(described["case_id"].to_numpy(), len(logs)),
            "block": np.repeat(np.arange(len(logs)), len(described)),
            "steady_s": seconds.ravel(),
            "one_shot_s": seconds.ravel() + STARTUP_S,
        }
    )
    empty = pd.DataFrame()
    decided = winners_of(described, times, costs(empty, empty), memory(empty, empty), margin=MARGIN)
    return bool((decided["outcome"] == WINNER).any())
