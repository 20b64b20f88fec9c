"""Peak memory of each case and what one more worker adds. Numbers of different methods are never mixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from pipeline.analysis.cases import cases
from pipeline.analysis.frames import with_columns
from pipeline.analysis.invocation_times import MEMORY
from pipeline.statistics.mean import MeanEstimate, any_mean_interval, plain_mean_interval

COLUMNS = (
    "n",
    "method",
    "peak_bytes",
    "peak_low",
    "peak_high",
    "extra_bytes",
    "worker_method",
    "worker_bytes",
    "worker_low",
    "worker_high",
    "worker_n",
)


def memory(
    invocations: pd.DataFrame, measurements: pd.DataFrame, *, planned: Iterable[Mapping[str, Any]] = ()
) -> pd.DataFrame:
    """One row per case and method; see `memory_of`."""
    return memory_of(cases(invocations, planned), invocations, measurements)


def memory_of(described: pd.DataFrame, invocations: pd.DataFrame, measurements: pd.DataFrame) -> pd.DataFrame:
    """One row per case and method of its peak; cases without a memory measurement have no row.

    Returns:
        The columns of `cases`, and: `n` (memory invocations), `method`, `peak_bytes` (geometric mean of the
        highest simultaneous memory of the tree) with `peak_low` and `peak_high` (95 %), `extra_bytes` (above
        the baseline's peak by the same method, NaN if there is none), `worker_bytes` (arithmetic mean of what
        one worker adds) with `worker_low`, `worker_high`, `worker_n` and `worker_method`, which is the
        method most often used for the case.
    """
    rows = with_columns(invocations, ("invocation", "pass", "status"))
    counted = rows.loc[(rows["status"] == "ok") & (rows["pass"] == MEMORY), "invocation"]
    values = with_columns(measurements, ("case_id", "invocation", "metric", "value", "method"))
    values = values[values["invocation"].isin(counted) & values["value"].notna()]
    peaks = _estimates(values[values["metric"] == "peak_memory"], geometric=True)
    workers = _estimates(values[values["metric"] == "worker_memory"], geometric=False)
    records = _records(described, peaks, workers)
    frame = pd.DataFrame(records, columns=["case_id", *COLUMNS])
    texts = ("case_id", "method", "worker_method")
    counts = {"n": "int64", "worker_n": "int64"}
    numbers = [name for name in frame.columns if name not in counts and name not in texts]
    frame = frame.astype(counts | dict.fromkeys(numbers, "float64") | dict.fromkeys(texts, "str"))
    return described.merge(frame, on="case_id", how="inner")


Estimates = dict[str, dict[str, MeanEstimate]]
"""By case, then by method."""


def _estimates(values: pd.DataFrame, *, geometric: bool) -> Estimates:
    estimate = any_mean_interval if geometric else plain_mean_interval
    found: Estimates = {}
    for (case_id, method), group in values.groupby(["case_id", "method"], dropna=False, sort=False):
        found.setdefault(str(case_id), {})[str(method)] = estimate(group["value"])
    return found


def _records(described: pd.DataFrame, peaks: Estimates, workers: Estimates) -> list[tuple[Any, ...]]:
    nothing = any_mean_interval([])
    records = []
    for case_id, baseline_id in zip(described["case_id"], described["baseline_id"], strict=True):
        added = workers.get(case_id, {})
        worker_method = max(added, key=lambda method: added[method].n) if added else None
        worker = added[worker_method] if worker_method is not None else nothing
        own: dict[str | None, MeanEstimate] = dict(peaks.get(case_id, {}).items())
        if not own and added:
            own = {None: nothing}
        for method, peak in own.items():
            base = peaks.get(baseline_id, {}).get(str(method), nothing)
            measured = (peak.n, method, peak.mean, peak.low, peak.high, peak.mean - base.mean)
            records.append((case_id, *measured, worker_method, worker.mean, worker.low, worker.high, worker.n))
    return records
