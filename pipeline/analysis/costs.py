"""What a strategy costs besides the work: start-up, shutdown, dispatch, and the CPU time it burns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from pipeline.analysis.cases import cases
from pipeline.analysis.frames import with_columns
from pipeline.analysis.invocation_times import times
from pipeline.statistics.mean import any_mean_interval

EMPTY_TASK = "noop"
"""The workload whose tasks do nothing: what its steady phase takes is the strategy's own doing."""
ESTIMATED = {
    "startup": "startup_s",
    "shutdown": "shutdown_s",
    "dispatch": "dispatch_s",
    "cpu_over_wall": "cpu_over_wall",
}


def costs(
    invocations: pd.DataFrame, measurements: pd.DataFrame, *, planned: Iterable[Mapping[str, Any]] = ()
) -> pd.DataFrame:
    """One row per case; see `costs_of`."""
    return costs_of(cases(invocations, planned), times(invocations, measurements), invocations)


def costs_of(described: pd.DataFrame, times: pd.DataFrame, invocations: pd.DataFrame) -> pd.DataFrame:
    """One row per case, baselines and cases without a result included.

    Returns:
        The columns of `cases`, `n` (timing invocations), and mean with 95 % t interval of: `startup_s`,
        `shutdown_s`, `dispatch_s` (steady phase over tasks, only for `noop`, else NaN) and `cpu_over_wall`
        (CPU seconds per second of the steady phase: how many CPUs were busy on average), each `NAME` with
        `NAME_low` and `NAME_high`, where the names of the bounds leave out `_s` (`startup_low`). Geometric
        means where every value is positive, else arithmetic ones.
    """
    tasks = with_columns(invocations, ("invocation", "n_tasks")).set_index("invocation")["n_tasks"]
    workload = times["case_id"].map(described.set_index("case_id")["workload"])
    per_task = times["steady_s"] / pd.to_numeric(times["invocation"].map(tasks)).astype("float64")
    values = times.assign(
        dispatch_s=per_task.where(workload == EMPTY_TASK),
        cpu_over_wall=times["cpu_steady_s"] / times["steady_s"].where(times["steady_s"] > 0),
    )
    values = values[["case_id", *ESTIMATED.values()]]
    groups = dict(list(values.groupby("case_id", sort=False)))
    empty = values.iloc[:0]
    rows = [_row(groups.get(case_id, empty)) for case_id in described["case_id"]]
    columns = [name for short, mean in ESTIMATED.items() for name in (mean, f"{short}_low", f"{short}_high")]
    numbers = pd.DataFrame(rows, columns=["n", *columns], index=described.index)
    return described.join(numbers.astype({"n": "int64"} | dict.fromkeys(columns, "float64")))


def _row(group: pd.DataFrame) -> list[float]:
    row: list[float] = [len(group)]
    for column in ESTIMATED.values():
        found = any_mean_interval(group[column].dropna())
        row += [found.mean, found.low, found.high]
    return row
