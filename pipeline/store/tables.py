"""The journal's entries to the two tidy tables; every column is described in docs/results.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

Entry = dict[str, Any]

INVOCATION_TYPES = {
    "run_id": "str",
    "case_id": "str",
    "baseline_id": "str",
    "invocation": "Int64",
    "block": "Int64",
    "order": "Int64",
    "pass": "str",
    "workload": "str",
    "strategy": "str",
    "start_method": "str",
    "workers": "Int64",
    "interpreter": "str",
    "oracle": "str",
    "status": "str",
    "error": "str",
    "exit_code": "Int64",
    "signal": "str",
    "started_at": "datetime64[us, UTC]",
    "duration_s": "float64",
    "gil_enabled": "boolean",
    "gil_enabled_by": "str",
    "python_version": "str",
    "n_tasks": "Int64",
    "task_size": "Int64",
    "checksum": "str",
    "wrong_results": "boolean",
    "results_vary": "boolean",
    "steal_s": "float64",
    "foreign_cpu_s": "float64",
    "pressure_s": "float64",
    "memory_pressure_s": "float64",
    "throttled": "Int64",
    "thermal_throttles": "Int64",
    "involuntary_switches": "Int64",
    "frequency_hz": "float64",
    "reference_s": "float64",
    "load_1min": "float64",
}
MEASUREMENT_TYPES = {
    "run_id": "str",
    "case_id": "str",
    "invocation": "Int64",
    "iteration": "Int64",
    "phase": "str",
    "metric": "str",
    "value": "float64",
    "unit": "str",
    "method": "str",
    "scope": "str",
    "flags": "str",
}
NOISE_COLUMNS = (
    "steal_s",
    "foreign_cpu_s",
    "pressure_s",
    "memory_pressure_s",
    "throttled",
    "thermal_throttles",
    "frequency_hz",
    "reference_s",
    "load_1min",
)
MEASURED = ("ok", "contaminated")
"""Statuses of invocations that told times."""


def invocations_table(run: Mapping[str, Any], entries: Iterable[Entry]) -> pd.DataFrame:
    """One row per invocation in the order of the journal, then one per unsupported case."""
    cases = {case["case_id"]: case for case in run["cases"]}
    rows = [_invocation_row(run, cases[entry["case_id"]], entry) for entry in _invocations(entries, cases)]
    first_free = 1 + max((row["invocation"] for row in rows), default=-1)
    unsupported = [case for case in run["cases"] if case["unsupported"] is not None]
    rows += [_unsupported_row(run, case, first_free + index) for index, case in enumerate(unsupported)]
    extra = sorted({name for row in rows for name in row} - INVOCATION_TYPES.keys())
    frame = pd.DataFrame(rows, columns=[*INVOCATION_TYPES, *extra], dtype="object")
    typed = {name: _typed(frame[name], kind) for name, kind in INVOCATION_TYPES.items()}
    return pd.DataFrame({**typed, **{name: _free(frame[name]) for name in extra}})


def measurements_table(run: Mapping[str, Any], entries: Iterable[Entry]) -> pd.DataFrame:
    """One row per invocation, iteration and metric, of the invocations that succeeded, disturbed or not."""
    cases = {case["case_id"]: case for case in run["cases"]}
    told = [entry for entry in _invocations(entries, cases) if entry["status"] in MEASURED]
    rows = [row for entry in told for row in _measured(entry)]
    frame = pd.DataFrame(rows, columns=list(MEASUREMENT_TYPES), dtype="object").assign(run_id=run["run_id"], flags="")
    return pd.DataFrame({name: _typed(frame[name], kind) for name, kind in MEASUREMENT_TYPES.items()})


def _invocations(entries: Iterable[Entry], cases: Mapping[str, Any]) -> list[Entry]:
    return [entry for entry in entries if entry["kind"] == "invocation" and entry["case_id"] in cases]


def _case_columns(run: Mapping[str, Any], case: Mapping[str, Any]) -> Entry:
    options = dict(case["options"])
    return {
        "run_id": run["run_id"],
        **{name: case[name] for name in ("case_id", "baseline_id", "workload", "strategy", "workers", "interpreter")},
        "start_method": options.pop("start_method", None),
        "oracle": case.get("oracle"),
        **{f"option_{name}": value for name, value in options.items()},
        **{f"param_{name}": value for name, value in case["parameters"].items()},
    }


def _invocation_row(run: Mapping[str, Any], case: Mapping[str, Any], entry: Entry) -> Entry:
    facts = entry["facts"]
    return {
        **_case_columns(run, case),
        **{name: entry[name] for name in ("invocation", "block", "order", "pass", "status", "error")},
        **{name: entry[name] for name in ("exit_code", "signal", "started_at", "duration_s", "task_size")},
        **{name: facts.get(name) for name in ("gil_enabled", "gil_enabled_by", "python_version")},
        **{name: facts.get(name) for name in ("n_tasks", "checksum")},
        **{name: entry["noise"].get(name) for name in NOISE_COLUMNS},
        "involuntary_switches": entry["involuntary_switches"],
        "wrong_results": facts.get("wrong_results"),
        "results_vary": facts.get("results_vary"),
    }


def _unsupported_row(run: Mapping[str, Any], case: Mapping[str, Any], invocation: int) -> Entry:
    return {
        **_case_columns(run, case),
        "invocation": invocation,
        "pass": "timing",
        "status": "unsupported",
        "error": case["unsupported"],
        "python_version": run["interpreters"].get(case["interpreter"], {}).get("version"),
    }


def _measured(entry: Entry) -> list[Entry]:
    common = {"case_id": entry["case_id"], "invocation": entry["invocation"]}
    rows = []
    for phase in entry["phases"]:
        where = {
            **common,
            "iteration": phase["iteration"],
            "phase": phase["phase"],
            "unit": "s",
            "scope": "tree",
        }
        rows.append({**where, "metric": "wall", "value": phase["wall"], "method": "perf_counter"})
        if phase["cpu"] is not None and phase["phase"] != "shutdown":
            rows.append({**where, "metric": "cpu", "value": phase["cpu"], "method": "cpu_clock"})
    total = {**common, "phase": "total", "unit": "s", "scope": "tree"}
    rows.append({**total, "metric": "wall", "value": entry["total_s"], "method": "supervisor"})
    rows.append({**total, "metric": "cpu", "value": entry["cpu_s"], "method": entry.get("cpu_method", "wait4")})
    rows += [{**common, **finding} for finding in entry["memory"]]
    for reading in entry.get("readings", ()):
        # Journals of older versions have no unit: all their readings are times.
        told = {"metric": reading["reading"], "value": reading["value"], "unit": reading.get("unit", "s")}
        where = {"iteration": reading["iteration"], "phase": "steady", "scope": "self", "method": "workload"}
        rows.append({**common, **where, **told})
    return rows


def _typed(values: pd.Series, kind: Any) -> pd.Series:
    if kind.startswith("datetime64"):
        return pd.to_datetime(pd.to_numeric(values), unit="s", utc=True).astype(kind)
    if kind == "str":
        return values.astype("object").where(values.notna(), None).astype("str")
    if kind == "float64":
        return pd.to_numeric(values, errors="coerce").astype(kind)
    return values.astype("object").where(values.notna(), pd.NA).astype(kind)


def _free(values: pd.Series) -> pd.Series:
    """A column whose type the configuration decides: whole numbers, numbers, or text."""
    known = [value for value in values if not _is_missing(value)]
    if all(isinstance(value, int) for value in known):
        return _typed(values, "Int64")
    if all(isinstance(value, (int, float)) for value in known):
        return _typed(values, "float64")
    return _typed(values.map(lambda value: None if _is_missing(value) else str(value)), "str")


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and value != value)
