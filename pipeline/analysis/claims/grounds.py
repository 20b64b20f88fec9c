"""What a run knows about one interpreter, in the shapes that the claims ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.claims.finding import PAIRED_T, TIMES, Finding, Wanted
from pipeline.analysis.frames import missing, prefixed, with_columns
from pipeline.analysis.invocation_times import LogTimes, log_times
from pipeline.analysis.memory import worker_memory_slopes
from pipeline.analysis.oracles.evidence import Evidence
from pipeline.analysis.speedups import Estimator, estimator
from pipeline.analysis.summary import Recorded, Summary
from pipeline.config.claims import ClaimMargins, margins_of
from pipeline.plan.oracles import ONE_CPU_PROCESSES, ONE_CPU_SERIAL
from pipeline.statistics.ratio import RatioEstimate, log_ratio

RESIDENT = "resident"
FEWEST_BLOCKS = 2
"""With fewer there is no interval."""
WORKERS, WORK, START_METHOD, STRATEGY = "number of workers", "kind of work", "start method", "strategy"
"""What claims may depend on, in words."""
SWEPT = ("param_task_time", "param_payload")
Row = dict[str, Any]


@dataclass(frozen=True)
class Grounds:
    """The frames are those of `Summary`, without the other interpreters."""

    interpreter: str
    facts: Mapping[str, Any]
    """What the interpreter says of itself."""
    margins: ClaimMargins
    cpus: int
    """Effective CPUs."""
    machine: Mapping[str, Any]
    """Facts about the machine."""
    cases: pd.DataFrame
    speedups: pd.DataFrame
    costs: pd.DataFrame
    slopes: pd.DataFrame
    """`worker_memory_slopes` of empty tasks."""
    readings: pd.DataFrame
    """One row per counted timing invocation and metric of a workload: the columns of `cases`, `invocation`, `block`,
    `metric`, `median` and `total` over the iterations."""
    unmeasured: pd.DataFrame
    """`not_measured`."""
    steady: LogTimes
    startup: LogTimes
    estimate: Estimator
    one_cpu: Finding | None
    """Two processes confined to one CPU, against serial there: the negative control; None if not measured."""

    @property
    def has_lock(self) -> bool:
        """Whether the interpreter runs with the GIL; where nothing is said, it does."""
        return self.facts.get("gil_enabled") is not False

    def several(self, workers: int) -> int:
        """How many CPUs that many workers can use."""
        return min(workers, self.cpus)

    def parallel(self, workloads: Sequence[str], strategies: Sequence[str], use: str = RESIDENT) -> list[Row]:
        """Speed-ups of several workers for these kinds of work, each with an interval; without swept task lengths."""
        rows = self.speedups[(self.speedups["use"] == use) & (self.speedups["n"] >= FEWEST_BLOCKS)]
        rows = rows[rows["workload"].isin(workloads) & rows["strategy"].isin(strategies) & (rows["workers"] > 1)]
        for name in SWEPT:
            rows = rows[rows[name].isna()] if name in rows else rows
        return records(rows)

    def computing(self, workloads: Sequence[str], strategies: Sequence[str]) -> list[Row]:
        """Those of `parallel` that have no more workers than CPUs."""
        return [row for row in self.parallel(workloads, strategies) if row["workers"] <= self.cpus]

    def told(self, workload: str, **parameters: object) -> pd.DataFrame:
        """The readings of a workload whose cases have these values; a value of None stands for one that isn't set."""
        rows = self.readings[self.readings["workload"] == workload]
        return rows[_matching(rows, parameters)]

    def planned(self, workloads: Sequence[str]) -> bool:
        """Whether the run has a case of one of these kinds of work."""
        return bool(self.cases["workload"].isin(workloads).any())

    def why_not(self, workloads: Sequence[str]) -> tuple[str, str] | None:
        """Why cases of these workloads have no result: kind and reason, the most frequent; None if all have one.

        What could not be run here counts only if that is so of all of them.
        """
        rows = self.unmeasured[self.unmeasured["workload"].isin(workloads)]
        if rows.empty:
            return None
        possible = rows[rows["kind"] != "unsupported"]
        rows = possible if len(possible) else rows
        kind = str(rows["kind"].mode().iloc[0])
        reasons = rows.loc[rows["kind"] == kind, "reason"].dropna()
        return kind, str(reasons.mode().iloc[0]) if len(reasons) else kind


def grounds_of(bundle: Recorded, summary: Summary) -> Iterator[Grounds]:
    """For each interpreter of a loaded bundle, in the order of its cases.

    Raises:
        UserError: the bundle's margins can't be read.
    """
    run, described = bundle.run, summary.cases
    machine = run.get("machine") or {}
    margins, readings = margins_of(run), _readings(bundle, summary)
    empty = described[described["workload"] == "noop"]
    slopes = worker_memory_slopes(empty, bundle.invocations, bundle.measurements)
    one_cpu = _one_cpu(bundle, margins)
    steady, startup = log_times(summary.times, "steady_s"), log_times(summary.times, "startup_s")
    for name in described["interpreter"].dropna().unique():

        def own(frame: pd.DataFrame, name: str = name) -> pd.DataFrame:
            return frame[frame["interpreter"] == name]

        yield Grounds(
            interpreter=str(name),
            facts=(run.get("interpreters") or {}).get(name) or {},
            margins=margins,
            cpus=int(machine.get("effective_cpus") or 1),
            machine=machine.get("facts") or {},
            cases=own(described),
            speedups=own(summary.speedups),
            costs=own(summary.costs),
            slopes=own(slopes),
            readings=own(readings),
            unmeasured=own(summary.not_measured),
            steady=steady,
            startup=startup,
            estimate=estimator((run.get("config") or {}).get("measure") or {}),
            one_cpu=one_cpu,
        )


def first(group: pd.DataFrame) -> Row:
    """The first row of a frame that has one: what its rows have in common."""
    return records(group.iloc[:1])[0]


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def parameter(row: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """A parameter's value, or the default where the case has none."""
    value = row.get(f"param_{name}")
    return default if missing(value) else value


def case_words(row: Row) -> str:
    """A case in short: `int_loop, processes (fork) × 2`."""
    return ", ".join(filter(None, (" ".join(filter(None, (row["workload"], row["setting"]))), row["name"])))


def case_factors(row: Row) -> dict[str, str]:
    """What a claim may depend on, of a case."""
    work = " ".join(filter(None, (row["workload"], row["setting"])))
    method = {} if missing(row["start_method"]) else {START_METHOD: str(row["start_method"])}
    return {WORK: work, WORKERS: f"{row['workers']} workers", STRATEGY: str(row["strategy"]), **method}


def speedup_finding(row: Row, quantity: str = "speed-up over serial", **more: Any) -> Finding:
    """The speed-up of a row of `speedups`."""
    more.setdefault("factors", case_factors(row))
    numbers = (row["speedup"], row["low"], row["high"], int(row["n"]))
    return Finding(case_words(row), quantity, TIMES, *numbers, PAIRED_T, **more)


def ratio_finding(found: RatioEstimate, stratum: str, quantity: str, **more: Any) -> Finding:
    """A ratio of two cases."""
    return Finding(stratum, quantity, TIMES, found.ratio, *found.ends, found.n, PAIRED_T, **more)


def paired(logs: LogTimes, over: str, under: str, estimate: Estimator = log_ratio) -> RatioEstimate:
    """How many times as large as the second the first case's value is, paired by block."""
    if over not in logs or under not in logs:
        return estimate(np.empty(0))
    differences = logs[over] - logs[under]
    return estimate(differences[np.isfinite(differences)])


def _matching(rows: pd.DataFrame, parameters: Mapping[str, Any]) -> pd.Series[bool]:
    fits = pd.Series(data=True, index=rows.index, dtype="bool")
    for name, value in parameters.items():
        column = (
            rows[f"param_{name}"] if f"param_{name}" in rows else pd.Series(data=None, index=rows.index, dtype="str")
        )
        fits &= column.isna() if value is None else column.eq(value).fillna(value=False).astype("bool")
    return fits


def _readings(bundle: Recorded, summary: Summary) -> pd.DataFrame:
    counted = summary.times[["invocation", "block"]]
    values = with_columns(bundle.measurements, ("case_id", "invocation", "phase", "metric", "value", "method"))
    values = values[values["method"] == "workload"].merge(counted, on="invocation", how="inner")
    keys = ["case_id", "invocation", "block", "metric"]
    grouped = values.groupby(keys, dropna=False, sort=False)["value"]
    told = pd.DataFrame({"median": grouped.median(), "total": grouped.sum()}).reset_index()
    kept = [name for name in summary.cases.columns if name not in prefixed(summary.cases, "option_")]
    return told.merge(summary.cases[kept], on="case_id", how="inner")


def _one_cpu(bundle: Recorded, margins: ClaimMargins) -> Finding | None:
    logs = Evidence.of(bundle.run, bundle.invocations, bundle.measurements).disturbed_logs
    found = paired(logs, ONE_CPU_SERIAL, ONE_CPU_PROCESSES)
    if found.n < FEWEST_BLOCKS:
        return None
    wanted: Wanted = {"margin": margins.no_speedup, "side": "<", "control": True}
    return ratio_finding(found, "int_loop, 2 processes confined to one CPU", "speed-up over serial", **wanted)
