"""What must hold for every case of the grid, whatever the configuration asks for."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from experiments import catalogue
from experiments.workloads.base import Resource
from pipeline.analysis.checksums import DIFFERENT
from pipeline.analysis.frames import with_columns
from pipeline.analysis.invocation_times import log_times
from pipeline.analysis.oracles.laws import CLOCK_SHARE
from pipeline.analysis.oracles.outcome import FAILED, PASSED, UNDECIDED, Outcome
from pipeline.analysis.oracles.speed import FEWEST_BLOCKS, GATE, TOLERANCE, is_impossible
from pipeline.analysis.speedups import compare
from pipeline.statistics.ratio import log_ratio

LISTED = 3
CHANGED = ": chance, or CPUs that changed their speed between the cases"


def grid_oracles(frames: Mapping[str, pd.DataFrame], invocations: pd.DataFrame, cpus: int | None) -> Iterator[Outcome]:
    """Every such oracle that the grid has cases for.

    Args:
        frames: `cases`, `times`, `checksums` and `gil`, as `Summary` has them.
        invocations: the table of that name, oracles included: their results are checked, too.
        cpus: effective CPUs; None where they aren't known.
    """
    yield from _sleeps(frames["cases"], frames["times"], invocations)
    yield from _cpu_limit(frames["cases"], frames["times"], cpus)
    yield _results(frames["checksums"], invocations)
    yield from _gil_state(frames["gil"], invocations)


def _sleeps(described: pd.DataFrame, times: pd.DataFrame, invocations: pd.DataFrame) -> Iterator[Outcome]:
    """No sleep of the grid may be shorter than possible."""
    sleeps = with_columns(described, ("param_seconds",))
    sleeps = sleeps.loc[sleeps["workload"] == "sleep", ["case_id", "name", "workers", "param_seconds"]]
    tasks = with_columns(invocations, ("invocation", "n_tasks")).set_index("invocation")["n_tasks"]
    rows = times[["case_id", "invocation", "steady_s"]].merge(sleeps, on="case_id", how="inner")
    if rows.empty:
        return
    count = pd.to_numeric(rows["invocation"].map(tasks)).astype("float64")
    rounds = np.ceil(count / pd.to_numeric(rows["workers"]).astype("float64"))
    least_s = rounds * pd.to_numeric(rows["param_seconds"]).astype("float64")
    relative = rows["steady_s"] / least_s
    short = rows[relative < 1 - CLOCK_SHARE]
    name, expected = "sleep law, grid", "no batch of sleeps is shorter than possible"
    reading = f"the shortest took {relative.min():.3f} times the least that it must take"
    if len(short):
        yield Outcome(name, expected, reading, FAILED, len(rows), listed(short["name"].unique()))
    else:
        yield Outcome(name, expected, reading, PASSED, len(rows))


def _cpu_limit(described: pd.DataFrame, times: pd.DataFrame, cpus: int | None) -> Iterator[Outcome]:
    """No computing case may be faster than its workers and the CPUs allow, beyond what chance explains.

    Disturbed invocations don't count: who disturbs serial alone makes everything else look fast.
    """
    computing = {name for name, class_ in catalogue.workloads().items() if class_.needs == Resource.CPU}
    rows = described[described["workload"].isin(computing) & (described["case_id"] != described["baseline_id"])]
    logs = log_times(times[~times["contaminated"]], "steady_s")
    confidence = 1 - (1 - GATE) / max(1, len(rows))
    busy = (times["cpu_steady_s"] / times["steady_s"]).groupby(times["case_id"]).median()
    impossible: list[str] = []
    doubtful: list[str] = []
    highest, compared = 0.0, 0
    for row in rows.to_dict("records"):
        found = compare(logs, row["case_id"], row["baseline_id"], partial(log_ratio, confidence=confidence))
        limit = min(int(row["workers"]), cpus or int(row["workers"]))
        if found.n < FEWEST_BLOCKS:
            continue
        compared += 1
        highest = max(highest, found.ratio / limit)
        if found.ratio > limit * TOLERANCE:
            proven = is_impossible(found.ratio, float(busy.get(row["case_id"], np.nan)), limit)
            (impossible if proven and found.low > limit * TOLERANCE else doubtful).append(_group(row))
    if not compared:
        return
    name = "no more than the CPUs, grid"
    expected = f"no computing case is more than {TOLERANCE} times as fast as its workers and the CPUs allow"
    reading = f"the highest reached {highest:.2f} of what they allow"
    status = FAILED if impossible else UNDECIDED if doubtful else PASSED
    reason = listed(impossible or doubtful) + ("" if impossible or not doubtful else CHANGED)
    yield Outcome(name, expected, reading, status, compared, reason)


def _results(checksums: pd.DataFrame, invocations: pd.DataFrame) -> Outcome:
    """Tasks that were lost, doubled, or not run at all give themselves away by their results."""
    name, expected = "results", "every strategy returns what serial returns, in every invocation"
    rows = with_columns(invocations, ("wrong_results", "strategy", "workload", "interpreter"))
    wrong = rows[rows["wrong_results"].eq(other=True).fillna(value=False)]
    bad = [f"{row['workload']} with {row['strategy']}" for row in wrong.to_dict("records")]
    for row in checksums[checksums["results"] == DIFFERENT].to_dict("records"):
        bad += [f"{row['workload']} with {each}" for each in row["differing"]]
    names = list(dict.fromkeys(bad))
    n = int(checksums["n"].sum()) + len(wrong)
    reading = f"{len(names)} cases differ" if names else f"{n} checksums agree"
    return Outcome(name, expected, reading, FAILED if names else PASSED, n, listed(names))


def _gil_state(gil: pd.DataFrame, invocations: pd.DataFrame) -> Iterator[Outcome]:
    """What workers say of the GIL must fit the build, unless it is known which module switched it on."""
    told = with_columns(invocations, ("gil_enabled",))["gil_enabled"].notna().sum()
    if not told:
        return
    name, expected = "GIL state", "workers of a free-threaded build run without the GIL"
    unexplained = gil[gil["by"].isna()]
    contradicting = [f"{row['name']} under {row['interpreter']}" for row in unexplained.to_dict("records")]
    reading = f"{len(contradicting)} cases contradict" if contradicting else "none contradicts"
    yield Outcome(name, expected, reading, FAILED if contradicting else PASSED, int(told), listed(contradicting))


def _group(row: Mapping[Hashable, Any]) -> str:
    return " ".join(filter(None, (row["workload"], row["setting"], f"with {row['name']}")))


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:LISTED])
    return shown if len(names) <= LISTED else f"{shown} and {len(names) - LISTED} more"
