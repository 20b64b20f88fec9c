"""How good the data are: what failed, what wavers, what each case was stopped by, which checks contradict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.frames import text_or_none, with_columns
from pipeline.analysis.invocation_times import CONTAMINATED, MEMORY, OK, TIMING

UNSTABLE_CV = 0.10
"""Spread between invocations from which a case is called unstable."""


def statuses(invocations: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """One row per case, pass and status that occurred.

    Returns:
        The columns of `cases`, `pass`, `status`, `n` (invocations) and `error` (the most frequent message,
        missing if there is none).
    """
    keys = ["case_id", "pass", "status"]
    rows = with_columns(invocations, (*keys, "error"))[[*keys, "error"]]
    told = rows[rows["error"].notna()].groupby(keys, sort=False)["error"]
    errors = {key: _most_frequent(messages) for key, messages in told}
    sizes = rows.groupby(keys, sort=False).size().reset_index(name="n")
    counts = [(*key, n, errors.get(tuple(key))) for *key, n in sizes.itertuples(index=False)]
    frame = pd.DataFrame(counts, columns=[*keys, "n", "error"])
    texts = dict.fromkeys(("case_id", "pass", "status", "error"), "str")
    return described.merge(frame.astype({"n": "int64"} | texts), on="case_id", how="inner")


def not_measured(invocations: pd.DataFrame, described: pd.DataFrame, run: Mapping[str, Any]) -> pd.DataFrame:
    """One row per case that has no timing result, and per exclusion of the configuration, with the reason.

    Returns:
        The columns of `cases` (missing for exclusions), `kind` (`excluded`, `not run`, or the status of its
        invocations, the most frequent one) and `reason`. For exclusions `name` is what was excluded, in
        words.
    """
    needed = ["case_id", "pass", "status", "error"]
    rows = with_columns(invocations, needed)[needed]
    timing = rows[rows["pass"] != MEMORY]
    measured = set(timing.loc[timing["status"].isin((OK, CONTAMINATED)), "case_id"])
    rows, timing = (part[~part["case_id"].isin(measured)] for part in (rows, timing))
    # Where a case was given up before its first timing, what happened to its memory pass says why.
    groups = dict(list(rows.groupby("case_id", sort=False))) | dict(list(timing.groupby("case_id", sort=False)))
    planned = {case["case_id"]: case for case in run.get("cases") or ()}
    reasons = {
        case_id: _why(groups.get(case_id), planned.get(case_id, {}))
        for case_id in described["case_id"]
        if case_id not in measured
    }
    frame = described[described["case_id"].isin(list(reasons))].reset_index(drop=True)
    frame["kind"] = pd.Series([reasons[case_id][0] for case_id in frame["case_id"]], dtype="str")
    frame["reason"] = pd.Series([reasons[case_id][1] for case_id in frame["case_id"]], dtype="str")
    excluded = [
        {
            "name": text_or_none(each.get("case")),
            "kind": "excluded",
            "reason": text_or_none(each.get("reason")),
        }
        for each in run.get("excluded") or ()
    ]
    if not excluded:
        return frame
    added = pd.DataFrame(excluded, columns=frame.columns)
    return (
        added.astype(dict.fromkeys(("name", "kind", "reason"), "str"))
        if frame.empty
        else pd.concat([frame, added], ignore_index=True)
    )


def _why(rows: pd.DataFrame | None, planned: Mapping[str, Any]) -> tuple[str, str | None]:
    if rows is not None and len(rows):
        status = str(rows["status"].mode().iloc[0])
        return status, _most_frequent(rows.loc[rows["status"] == status, "error"])
    if planned.get("unsupported"):
        return "unsupported", str(planned["unsupported"])
    stopped_by = text_or_none(planned.get("stopped_by"))
    return "not run", f"the run ended before its turn ({stopped_by})" if stopped_by else "the run ended first"


def stability(invocations: pd.DataFrame, measurements: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """One row per case with a timing result: how much its steady phase wavers.

    Returns:
        The columns of `cases`, `n` (invocations), `iterations` (of all of them), `cv_between` (coefficient of
        variation of the invocations' medians, drift of the machine included; NaN for one invocation),
        `cv_within` (root mean square of the coefficients of variation within each invocation; NaN for one
        iteration each) and `unstable` (`cv_between` above `UNSTABLE_CV`).
    """
    rows = with_columns(invocations, ("invocation", "pass", "status"))[["invocation", "pass", "status"]]
    told = rows["status"].isin((OK, CONTAMINATED))
    counted = rows.loc[told & (rows["pass"] == TIMING), "invocation"]
    values = with_columns(measurements, ("case_id", "invocation", "phase", "metric", "value"))
    steady = values[(values["phase"] == "steady") & (values["metric"] == "wall")]
    steady = steady[steady["invocation"].isin(counted)]
    by_invocation = steady.groupby(["case_id", "invocation"])["value"].agg(["median", "mean", "std", "count"])
    by_invocation["square"] = (by_invocation["std"] / by_invocation["mean"]) ** 2
    by_case = by_invocation.groupby("case_id")
    median = by_case["median"]
    frame = pd.DataFrame(
        {
            "n": median.size(),
            "iterations": by_case["count"].sum(),
            "cv_between": median.std() / median.mean(),
            "cv_within": np.sqrt(by_case["square"].mean()),
        }
    )
    frame["unstable"] = frame["cv_between"] > UNSTABLE_CV
    types = {"n": "int64", "iterations": "int64", "cv_between": "float64", "cv_within": "float64"}
    merged = described.merge(
        frame.astype(types).rename_axis("case_id").reset_index().astype({"case_id": "str"}), on="case_id"
    )
    return merged.astype({"unstable": "bool"})


def stops(run: Mapping[str, Any], described: pd.DataFrame) -> pd.DataFrame:
    """One row per planned case.

    Returns:
        The columns of `cases`, `stopped_by` (missing: it never ran) and `timing_invocations`.
    """
    rows = [
        (str(case.get("case_id")), text_or_none(case.get("stopped_by")), case.get("timing_invocations") or 0)
        for case in run.get("cases") or ()
    ]
    frame = pd.DataFrame(rows, columns=["case_id", "stopped_by", "timing_invocations"])
    typed = frame.astype({"case_id": "str", "stopped_by": "str", "timing_invocations": "int64"})
    return described.merge(typed, on="case_id", how="inner")


def gil_contradictions(
    invocations: pd.DataFrame, described: pd.DataFrame, interpreters: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """One row per case whose workers report a GIL although the interpreter started without: something switched it on.

    Returns:
        The columns of `cases`; `n`, the number of invocations that reported it: what they measured is a build with
        a GIL; and `by`, the modules that did it, missing where none is known.
    """
    without = [name for name, facts in interpreters.items() if facts.get("gil_enabled") is False]
    rows = with_columns(invocations, ("case_id", "interpreter", "gil_enabled", "gil_enabled_by"))
    found = rows[rows["interpreter"].isin(without) & rows["gil_enabled"].eq(other=True).fillna(value=False)]
    records = [
        (str(case_id), len(group), ", ".join(map(str, group["gil_enabled_by"].dropna().unique())) or None)
        for case_id, group in found.groupby("case_id")
    ]
    counts = pd.DataFrame(records, columns=["case_id", "n", "by"])
    return described.merge(counts.astype({"case_id": "str", "n": "int64", "by": "str"}), on="case_id", how="inner")


def _most_frequent(messages: pd.Series[Any]) -> str | None:
    counts = messages.dropna().value_counts()
    return str(counts.index[0]) if len(counts) else None
