"""Cases whose answer is known: if one of them is wrong, so is the measuring.

N sleeps of T seconds over W workers can't take less than ceil(N / W) * T. Less means that a clock is wrong,
that tasks were lost, or that a strategy had more workers than it says.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.frames import with_columns

TOLERANCE = 0.02
"""Clocks and timers may differ by that much."""


def impossible_sleeps(invocations: pd.DataFrame, times: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """One row per `sleep` case with an invocation whose steady phase was shorter than possible.

    Returns:
        The columns of `cases`, `n` (such invocations), `shortest_s` and `possible_s`, the least that it can
        take.
    """
    sleeps = with_columns(described, ("param_seconds",))
    sleeps = sleeps.loc[sleeps["workload"] == "sleep", ["case_id", "workers", "param_seconds"]]
    tasks = with_columns(invocations, ("invocation", "n_tasks")).set_index("invocation")["n_tasks"]
    rows = times[["case_id", "invocation", "steady_s"]].merge(sleeps, on="case_id", how="inner")
    count = pd.to_numeric(rows["invocation"].map(tasks)).astype("float64")
    rounds = np.ceil(count / pd.to_numeric(rows["workers"]).astype("float64"))
    rows["possible_s"] = rounds * pd.to_numeric(rows["param_seconds"]).astype("float64")
    short = rows[rows["steady_s"] < rows["possible_s"] * (1 - TOLERANCE)]
    found = short.groupby("case_id").agg(
        n=("invocation", "size"), shortest_s=("steady_s", "min"), possible_s=("possible_s", "first")
    )
    return described.merge(found.reset_index().astype({"case_id": "str"}), on="case_id", how="inner")
