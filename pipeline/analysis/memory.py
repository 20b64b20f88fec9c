"""Peak memory of each case and what one more worker adds. Numbers of different methods are never mixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from pipeline.analysis.cases import cases
from pipeline.analysis.frames import prefixed, with_columns
from pipeline.analysis.invocation_times import MEMORY
from pipeline.statistics.mean import MeanEstimate, any_mean_interval, plain_mean_interval
from pipeline.statistics.slope import shared_slope

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
        one worker adds, which includes its share of what the strategy needs once; see
        `worker_memory_slopes`) with `worker_low`, `worker_high`, `worker_n` and `worker_method`, which is the
        method most often used for the case.
    """
    values = _counted(invocations, measurements)
    peaks = _estimates(values[values["metric"] == "peak_memory"], geometric=True)
    workers = _estimates(values[values["metric"] == "worker_memory"], geometric=False)
    records = _records(described, peaks, workers)
    frame = pd.DataFrame(records, columns=["case_id", *COLUMNS])
    texts = ("case_id", "method", "worker_method")
    counts = {"n": "int64", "worker_n": "int64"}
    numbers = [name for name in frame.columns if name not in counts and name not in texts]
    frame = frame.astype(counts | dict.fromkeys(numbers, "float64") | dict.fromkeys(texts, "str"))
    return described.merge(frame, on="case_id", how="inner")


SLOPE_COLUMNS = ("n", "worker_counts", "fixed_bytes", "worker_bytes", "worker_low", "worker_high")


def worker_memory_slopes(
    described: pd.DataFrame, invocations: pd.DataFrame, measurements: pd.DataFrame
) -> pd.DataFrame:
    """What one more worker adds to the memory of a ready pool, whatever the strategy needs once.

    The slope of `pool_memory` over the number of workers, by least squares over all kinds of work, each with an
    offset of its own: a fork server shares with its workers what the kind of work has loaded. Every invocation is
    one point.

    Args:
        described: as `cases` returns it.
        invocations: the table of that name.
        measurements: the table of that name.

    Returns:
        One row per `label`, `strategy`, `start_method`, `option_*`, `interpreter` and `method` with such a
        measurement; `n` (invocations), `worker_counts` (the different numbers of workers, as a tuple), `worker_bytes`
        (the slope) with `worker_low` and `worker_high` (95 %), and `fixed_bytes` (what a pool needs besides). These
        four are NaN where no kind of work was measured with two numbers of workers.
    """
    values = _counted(invocations, measurements)
    options = prefixed(described, "option_")
    keys = ["label", "strategy", "start_method", *options, "interpreter", "method"]
    of_case = described[["case_id", "baseline_id", "workers", *keys[:-1]]]
    points = values[values["metric"] == "pool_memory"][["case_id", "value", "method"]].merge(of_case, on="case_id")
    rows = []
    for key, group in points.groupby(keys, dropna=False, sort=False):
        workers = group["workers"].astype("int64")
        found = shared_slope(workers, group["value"], group["baseline_id"])
        counts = tuple(sorted(int(count) for count in workers.unique()))
        rows.append((*key, found.n, counts, found.offset, found.slope, found.low, found.high))
    frame = pd.DataFrame(rows, columns=[*keys, *SLOPE_COLUMNS])
    numbers = dict.fromkeys(SLOPE_COLUMNS[2:], "float64")
    return frame.astype({"n": "int64"} | numbers | {key: points[key].dtype for key in keys})


def _counted(invocations: pd.DataFrame, measurements: pd.DataFrame) -> pd.DataFrame:
    """The measurements of memory invocations that ended well."""
    rows = with_columns(invocations, ("invocation", "pass", "status"))
    counted = rows.loc[(rows["status"] == "ok") & (rows["pass"] == MEMORY), "invocation"]
    values = with_columns(measurements, ("case_id", "invocation", "metric", "value", "method"))
    return values[values["invocation"].isin(counted) & values["value"].notna()]


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
