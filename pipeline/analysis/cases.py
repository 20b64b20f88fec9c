"""The cases of a run: what each is, and the short names by which tables and figures call it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from experiments.catalogue import workloads
from experiments.workloads.base import Resource
from pipeline.analysis.frames import missing, prefixed, text_or_none, with_columns
from pipeline.analysis.settings import setting

IDENTITY = ("case_id", "baseline_id", "workload", "strategy", "start_method", "workers", "interpreter")


def cases(invocations: pd.DataFrame, planned: Iterable[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """One row per case that was planned or has an invocation.

    Args:
        invocations: the table of that name.
        planned: `cases` of `run.json`, which also names the cases that never came to run.

    Returns:
        The columns `IDENTITY`, `setting` (the parameters that vary between the cases of the workload, as
        short text), `label` (strategy with start method and whatever options vary: `processes (fork)`),
        `name` (label and workers: `processes (fork) × 2`; just `serial` for a baseline), `param_*` and
        `option_*`. In the order of the plan; without a plan sorted, baselines first within their group.
    """
    seen = with_columns(invocations, IDENTITY).drop_duplicates("case_id")
    seen = seen[[*IDENTITY, *prefixed(seen, "param_"), *prefixed(seen, "option_")]]
    plan = _planned_frame(planned)
    others = plan[~plan["case_id"].isin(seen["case_id"])]
    parts = [part for part in (seen, others) if len(part)]
    frame = _ordered(pd.concat(parts) if parts else seen, list(plan["case_id"]))
    settings, labels = _settings(frame), _labels(frame)
    names = [case_name(label, count) for label, count in zip(labels, frame["workers"], strict=True)]
    named = frame[list(IDENTITY)].assign(
        workers=frame["workers"].astype("Int64"),
        setting=pd.Series(settings, frame.index, dtype="str"),
        label=pd.Series(labels, frame.index, dtype="str"),
        name=pd.Series(names, frame.index, dtype="str"),
    )
    return named.join(frame[[*prefixed(frame, "param_"), *prefixed(frame, "option_")]])


def timed_for_themselves(described: pd.DataFrame) -> pd.DataFrame:
    """The cases whose time says something about their strategy; those that are there for their readings left out."""
    only_read = [name for name, class_ in workloads().items() if class_.needs == Resource.READINGS]
    return described[~described["workload"].isin(only_read)]


def case_name(label: str, workers: object) -> str:
    """How a case is called within its group: strategy and number of workers."""
    return label if label == "serial" or missing(workers) else f"{label} × {workers}"


def group_columns(described: pd.DataFrame) -> list[str]:
    """What cases that share a baseline have in common, as columns of `cases`."""
    return ["baseline_id", "workload", "setting", *prefixed(described, "param_"), "interpreter"]


def _planned_frame(planned: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    rows = []
    for case in planned:
        options = dict(case.get("options") or {})
        row = {name: case.get(name) for name in IDENTITY}
        row["start_method"] = options.pop("start_method", None)
        row |= {f"param_{name}": value for name, value in (case.get("parameters") or {}).items()}
        row |= {f"option_{name}": value for name, value in options.items()}
        rows.append(row)
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(IDENTITY))


def _ordered(frame: pd.DataFrame, plan: list[str]) -> pd.DataFrame:
    places = {case_id: place for place, case_id in enumerate(plan)}
    keyed = frame.assign(
        _place=[places.get(case_id, len(plan)) for case_id in frame["case_id"]],
        _parallel=frame["case_id"] != frame["baseline_id"],
    )
    own = ["interpreter", "_parallel", "strategy", "start_method", *prefixed(frame, "option_"), "workers"]
    keys = ["_place", "workload", *prefixed(frame, "param_"), *own]
    ordered = keyed.sort_values(keys, key=_sortable, na_position="first", ignore_index=True)
    return ordered[list(frame.columns)]


def _sortable(column: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers by size, anything else as text: a parameter of two workloads may be a number in one of them."""
    try:
        return pd.to_numeric(column)
    except (TypeError, ValueError):
        return column.astype("str")


def _settings(frame: pd.DataFrame) -> list[str]:
    varying = _varying(frame, "workload", "param_")
    return [
        setting(str(row["workload"]), {name[6:]: row[name] for name in varying[row["workload"]]})
        for row in frame.to_dict("records")
    ]


def _labels(frame: pd.DataFrame) -> list[str]:
    varying = _varying(frame, "strategy", "option_")
    labels = []
    for row in frame.to_dict("records"):
        method = text_or_none(row["start_method"])
        details = [] if method is None else [method]
        options = {name[7:]: row[name] for name in varying[row["strategy"]] if not missing(row[name])}
        details += [setting("", {name: value}) for name, value in options.items()]
        labels.append(f"{row['strategy']} ({', '.join(details)})" if details else str(row["strategy"]))
    return labels


def _varying(frame: pd.DataFrame, by: str, prefix: str) -> dict[Any, list[str]]:
    """The prefixed columns that have more than one value (missing is one) within each group."""
    names = prefixed(frame, prefix)
    return {
        key: [name for name in names if group[name].nunique(dropna=False) > 1]
        for key, group in frame.groupby(by, dropna=False, sort=False)
    }
