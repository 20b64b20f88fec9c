"""Laws fitted to speed-ups over workers, where there are enough numbers of workers to tell one law from another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.invocation_times import LogTimes
from pipeline.analysis.models.series import SERIES, Series, all_series, log_speedups, physical_cores
from pipeline.statistics.fitting import FEWEST_BLOCKS, FEWEST_COUNTS, FURTHEST, USL, Fit, fit
from pipeline.statistics.scaling import throughput

NAN = float("nan")
PARAMETERS = ("gamma", "alpha", "beta")
COLUMNS = (
    *SERIES, "counts", "n", "model", *(f"{name}{end}" for name in PARAMETERS for end in ("", "_low", "_high")),
    "peak_workers", "peak_low", "peak_high", "reason", "largest",
)  # fmt: skip
CURVE = (*SERIES, "workers", "speedup")
CURVE_POINTS = 33
TOO_FEW_COUNTS = "a fit needs {needed} numbers of workers up to the {limit} {what}; measured: {have}"
TOO_FEW_BLOCKS = "a fit needs {needed} blocks that have all numbers of workers; measured: {have}"
BEYOND = "the peak lies beyond {largest} workers, or there is none"


def fits(speedups: pd.DataFrame, logs: LogTimes, run: Mapping[str, Any]) -> pd.DataFrame:
    """One row per strategy and kind of work.

    Returns:
        `SERIES`, `counts` (numbers of workers used, none above the physical cores), `n` (blocks), `model`
        (`constant`, `linear`, `Amdahl` or `USL`, missing if there is no fit), `gamma`, `alpha`, `beta` each with
        `_low` and `_high` (95 %), `peak_workers` with `peak_low` and `peak_high` where a peak can be told, `reason`
        (why there is no fit, or why no peak is told) and `largest` (number of workers).
    """
    rows = [_row(series, logs, run) for series in all_series(speedups)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def curves(fitted: pd.DataFrame) -> pd.DataFrame:
    """The fitted laws for drawing, within the range that they were fitted to: `SERIES`, `workers`, `speedup`."""
    parts = [_curve(row) for row in fitted.dropna(subset=["model"]).to_dict("records")]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(CURVE))


def _row(series: Series, logs: LogTimes, run: Mapping[str, Any]) -> dict[str, Any]:
    limit, what = physical_cores(run)
    within = series.up_to(limit)
    counts = within.counts
    told = {**series.keys, "counts": counts, "largest": max(counts, default=0)}
    if len(counts) < FEWEST_COUNTS:
        reason = TOO_FEW_COUNTS.format(have=len(counts), limit=limit, what=what, needed=FEWEST_COUNTS)
        return {**told, "n": 0, "reason": reason}
    table = log_speedups(within.rows, logs)
    if len(table) < FEWEST_BLOCKS:
        return {**told, "n": len(table), "reason": TOO_FEW_BLOCKS.format(have=len(table), needed=FEWEST_BLOCKS)}
    return {**told, "n": len(table), **dict(_fitted(fit(np.array(counts, float), table), max(counts)))}


def _fitted(found: Fit, largest: int) -> Iterator[tuple[str, Any]]:
    yield "model", found.model
    for name in PARAMETERS:
        yield from zip((name, f"{name}_low", f"{name}_high"), getattr(found, name), strict=True)
    if found.model == USL and found.peak[2] <= FURTHEST * largest:
        yield from zip(("peak_workers", "peak_low", "peak_high"), found.peak, strict=True)
    elif found.model == USL:
        yield "reason", BEYOND.format(largest=largest)


def _curve(row: Mapping[Any, Any]) -> pd.DataFrame:
    workers = np.geomspace(min(row["counts"]), max(row["counts"]), CURVE_POINTS)
    speedup = throughput(workers, *(float(row[name]) for name in PARAMETERS))
    return pd.DataFrame({**{name: row[name] for name in SERIES}, "workers": workers, "speedup": speedup})
