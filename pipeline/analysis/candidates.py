"""The parallel cases of a run, each compared with serial, and all of these comparisons corrected together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.invocation_times import USES, LogTimes, log_times
from pipeline.analysis.speedups import Estimator, compare
from pipeline.statistics.holm import holm
from pipeline.statistics.ratio import RatioEstimate
from pipeline.statistics.student import SIGNIFICANCE

FEWEST_BLOCKS = 2
Row = dict[str, Any]
Group = list[Row]
"""The cases that share a baseline, as rows of `cases`."""


@dataclass(frozen=True)
class Candidate:
    """A parallel case that can be compared with serial."""

    case: Row
    """Its row of `cases`, with `peak_bytes` and `startup_s`."""
    against_serial: RatioEstimate
    p_holm: float
    """Of that comparison, corrected for all parallel cases of the run and both uses."""

    @property
    def differs(self) -> bool:
        """Whether it is reliably faster or slower than serial."""
        return self.p_holm < SIGNIFICANCE

    def wins(self, margin: float) -> bool:
        """Whether it is reliably faster than serial, and by enough to matter."""
        return self.differs and self.against_serial.ratio >= margin

    def cannot_pay(self, margin: float) -> bool:
        """Whether it is reliably faster by less than the margin, if at all: one-sided at 2.5 %."""
        return self.against_serial.high < margin


def compared_with_serial(
    groups: list[Group], times: pd.DataFrame, estimate: Estimator
) -> Iterator[tuple[Group, str, LogTimes, list[Candidate]]]:
    """Each group and use with its parallel cases compared with serial, fastest first, all corrected together."""
    found = []
    for use, column in USES.items():
        logs = log_times(times, column)
        found += [(group, use, logs, _comparisons(group, logs, estimate)) for group in groups]
    adjusted = iter(holm([against.p_value for *_, pairs in found for _, against in pairs]))
    for group, use, logs, pairs in found:
        candidates = [Candidate(row, against, float(next(adjusted))) for row, against in pairs]
        yield group, use, logs, sorted(candidates, key=lambda each: -each.against_serial.ratio)


def _comparisons(group: Group, logs: LogTimes, estimate: Estimator) -> list[tuple[Row, RatioEstimate]]:
    serial = serial_of(group, logs)
    if serial is None:
        return []
    parallel = [row for row in group if row is not serial and _blocks(logs, row["case_id"]) >= FEWEST_BLOCKS]
    compared = [(row, compare(logs, row["case_id"], serial["case_id"], estimate)) for row in parallel]
    return [(row, found) for row, found in compared if found.n >= FEWEST_BLOCKS]


def serial_of(group: Group, logs: LogTimes) -> Row | None:
    """The row of the baseline, if that has results enough to be compared with."""
    serial = next((row for row in group if row["case_id"] == row["baseline_id"]), None)
    return serial if serial is not None and _blocks(logs, serial["case_id"]) >= FEWEST_BLOCKS else None


def _blocks(logs: LogTimes, case_id: str) -> int:
    return int(np.isfinite(logs[case_id]).sum()) if case_id in logs else 0
