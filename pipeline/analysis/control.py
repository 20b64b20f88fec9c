"""A second estimate of each speed-up, with the machine's own fluctuations taken out as far as they were seen.

Before each invocation a small piece of work was timed on the CPUs. That reading says nothing about the case, and
because the order within a block is random it is on average the same for a case and its baseline: it can be used as
a control variate (`statistics.control`). The plain estimate stays the primary one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.invocation_times import LogTimes, log_times
from pipeline.statistics.control import Pair, controlled_ratio
from pipeline.statistics.ratio import log_ratio

COLUMNS = ("n", "speedup", "low", "high", "width_ratio")


def controlled(described: pd.DataFrame, times: pd.DataFrame) -> pd.DataFrame:
    """One row per parallel case with enough readings, for a resident pool.

    The slope is shared by the cases that do the same work.

    Returns:
        The columns of `cases`, `n` (blocks), `speedup` with `low` and `high` (95 %), and `width_ratio`: the width of
        this interval over that of the plain one, in logs, from the same blocks.
    """
    known = times[(times["steady_s"] > 0) & (times["reference_s"] > 0) & times["block"].notna()]
    logs, readings = log_times(known, "steady_s"), log_times(known, "reference_s")
    rows = []
    for _, group in described.groupby("baseline_id", sort=False):
        pairs = _pairs(group, logs, readings)
        rows += [(case_id, *_estimate(case_id, pairs)) for case_id in pairs]
    frame = pd.DataFrame(rows, columns=["case_id", *COLUMNS]).dropna(subset=["speedup"])
    types = {"case_id": "str", "n": "int64"} | dict.fromkeys(COLUMNS[1:], "float64")
    return described.merge(frame.astype(types), on="case_id", how="inner")


def _pairs(group: pd.DataFrame, logs: LogTimes, readings: LogTimes) -> dict[str, Pair]:
    """By parallel case: the log ratios to serial, and those of the readings before the two."""
    found = {}
    for case_id, baseline_id in zip(group["case_id"], group["baseline_id"], strict=True):
        if case_id == baseline_id or case_id not in logs or baseline_id not in logs:
            continue
        differences = logs[baseline_id] - logs[case_id]
        control = readings[baseline_id] - readings[case_id]
        both = np.isfinite(differences) & np.isfinite(control)
        found[case_id] = (differences[both], control[both])
    return found


def _estimate(case_id: str, pairs: dict[str, Pair]) -> tuple[float, ...]:
    differences, control = pairs[case_id]
    others = [pair for name, pair in pairs.items() if name != case_id]
    found = controlled_ratio(differences, control, others=others)
    if found is None:
        return (len(differences), *[float("nan")] * 4)
    plain = log_ratio(differences)
    width = np.log(plain.high / plain.low)
    narrower = float(np.log(found.high / found.low) / width) if width > 0 else 1.0
    return (found.n, found.ratio, found.low, found.high, narrower)
