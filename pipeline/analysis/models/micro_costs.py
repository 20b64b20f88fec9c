"""What a strategy costs besides the work, from the cases that measure just that: the ground of predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.models.series import RESIDENT
from pipeline.statistics.scaling import Interval

NAN = float("nan")
UNKNOWN: Interval = (NAN, NAN, NAN)


@dataclass(frozen=True)
class MicroCosts:
    """Of one strategy with one number of workers under one interpreter."""

    start_and_stop_s: Interval
    dispatch_s: Interval
    """Per task."""
    bytes_per_s: Interval
    """At which data travel to a worker and back; infinite where they don't travel."""


def micro_costs(
    key: Mapping[str, Any], speedups: pd.DataFrame, costs: pd.DataFrame, *, own: pd.DataFrame
) -> MicroCosts:
    """The costs of the strategy that `key` names.

    Args:
        key: `interpreter`, `label`, `strategy`, `start_method` and `workers`.
        speedups: of the run, for the rate and for empty tasks.
        costs: of the run, for dispatch.
        own: rows of `costs` of the cases that the prediction is for, whose start-up it takes.
    """
    return MicroCosts(_start_and_stop(own), _dispatch(key, costs, speedups), _rate(key, speedups))


def _of(frame: pd.DataFrame, key: Mapping[str, Any]) -> pd.DataFrame:
    found: pd.DataFrame = frame[
        (frame["label"] == key["label"])
        & (frame["interpreter"] == key["interpreter"])
        & (frame["workers"] == key["workers"])
    ]
    return found


def _start_and_stop(own: pd.DataFrame) -> Interval:
    found = [own[[f"{phase}{end}" for end in ("_s", "_low", "_high")]].median() for phase in ("startup", "shutdown")]
    middle, low, high = (float(sum(part.iloc[i] for part in found)) for i in range(3))
    return middle, low, high


def _dispatch(key: Mapping[str, Any], costs: pd.DataFrame, speedups: pd.DataFrame) -> Interval:
    rows = _of(costs, key).dropna(subset=["dispatch_s"])
    if len(rows):
        row = rows.iloc[0]
        return float(row["dispatch_s"]), float(row["dispatch_low"]), float(row["dispatch_high"])
    if "param_task_time" not in speedups:
        return UNKNOWN
    empty = _of(speedups, key)
    empty = empty[(empty["param_task_time"] == 0) & (empty["use"] == RESIDENT)]
    if empty.empty:
        return UNKNOWN
    each_s = float(empty["time_s"].iloc[0]) / float(empty["param_tasks"].iloc[0])
    return each_s, NAN, NAN


def _rate(key: Mapping[str, Any], speedups: pd.DataFrame) -> Interval:
    """From the workload `payload`: the bytes between its smallest and its largest size over the time that they add."""
    if key["strategy"] in ("threads", "asyncio", "serial"):
        return np.inf, NAN, NAN
    rows = _of(speedups, key)
    rows = rows[(rows["workload"] == "payload") & (rows["use"] == RESIDENT)]
    if rows.empty or "param_size" not in rows:
        return UNKNOWN
    if "param_kind" in rows:
        rows = rows[rows["param_kind"].isna() | (rows["param_kind"] == "bytes")]
    size = pd.to_numeric(rows["param_size"]).astype("float64").to_numpy()
    if len(set(size)) < 2:
        return UNKNOWN
    each_s = (rows["time_s"] / pd.to_numeric(rows["param_tasks"])).to_numpy("float64")
    largest, smallest = int(np.argmax(size)), int(np.argmin(size))
    slope = (each_s[largest] - each_s[smallest]) / (size[largest] - size[smallest])
    return (1 / slope if slope > 0 else NAN), NAN, NAN
