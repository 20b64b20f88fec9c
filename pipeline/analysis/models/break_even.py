"""From which length of a task and up to which payload a strategy pays: predicted from what it costs, and measured.

The prediction is the simple, cautious sum: a task of tau seconds pays if tau (1 - 1/P) is more than what is paid for
it, (A + D) / n for start-up and shutdown shared by n tasks (not by a resident pool), o for handing it out, and b / r
for its data. P is the number of workers, at most the CPUs, and for threads at most what the GIL allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from experiments.catalogue import workloads
from pipeline.analysis.invocation_times import USES, LogTimes, log_times
from pipeline.analysis.models.micro_costs import MicroCosts, micro_costs
from pipeline.analysis.models.series import POOL
from pipeline.statistics.crossing import (
    ALWAYS_ABOVE,
    NOWHERE_SURE,
    Crossing,
    crossing,
    mean_and_error,
    percentiles,
    resampled,
)
from pipeline.statistics.scaling import Interval, gil_bound

NAN = float("nan")
NOT_KNOWN: Interval = (NAN, NAN, NAN)
DURATION, PAYLOAD = "task duration", "payload"
AXES = {DURATION: "param_task_time", PAYLOAD: "param_payload"}
PARAMETERS = (*AXES.values(), "param_tasks", "param_size", "param_kind")
COLUMNS = (
    "interpreter", "workload", *POOL, "workers", "use", "axis", "against",
    "predicted", "predicted_low", "predicted_high", "measured", "measured_low", "measured_high", "points", "reason",
)  # fmt: skip
PAYS_ALWAYS, PAYS_NEVER = "pays at every measured {axis}", "pays at no measured {axis}"
UNDECIDED = "faster and slower can't be told apart over the whole range of the {axis}"
TWO_POINTS = "only one {axis} was measured"
NO_PARALLEL = "its workers take turns here, so no prediction"
TOO_DEAR = "by what it costs, tasks so short can't pay"
NO_COSTS = "what it costs wasn't measured"
SERIAL = "serial"


def break_evens(
    speedups: pd.DataFrame, costs: pd.DataFrame, times: pd.DataFrame, run: Mapping[str, Any]
) -> pd.DataFrame:
    """One row per strategy, number of workers, use, axis and rival, where a sweep of task durations or payloads is.

    Returns:
        `interpreter`, `workload`, `POOL`, `workers`, `use`, `axis` (`task duration`, in seconds under `serial`, from
        which on it pays; `payload`, in bytes per task, up to which it does), `against` (`serial`, or the runner-up's
        label), `predicted` and `measured` each with `_low` and `_high` (95 %), `points` (of the sweep) and `reason`
        (why one of them is missing).
    """
    rows: list[dict[str, Any]] = []
    speedups, costs = _narrow(speedups), _narrow(costs)
    for use, column in USES.items():
        logs = log_times(times, column)
        for axis, parameter in AXES.items():
            for sweep in _sweeps(speedups[speedups["use"] == use], parameter):
                rows += _sweep_rows(sweep, logs, use, axis, (speedups, costs, run))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _narrow(frame: pd.DataFrame) -> pd.DataFrame:
    """Only the columns that are needed here: a run of many workloads has a hundred of parameters."""
    return frame[
        [
            name
            for name in frame.columns
            if not name.startswith("option_") and (not name.startswith("param_") or name in PARAMETERS)
        ]
    ]


def _sweeps(speedups: pd.DataFrame, parameter: str) -> Iterator[pd.DataFrame]:
    """Rows that differ in nothing but the strategy, its workers and the parameter; with `place` on the axis."""
    if parameter not in speedups:
        return
    rows = speedups[speedups[parameter].notna() & speedups["speedup"].notna()]
    others = [name for name in AXES.values() if name != parameter and name in rows]
    for _, group in rows.groupby(["interpreter", "workload", *others], sort=False, dropna=False):
        tasks = pd.to_numeric(group["param_tasks"]).astype("float64")
        place = group["baseline_s"] / tasks if parameter == AXES[DURATION] else group[parameter].astype("float64")
        found = group.assign(place=place, tasks=tasks)
        several = found.groupby(["param_tasks", parameter], sort=False)["baseline_id"].nunique().max() > 1
        parts = [rows for _, rows in found.groupby("baseline_id", sort=False)] if several else [found]
        yield from (rows for rows in parts if rows[parameter].nunique() > 1)


def _sweep_rows(
    sweep: pd.DataFrame,
    logs: LogTimes,
    use: str,
    axis: str,
    source: tuple[pd.DataFrame, pd.DataFrame, Mapping[str, Any]],
) -> Iterator[dict[str, Any]]:
    parallel = sweep[sweep["strategy"] != SERIAL]
    curves = {
        key: rows.sort_values("place") for key, rows in parallel.groupby([*POOL, "workers"], dropna=False, sort=False)
    }
    for key, rows in curves.items():
        named = {**dict(zip((*POOL, "workers"), key, strict=True)), "use": use, "axis": axis}
        named |= {name: rows[name].iloc[0] for name in ("interpreter", "workload")}
        measured = _measured(rows, rows["baseline_id"], logs, axis)
        predicted, why = _predicted(rows, named, *source)
        reason = "; ".join(filter(None, [measured.reason and _in_words(measured, axis), why])) or None
        numbers = zip(("measured", "measured_low", "measured_high"), measured.place, strict=True)
        told = zip(("predicted", "predicted_low", "predicted_high"), predicted, strict=True)
        yield {**named, "against": SERIAL, "points": len(rows), "reason": reason, **dict(numbers), **dict(told)}
    yield from _against_runner_up(curves, logs, use, axis)


def _against_runner_up(
    curves: dict[Any, pd.DataFrame], logs: LogTimes, use: str, axis: str
) -> Iterator[dict[str, Any]]:
    """The two that are fastest where the strategy pays most: at the longest task, with the least payload."""
    at = -1 if axis == DURATION else 0
    order = sorted(curves, key=lambda key: -float(curves[key]["speedup"].iloc[at]))
    if len(order) < 2:
        return
    best, other = curves[order[0]], curves[order[1]].set_index("baseline_id")
    best = best[best["baseline_id"].isin(other.index)]
    if len(best) < 2:
        return
    found = _measured(best, other.loc[best["baseline_id"], "case_id"], logs, axis)
    row = dict(zip((*POOL, "workers"), order[0], strict=True)) | {
        name: best[name].iloc[0] for name in ("interpreter", "workload")
    }
    numbers = dict(zip(("measured", "measured_low", "measured_high"), found.place, strict=True))
    reason = _in_words(found, axis) if found.reason else None
    against = f"{order[1][0]} × {order[1][-1]}"
    yield {**row, "use": use, "axis": axis, "against": against, "points": len(best), "reason": reason, **numbers}


def _measured(rows: pd.DataFrame, rivals: pd.Series[Any], logs: LogTimes, axis: str) -> Crossing:
    """Where both take equally long, by straight lines between the measured times."""
    points = []
    for place, case, rival in zip(rows["place"], rows["case_id"], rivals, strict=True):
        if case in logs and rival in logs:
            difference = logs[rival] - logs[case]
            mean, error, degrees = mean_and_error(difference[np.isfinite(difference)])
            rival_s = float(np.exp(np.nanmean(logs[rival])))
            points += [(place, mean, error, degrees, rival_s)] if error == error else []
    if len(points) < 2:
        return Crossing(NOT_KNOWN, TWO_POINTS)
    return crossing(*np.array(points).T, rising=axis == DURATION)


def _in_words(found: Crossing, axis: str) -> str:
    words = {TWO_POINTS: TWO_POINTS, ALWAYS_ABOVE: PAYS_ALWAYS, NOWHERE_SURE: UNDECIDED}.get(found.reason, PAYS_NEVER)
    return words.format(axis=axis)


def _predicted(
    rows: pd.DataFrame, key: Mapping[str, Any], speedups: pd.DataFrame, costs: pd.DataFrame, run: Mapping[str, Any]
) -> tuple[Interval, str]:
    power = _parallelism(key, run)
    if power <= 1:
        return NOT_KNOWN, NO_PARALLEL
    own = costs[costs["case_id"].isin(rows["case_id"])]
    known = micro_costs(key, speedups, costs, own=own)
    tasks = float(rows["tasks"].iloc[0])
    task_s = float((rows["baseline_s"] / rows["tasks"]).median())
    found = percentiles(_formula(known, key, tasks, task_s, power))
    if not np.isfinite(found[0]):
        return NOT_KNOWN, NO_COSTS
    return (found if found[0] > 0 else NOT_KNOWN), ("" if found[0] > 0 else TOO_DEAR)


def _formula(known: MicroCosts, key: Mapping[str, Any], tasks: float, task_s: float, power: float) -> Any:
    rng = np.random.default_rng(0)
    dispatch = resampled(known.dispatch_s, rng)
    shared = resampled(known.start_and_stop_s, rng) / tasks if key["use"] == "one_shot" else 0.0
    if key["axis"] == DURATION:
        return (shared + dispatch) / (1 - 1 / power)
    rate = resampled(known.bytes_per_s, rng)
    return rate * (task_s * (1 - 1 / power) - dispatch - shared)


def _parallelism(key: Mapping[str, Any], run: Mapping[str, Any]) -> float:
    workers = int(key["workers"])
    cpus = int((run.get("machine") or {}).get("effective_cpus") or 1)
    facts = (run.get("interpreters") or {}).get(key["interpreter"]) or {}
    class_ = workloads().get(str(key["workload"]))
    held = class_.held_share({}) if class_ is not None else None
    if key["strategy"] in ("threads", "thread_per_task") and held and facts.get("gil_enabled", True):
        return min(gil_bound(held, workers), cpus)
    return float(min(workers, cpus))
