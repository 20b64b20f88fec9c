"""How long each timing invocation took, phase by phase: one number per invocation enters a statistic."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.frames import with_columns
from pipeline.statistics.student import Floats

KEYS = ("invocation", "case_id", "baseline_id", "block")
NUMBERS = {
    "startup_s": ("startup", "wall"),
    "steady_s": ("steady", "wall"),
    "shutdown_s": ("shutdown", "wall"),
    "cpu_steady_s": ("steady", "cpu"),
    "wall_total_s": ("total", "wall"),
}
USES = {"resident": "steady_s", "one_shot": "one_shot_s"}
"""What a use of the strategy pays for: a pool that is there already, or one made for this work alone."""
OK, CONTAMINATED = "ok", "contaminated"
TIMING, MEMORY = "timing", "memory"
"""What the column `pass` says."""
LogTimes = dict[str, Floats]
"""By case: logarithms of seconds, the same place meaning the same block for every case."""


def times(invocations: pd.DataFrame, measurements: pd.DataFrame) -> pd.DataFrame:
    """One row per timing invocation that counts: of a case and block the undisturbed ones, else the first.

    An invocation that somebody else's work disturbed (status `contaminated`) has been repeated if that was
    possible. Where it wasn't, it counts: what is known is better than nothing, and it is flagged.

    Returns:
        The columns `KEYS`, those of `NUMBERS` in seconds (the median over the iterations where there are
        several, since iterations of one invocation aren't independent), `one_shot_s`, the sum of
        start-up, steady phase and shutdown, `contaminated`, and `reference_s` (before the invocation, how
        long a small piece of work took on the CPUs). What wasn't measured is NaN.
    """
    needed = [*KEYS, "pass", "status", "reference_s"]
    rows = with_columns(invocations, needed)[needed]
    rows = rows[rows["status"].isin((OK, CONTAMINATED)) & (rows["pass"] == TIMING)]
    rows = _counting(rows)[[*KEYS, "contaminated", "reference_s"]].reset_index(drop=True)
    rows["reference_s"] = pd.to_numeric(rows["reference_s"]).astype("float64")
    values = with_columns(measurements, ("invocation", "phase", "metric", "value"))
    values = values[values["invocation"].isin(rows["invocation"]) & values["metric"].isin(("wall", "cpu"))]
    medians = values.groupby(["phase", "metric", "invocation"])["value"].median()
    for column, key in NUMBERS.items():
        known = medians.loc[key] if key in medians.index else pd.Series(dtype="float64")
        rows[column] = rows["invocation"].map(known).astype("float64")
    rows["one_shot_s"] = rows["startup_s"] + rows["steady_s"] + rows["shutdown_s"]
    return rows


def log_times(times: pd.DataFrame, column: str) -> LogTimes:
    """Natural logarithms of a column of `times`: for every case that has any, one per block, NaN for none.

    Several invocations of a case in one block (it was repeated) count as one, by their mean.
    """
    positive = times[(times[column] > 0) & times["block"].notna()]
    logs = positive[["block", "case_id"]].assign(log=np.log(positive[column].to_numpy("float64")))
    table = logs.pivot_table(index="block", columns="case_id", values="log", aggfunc="mean")
    return dict(zip(table.columns, table.to_numpy("float64").T, strict=True))


def _counting(rows: pd.DataFrame) -> pd.DataFrame:
    """Without the disturbed invocations that a block has others of."""
    rows = rows.assign(contaminated=rows["status"] == CONTAMINATED)
    place = [rows["case_id"], rows["block"]]
    has_clean = ~rows["contaminated"].groupby(place, dropna=False).transform("min").astype("bool")
    first = ~rows["contaminated"] | ~rows.duplicated(["case_id", "block"])
    return rows[~rows["contaminated"] | (~has_clean & first)]
