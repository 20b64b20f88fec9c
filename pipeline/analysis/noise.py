"""What else the machine was doing: disturbances of the timing invocations, summed up."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.frames import with_columns
from pipeline.analysis.invocation_times import TIMING

RATES = {
    "steal": ("steal_s", "share", True),
    "foreign": ("foreign_cpu_s", "share", True),
    "memory_pressure": ("memory_pressure_s", "share", False),
    "pressure": ("pressure_s", "share", False),
    "throttled": ("throttled", "1/s", False),
    "involuntary_switches": ("involuntary_switches", "1/s", False),
}
"""By name: the column, the unit of the rate, and whether the column sums over all CPUs."""
FASTEST = 0.10
"""Quantile of the reference readings that stands for a CPU that nothing slows down."""


def noise(invocations: pd.DataFrame, *, cpus: int | None = None) -> pd.DataFrame:
    """One row per kind of disturbance, over the timing invocations that ran.

    Returns:
        `disturbance`: `steal` (share of the CPU time that the hypervisor gave to others), `foreign` (share that
        other processes used), `pressure` and `memory_pressure` (share of the time in which something waited for a
        CPU or for memory), `throttled` and `involuntary_switches` (per second), `slow` (how many times as long as
        in its fastest tenth the reference took), `load_1min` (before each invocation); `unit`; `median`, `p95` and
        `maximum` over the invocations (NaN: the machine doesn't tell); `n`.
    """
    columns = [column for column, *_ in RATES.values()]
    rows = with_columns(invocations, ("pass", "status", "duration_s", "load_1min", "reference_s", *columns))
    rows = rows[(rows["pass"] == TIMING) & (rows["status"] != "unsupported")]
    seconds = _numbers(rows["duration_s"])
    seconds = seconds.where(seconds > 0)
    values = {
        name: (_numbers(rows[column]) / seconds / ((cpus or 1) if per_cpu else 1), unit)
        for name, (column, unit, per_cpu) in RATES.items()
    }
    reference = _numbers(rows["reference_s"])
    values["slow"] = (reference / reference.quantile(FASTEST), "1")
    values["load_1min"] = (_numbers(rows["load_1min"]), "1")
    records = [
        (name, unit, column.median(), column.quantile(0.95), column.max(), int(column.count()))
        for name, (column, unit) in values.items()
    ]
    return pd.DataFrame(records, columns=["disturbance", "unit", "median", "p95", "maximum", "n"])


def _numbers(column: pd.Series[float]) -> pd.Series[float]:
    return pd.to_numeric(column).astype("float64")
