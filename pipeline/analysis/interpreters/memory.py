"""How much memory an interpreter takes by itself, and what one more worker adds under it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.frames import with_columns
from pipeline.analysis.interpreters.counterparts import counterparts, difference, family, ratio
from pipeline.analysis.interpreters.relations import reference_of
from pipeline.analysis.invocation_times import MEMORY, OK, LogTimes
from pipeline.statistics.mean import mean_interval

NUMBERS = ("peak_bytes", "peak_low", "peak_high", "ratio", "low", "high", "mde", "p_holm")


def interpreter_memory(described: pd.DataFrame, invocations: pd.DataFrame, measurements: pd.DataFrame) -> pd.DataFrame:
    """The peak of `serial` under each interpreter, beside the reference's.

    It is taken from the kind of work that needs least under the reference: there it is the interpreter's own.

    Args:
        described: the frame from `cases`.
        invocations: the table of that name.
        measurements: the table of that name.

    Returns:
        One row per interpreter and method with such a measurement: `interpreter`, `workload`, `setting`, `method`,
        `n` (memory invocations), `peak_bytes` (geometric mean) with `peak_low` and `peak_high` (95 %); and by the same
        method against the reference interpreter, paired within blocks, `ratio` (above 1: needs more) with `low`,
        `high` (95 %), `mde` (relative, with the correction) and `p_holm` (over all rows).
    """
    serial = described[described["case_id"] == described["baseline_id"]]
    reference = str(reference_of(list(serial["interpreter"].unique())))
    rows: list[dict[str, Any]] = []
    for method, logs in _peaks(invocations, measurements).items():
        own = serial[(serial["interpreter"] == reference) & serial["case_id"].isin(list(logs))]
        if own.empty:
            continue
        chosen = min(own["case_id"], key=lambda case_id: float(np.nanmean(logs[case_id])))
        for name in serial["interpreter"].unique():
            pairs = counterparts(serial, str(name), reference)
            case = next((row for row, other in pairs if other["case_id"] == chosen), None)
            if case is None or case["case_id"] not in logs:
                continue
            shared = {key: case[key] for key in ("interpreter", "workload", "setting")} | {"method": method}
            against = difference(logs, case["case_id"], chosen) if name != reference else np.empty(0)
            rows.append(shared | {"logs": logs[case["case_id"]], "differences": against})
    return _frame(rows)


def _peaks(invocations: pd.DataFrame, measurements: pd.DataFrame) -> dict[str, LogTimes]:
    """By method: logs of the peaks in bytes, one per case and block, NaN for none."""
    known = with_columns(invocations, ("invocation", "block", "pass", "status"))
    known = known[(known["pass"] == MEMORY) & (known["status"] == OK)]
    values = with_columns(measurements, ("case_id", "invocation", "metric", "value", "method"))
    peaks = values[(values["metric"] == "peak_memory") & (values["value"] > 0)]
    peaks = peaks[["case_id", "invocation", "value", "method"]].merge(known[["invocation", "block"]], on="invocation")
    found = {}
    for method, group in peaks.dropna(subset=["block"]).groupby("method", sort=False):
        logs = group.assign(log=np.log(group["value"].to_numpy("float64")))
        table = logs.pivot_table(index="block", columns="case_id", values="log", aggfunc="mean")
        found[str(method)] = dict(zip(table.columns, table.to_numpy("float64").T, strict=True))
    return found


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    found = [ratio(row.pop("differences")) for row in rows]
    for row, told in zip(rows, family(found), strict=True):
        logs = row.pop("logs")
        mean = mean_interval(np.exp(logs[np.isfinite(logs)]))
        row |= {"n": mean.n, "peak_bytes": mean.mean, "peak_low": mean.low, "peak_high": mean.high} | told
    texts = ["interpreter", "workload", "setting", "method"]
    frame = pd.DataFrame(rows, columns=[*texts, "n", *NUMBERS])
    types: dict[str, Any] = dict.fromkeys(texts, "str") | {"n": "int64"} | dict.fromkeys(NUMBERS, "float64")
    return frame.astype(types)
