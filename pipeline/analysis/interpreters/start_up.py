"""What it takes until the first task can run: the interpreter itself, and a pool of each kind under it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.frames import with_columns
from pipeline.analysis.interpreters.counterparts import (
    Row,
    counterparts,
    difference,
    family,
    ratio,
    together,
    way_columns,
)
from pipeline.analysis.interpreters.relations import reference_of
from pipeline.analysis.invocation_times import LogTimes, log_times
from pipeline.analysis.speedups import Estimator
from pipeline.statistics.mean import any_mean_interval
from pipeline.statistics.ratio import RatioEstimate, log_ratio

BARE = "interpreter"
"""What `what` says of a row about the interpreter itself."""
POOL = "pool"
NUMBERS = ("seconds", "seconds_low", "seconds_high", "ratio", "low", "high", "mde", "p_holm")


def start_up(
    described: pd.DataFrame,
    times: pd.DataFrame,
    measurements: pd.DataFrame,
    *,
    estimate: Estimator = log_ratio,
) -> pd.DataFrame:
    """How long the interpreter takes to start, and each kind of pool until its workers are ready.

    The start of the interpreter is what an invocation of `serial` takes besides its phases: from starting the
    process to its last report, the loading of the measuring code included, which is the same small amount of
    standard library for every interpreter. It is taken from the kind of work where that is least, because making
    items and checking results count, too.

    Args:
        described: the frame from `cases`.
        times: the frame from `invocation_times.times`.
        measurements: the table of that name.
        estimate: from the blocks' log ratios; `speedups.estimator` has the right one for a run.

    Returns:
        One row per interpreter with `what` = `interpreter`, and one per interpreter, strategy, its options and
        number of workers with `what` = `pool`: `interpreter`, `what`, the columns of `way_columns`, `n` (blocks),
        `seconds` with `seconds_low` and `seconds_high` (of a pool: over all kinds of work, one number per block),
        and against the reference interpreter, paired within blocks, `ratio` (above 1: takes longer) with `low`,
        `high` (95 %), `mde` (relative, with the correction) and `p_holm` (over all rows).
    """
    serial = described[described["case_id"] == described["baseline_id"]]
    bare = log_times(with_own_start(times, measurements), "own_start_s")
    lightest = _lightest(serial, bare)
    pools = described[described["case_id"] != described["baseline_id"]]
    rows = [*_rows(lightest, bare, BARE, []), *_rows(pools, log_times(times, "startup_s"), POOL, way_columns(pools))]
    return _frame(rows, pools[way_columns(pools)], estimate)


def with_own_start(times: pd.DataFrame, measurements: pd.DataFrame) -> pd.DataFrame:
    """`times` with `own_start_s`: the total less every phase, which is the interpreter's own start."""
    values = with_columns(measurements, ("invocation", "phase", "metric", "value"))
    phases = values[(values["metric"] == "wall") & (values["phase"] != "total")]
    spent = phases.groupby("invocation")["value"].sum()
    return times.assign(own_start_s=times["wall_total_s"] - times["invocation"].map(spent).astype("float64"))


def _lightest(serial: pd.DataFrame, logs: LogTimes) -> pd.DataFrame:
    """Of each interpreter the serial case of that kind of work which adds least under the reference."""
    if serial.empty:
        return serial
    reference = str(reference_of(list(serial["interpreter"].unique())))
    own = serial[serial["interpreter"] == reference]
    known = {case_id: float(np.nanmean(logs[case_id])) for case_id in own["case_id"] if case_id in logs}
    if not known:
        return serial.iloc[:0]
    chosen = min(known, key=lambda case_id: known[case_id])
    found = {chosen}
    for name in serial["interpreter"].unique():
        pairs = counterparts(serial, str(name), reference)
        found |= {row["case_id"] for row, other in pairs if other["case_id"] == chosen}
    return serial[serial["case_id"].isin(found)]


def _rows(cases: pd.DataFrame, logs: LogTimes, what: str, ways: list[str]) -> Iterator[dict[str, Any]]:
    """Per interpreter and way: the logs of the seconds by block, and how they differ from the reference's."""
    interpreters = list(cases["interpreter"].unique())
    reference = str(reference_of(interpreters))
    for name in interpreters:
        pairs = [] if name == reference else list(counterparts(cases, str(name), reference))
        own = cases[cases["interpreter"] == name]
        for key, group in own.groupby(ways, sort=False, dropna=False) if ways else [((), own)]:
            ids = set(group["case_id"])
            matched: list[tuple[Row, Row]] = [pair for pair in pairs if pair[0]["case_id"] in ids]
            yield {
                "interpreter": str(name),
                "what": what,
                **dict(zip(ways, key, strict=True)),
                "logs": together([logs[case_id] for case_id in group["case_id"] if case_id in logs]),
                "differences": together([difference(logs, row["case_id"], other["case_id"]) for row, other in matched]),
            }


def _frame(rows: list[dict[str, Any]], ways: pd.DataFrame, estimate: Estimator) -> pd.DataFrame:
    found: list[RatioEstimate] = [ratio(row.pop("differences"), estimate) for row in rows]
    for row, told in zip(rows, family(found), strict=True):
        logs = row.pop("logs")
        mean = any_mean_interval(np.exp(logs[np.isfinite(logs)]))
        row |= {"n": mean.n, "seconds": mean.mean, "seconds_low": mean.low, "seconds_high": mean.high} | told
    frame = pd.DataFrame(rows, columns=["interpreter", "what", *ways.columns, "n", *NUMBERS])
    types: dict[str, Any] = {"interpreter": "str", "what": "str", "n": "int64"} | dict.fromkeys(NUMBERS, "float64")
    return frame.astype(types | {"workers": "Int64"})
