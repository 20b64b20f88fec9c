"""What was measured of the oracles' cases, by the part that each case plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.analysis.frames import with_columns
from pipeline.analysis.invocation_times import LogTimes, log_times, times
from pipeline.analysis.oracles.outcome import NOT_RUN, Outcome

TOO_FEW = "too few blocks"
DISTURBED = "too few invocations that nobody disturbed"


@dataclass(frozen=True)
class Evidence:
    """The oracles' part of a bundle."""

    cases: Mapping[str, Mapping[str, Any]]
    """The planned case by role."""
    times: pd.DataFrame
    """As `invocation_times.times`, with `role` and `n_tasks`."""
    logs: LogTimes
    """Log seconds of the steady phase by role, of the invocations that nobody disturbed: the others prove nothing."""
    disturbed_logs: LogTimes
    """The same of all invocations."""
    measurements: pd.DataFrame
    """The rows of the oracles, with `role`."""
    errors: Mapping[str, str]
    """The last error by role, of invocations that gave no result."""
    cpus: int

    @classmethod
    def of(cls, run: Mapping[str, Any], invocations: pd.DataFrame, measurements: pd.DataFrame) -> Evidence:
        """Picks the oracles out of a bundle's tables."""
        rows = with_columns(invocations, ("invocation", "oracle", "n_tasks", "status", "error"))
        rows = rows[rows["oracle"].notna()]
        role = rows.set_index("invocation")["oracle"]
        timed = times(rows, measurements)
        timed = timed.assign(
            role=timed["invocation"].map(role),
            n_tasks=timed["invocation"].map(rows.set_index("invocation")["n_tasks"]).astype("float64"),
        )
        told = with_columns(measurements, ("invocation", "metric", "method", "value"))
        told = told[told["invocation"].isin(rows["invocation"])]
        bad = rows[~rows["status"].isin(("ok", "contaminated"))]
        return cls(
            cases={case["oracle"]: case for case in run.get("cases") or () if case.get("oracle")},
            times=timed,
            logs=_logs(timed[~timed["contaminated"]]),
            disturbed_logs=_logs(timed),
            measurements=told.assign(role=told["invocation"].map(role)),
            errors=dict(zip(bad["oracle"], bad["error"], strict=True)),
            cpus=int((run.get("machine") or {}).get("effective_cpus") or 1),
        )

    def busy_cpus(self, role: str) -> float:
        """CPU seconds per second of the steady phase, the median of the invocations; NaN where that isn't known."""
        rows = self.times[self.times["role"] == role]
        return float((rows["cpu_steady_s"] / rows["steady_s"]).median())

    def not_run(self, name: str, expected: str, *roles: str) -> Outcome:
        """The outcome of an oracle whose cases have no result, with the reason."""
        reasons = [self.errors.get(role) or (self.cases.get(role) or {}).get("unsupported") for role in roles]
        reason = next((str(reason) for reason in reasons if reason), TOO_FEW)
        return Outcome(name, expected, "", NOT_RUN, reason=reason)

    def peaks(self, role: str) -> pd.DataFrame:
        """The rows about the peak memory of a role's invocations."""
        rows = self.measurements
        return rows[(rows["role"] == role) & (rows["metric"] == "peak_memory") & rows["value"].notna()]


def _logs(timed: pd.DataFrame) -> LogTimes:
    return log_times(timed.assign(case_id=timed["role"]), "steady_s")
