"""The speed-ups of one strategy on one kind of work over its numbers of workers: what laws are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.invocation_times import USES, LogTimes, log_times
from pipeline.statistics.student import Floats

RESIDENT = "resident"
WORK = ["interpreter", "workload", "setting", "baseline_id"]
POOL = ["label", "strategy", "start_method"]
SERIES = [*WORK, *POOL]


@dataclass(frozen=True)
class Series:
    """Rows of `speedups` for a resident pool, in the order of their workers."""

    keys: dict[str, Any]
    """The columns `SERIES`."""
    rows: pd.DataFrame

    def up_to(self, largest: int) -> Series:
        """The part with at most so many workers."""
        return Series(self.keys, self.rows[self.rows["workers"] <= largest])

    @property
    def counts(self) -> tuple[int, ...]:
        """The numbers of workers."""
        return tuple(int(count) for count in self.rows["workers"])


def all_series(speedups: pd.DataFrame) -> Iterator[Series]:
    """Every strategy of every kind of work, as far as it was measured; serial code has none."""
    known = speedups[(speedups["use"] == RESIDENT) & (speedups["strategy"] != "serial") & speedups["speedup"].notna()]
    known = known[[*SERIES, "case_id", "workers", "speedup"]]
    for key, rows in known.groupby(SERIES, sort=False, dropna=False):
        yield Series(dict(zip(SERIES, key, strict=True)), rows.sort_values("workers"))


def resident_logs(times: pd.DataFrame) -> LogTimes:
    """Log seconds of the steady phase, by case."""
    return log_times(times, USES[RESIDENT])


def log_speedups(rows: pd.DataFrame, logs: LogTimes) -> Floats:
    """Log speed-ups over serial: a column per case, a row per block that has all of them and their baselines."""
    pairs = zip(rows["case_id"], rows["baseline_id"], strict=True)
    columns = [logs[baseline] - logs[case] for case, baseline in pairs if case in logs and baseline in logs]
    if len(columns) < len(rows):
        return np.empty((0, len(rows)))
    table: Floats = np.column_stack(columns)
    return table[np.isfinite(table).all(axis=1)]


def physical_cores(run: Mapping[str, Any]) -> tuple[int, str]:
    """Up to how many workers one law holds, and what that number is in words.

    Beyond the physical cores, workers share a core and beyond the CPUs they take turns: that is another law.
    """
    machine = run.get("machine") or {}
    cpus = int(machine.get("effective_cpus") or 1)
    cores = (machine.get("facts") or {}).get("physical_cores")
    if not cores:
        return cpus, "CPUs that may be used"
    return min(int(cores), cpus), "physical cores"
