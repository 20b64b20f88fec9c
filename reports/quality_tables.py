"""Frames about the quality of the data to tables."""

from __future__ import annotations

import re

import pandas as pd

from reports import numbers
from reports.document import Cell, Column, Table, clean, words
from reports.tables import number_cell, pool_cell, speedup_cell, text_cell, unique, without_empty

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)")
MOST_UNSTABLE = 10
"""Unstable cases that are listed."""
DISTURBANCES = {
    "steal": "CPU time taken by other machines on the host",
    "foreign": "CPU time used by other processes",
    "slow": "a small piece of work before each invocation, times its fastest tenth",
    "memory_pressure": "time in which something waited for memory",
    "pressure": "time in which something waited for a CPU",
    "throttled": "periods held back by the CPU quota, per second",
    "involuntary_switches": "involuntary context switches, per second",
    "load_1min": "load average before an invocation",
}


def noise(frame: pd.DataFrame, *, name: str) -> Table:
    """What else the machine was doing."""
    rows = []
    for row in frame.to_dict("records"):
        write = numbers.percent if row["unit"] == "share" else numbers.digits
        rows.append(
            (
                Cell(DISTURBANCES.get(str(row["disturbance"]), clean(row["disturbance"]))),
                *(number_cell(row[value], write(row[value])) for value in ("median", "p95", "maximum")),
                number_cell(row["n"], str(row["n"])),
            )
        )
    return Table(
        name=name,
        caption=words(f"What else the machine was doing. {numbers.MISSING}: the machine doesn't tell."),
        columns=(
            Column("Disturbance", weight=3.4),
            Column("Median", "right"),
            Column("95 % of invocations below", "right", weight=1.4),
            Column("Highest", "right"),
            Column("Invocations", "right"),
        ),
        rows=tuple(rows),
    )


def oracles(frame: pd.DataFrame, *, name: str) -> Table:
    """The cases whose answer is known, with what was expected and what was found."""
    styles = {"failed": "warning", "passed": "strong"}
    rows = tuple(
        (
            text_cell(row["name"], style="strong"),
            text_cell(row["expected"]),
            text_cell(row["reading"] or None, note=row["reason"]),
            text_cell(row["status"], style=styles.get(str(row["status"]), "")),
            number_cell(row["n"], str(row["n"])),
        )
        for row in frame.to_dict("records")
    )
    return Table(
        name=name,
        caption=words("Oracles: cases whose answer is known. One that fails makes every verdict of the run invalid."),
        columns=(
            Column("Oracle", weight=1.5),
            Column("What must hold", weight=2.6),
            Column("Reading", weight=2.2),
            Column("Outcome", weight=0.9),
            Column("n", "right", weight=0.5),
        ),
        rows=rows,
        cards=True,
        note=words("Undecided: too noisy, or too few blocks, to tell. n: invocations, blocks or cases."),
    )


def second_estimates(plain: pd.DataFrame, controlled: pd.DataFrame, *, name: str) -> Table:
    """The plain speed-up of each case beside the one with the machine's fluctuations taken out."""
    first = plain.set_index("case_id")
    rows = tuple(
        (
            text_cell(row["workload"], note=row["setting"], style="code"),
            pool_cell(row),
            speedup_cell(first.loc[row["case_id"]].to_dict()),
            speedup_cell(row),
            number_cell(row["width_ratio"], numbers.ratio(row["width_ratio"])),
            number_cell(row["n"], str(row["n"])),
        )
        for row in controlled.to_dict("records")
    )
    return Table(
        name=name,
        caption=words("Speed-up of a resident pool, plain and with the machine's fluctuations taken out."),
        columns=(
            Column("Work", weight=1.5),
            Column("Strategy", weight=1.8),
            Column("Plain", "right", weight=1.3),
            Column("Controlled", "right", weight=1.3),
            Column("Width, to plain", "right"),
            Column("Blocks", "right", weight=0.7),
        ),
        rows=rows,
        folded=True,
    )


def unstable(stability: pd.DataFrame, *, name: str, several_interpreters: bool) -> Table:
    """The cases that vary most, the most unstable first; the others are counted."""
    shown = stability.sort_values("cv_between", ascending=False)
    rows = [
        (
            text_cell(row["workload"], note=row["setting"], style="code"),
            pool_cell(row),
            text_cell(row["interpreter"] if several_interpreters else None),
            number_cell(row["cv_between"], numbers.percent(row["cv_between"])),
            number_cell(row["cv_within"], numbers.percent(row["cv_within"])),
            number_cell(row["n"], str(row["n"])),
        )
        for row in shown.head(MOST_UNSTABLE).to_dict("records")
    ]
    more = numbers.count(len(shown) - len(rows), "more case")
    table = Table(
        name=name,
        caption=words("Unstable cases, the worst first: those that vary by more than 10 % between invocations."),
        columns=(
            Column("Work", weight=1.5),
            Column("Strategy", weight=2.0),
            Column("Interpreter", weight=1.2),
            Column("Between invocations", "right", weight=1.2),
            Column("Within", "right"),
            Column("Invocations", "right"),
        ),
        rows=tuple(rows),
        note=words(f"And {more}: the table of every case says how much each varies.") if len(shown) > len(rows) else (),
    )
    return without_empty(table)


def mishaps(statuses: pd.DataFrame, *, name: str, several_interpreters: bool) -> Table | None:
    """Invocations that did not end well, with their most frequent message; None if all did.

    Disturbed ones were repeated, so they share a row per kind of disturbance.
    """
    bad = statuses[~statuses["status"].isin(["ok", "unsupported"])]
    if not len(bad):
        return None
    disturbed = bad["status"] == "contaminated"
    rows: list[tuple[Cell, ...]] = [
        (
            text_cell(row["workload"], note=row["setting"], style="code"),
            text_cell(
                row["name"], strategy=str(row["strategy"]), note=row["interpreter"] if several_interpreters else None
            ),
            text_cell(row["status"], style="warning"),
            number_cell(row["n"], str(row["n"])),
            text_cell(row["error"]),
        )
        for row in bad[~disturbed].to_dict("records")
    ]
    kinds = bad["error"].astype("object").map(lambda error: _NUMBER.sub("…", str(error)))
    rows += [_disturbed(group) for _, group in bad[disturbed].groupby(kinds, sort=False)]
    return Table(
        name=name,
        caption=words("Invocations that did not end well; disturbed ones were repeated."),
        columns=(
            Column("Work", weight=1.8),
            Column("Strategy", weight=1.8),
            Column("Status", weight=1.0),
            Column("Invocations", "right", weight=0.9),
            Column("Most frequent message", weight=2.6),
        ),
        rows=tuple(rows),
        cards=True,
    )


def _disturbed(group: pd.DataFrame) -> tuple[Cell, ...]:
    """The cases that were disturbed in the same way."""
    messages = sorted(set(group["error"].dropna().astype(str)))
    found = [number[0] for message in messages for number in _NUMBER.finditer(message)]
    amounts = sorted(set(found), key=float)
    message = messages[0] if messages else None
    if len(messages) > 1 and len(found) == len(messages):
        message = _NUMBER.sub(lambda _: f"{amounts[0]} to {amounts[-1]}", messages[0])
    total = int(group["n"].sum())
    return (
        text_cell(unique(group["workload"], most=3)),
        text_cell(unique(group["name"], most=3), note=numbers.count(len(group), "case") if len(group) > 1 else None),
        text_cell("contaminated"),
        number_cell(total, str(total)),
        text_cell(message),
    )


def stops(frame: pd.DataFrame, *, name: str) -> Table:
    """What stopped the cases, counted."""
    reasons = frame["stopped_by"].fillna("never ran")
    counted = frame.assign(reason=reasons).groupby("reason", sort=False)["timing_invocations"]
    rows = [
        (
            text_cell(reason),
            number_cell(group.size, str(group.size)),
            Cell(
                str(group.min()) if group.min() == group.max() else f"{group.min()} to {group.max()}",
                sort=float(group.max()),
            ),
        )
        for reason, group in counted
    ]
    return Table(
        name=name,
        caption=words("What stopped the measuring of each case."),
        columns=(
            Column("Stopped by", weight=2.5),
            Column("Cases", "right"),
            Column("Invocations each", "right", weight=1.3),
        ),
        rows=tuple(rows),
    )


def checksums(frame: pd.DataFrame, *, name: str, several_interpreters: bool) -> Table:
    """Groups in which the results can't be shown to be the same."""
    rows = [
        (
            text_cell(row["workload"], note=row["setting"], style="code"),
            text_cell(row["interpreter"] if several_interpreters else None),
            text_cell(row["results"], style="warning" if row["results"] == "different" else ""),
            text_cell(unique(row["differing"], most=4) or None),
        )
        for row in frame[frame["results"] != "same"].to_dict("records")
    ]
    table = Table(
        name=name,
        caption=words("Kinds of work whose results could not be shown to be the same under every strategy."),
        columns=(Column("Work", weight=1.5), Column("Interpreter"), Column("Results"), Column("Differing", weight=2.0)),
        rows=tuple(rows),
    )
    return without_empty(table)
