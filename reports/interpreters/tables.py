"""Frames about interpreters to tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.analysis.interpreters.side_by_side import SideBySide
from pipeline.analysis.interpreters.start_up import BARE, POOL
from pipeline.analysis.winners import INVALID
from reports import numbers
from reports.document import Cell, Column, Table, clean, code, words
from reports.interpreters.names import what_it_is
from reports.tables import number_cell, speedup_cell, text_cell

Row = Mapping[Any, Any]
Names = Mapping[str, str]
MOST_POOLS = 3
FIRST_SHOWN = ("threads", "processes", "subinterpreters")
NOTHING: Row = {}


def overview(found: SideBySide, names: Names, *, name: str) -> Table:
    """A row per interpreter: its cost in one thread, its start, its memory, and what one more worker adds."""
    slopes = found.worker_memory.dropna(subset=["worker_bytes"])
    pools = _shown_pools(slopes)
    rows = []
    for interpreter in found.measured:
        bare = _first(found.start_up, interpreter, what=BARE)
        peak = _first(found.memory.sort_values("n", ascending=False, kind="stable"), interpreter)
        own = slopes[slopes["interpreter"] == interpreter].sort_values("n", ascending=False, kind="stable")
        rows.append(
            (
                text_cell(names[interpreter], note=what_it_is(found.facts.get(interpreter) or {}), style="code"),
                _one_thread(found, interpreter),
                _with_ratio(bare, "seconds", numbers.seconds),
                _with_ratio(peak, "peak_bytes", numbers.size),
                *(_slope(_first(own, interpreter, label=label)) for label in pools.values()),
            )
        )
    reference = names[str(found.reference)]
    return Table(
        name=name,
        caption=words("The interpreters side by side; ratios are over ", code(reference), ", with 95 % intervals."),
        columns=(
            Column("Interpreter", weight=2.0),
            Column("One thread", "right", weight=1.0),
            Column("Start", "right", weight=1.7),
            Column("Memory", "right", weight=1.7),
            *(Column(f"Per worker, {clean(strategy, 30)}", "right", weight=1.6) for strategy in pools),
        ),
        rows=tuple(rows),
        cards=True,
        note=words(
            "One thread: time of all computing work together under ", "serial; above 1 is slower. Start: from starting "
            "the program to its first task, the measuring code included. Memory: peak of the lightest serial case. Per "
            "worker: what one more of them adds to a ready pool.",
        ),
    )  # fmt: skip


def one_thread(found: SideBySide, names: Names, *, name: str) -> Table:
    """The numbers behind the cost of one thread: a row per pair of interpreters and kind of work."""
    frame = found.single_thread
    rows = [
        (
            text_cell(names[row["interpreter"]], note=f"against {names[row['against']]}", style="code"),
            text_cell("all computing work" if row["whole"] else row["workload"], note=_setting(row)),
            number_cell(row["time_s"], numbers.seconds(row["time_s"])),
            number_cell(row["against_s"], numbers.seconds(row["against_s"])),
            _ratio(row),
            number_cell(row["mde"], numbers.percent(row["mde"]) if row["mde"] < 10 else numbers.MISSING),
            number_cell(row["n"], str(row["n"])),
            _verdict(found, row["outcome"], note="" if row["agree"] else "the intervals contradict each other"),
        )
        for row in frame.to_dict("records")
    ]
    return Table(
        name=name,
        caption=words(
            "Serial under one interpreter against serial under another, paired within blocks; above 1 is slower."
        ),
        columns=(
            Column("Interpreter", weight=1.9),
            Column("Work", weight=1.4),
            Column("Time", "right"),
            Column("Against", "right"),
            Column("Ratio", "right", weight=1.3),
            Column("Detectable", "right", weight=0.95),
            Column("Blocks", "right", weight=0.7),
            Column("Verdict", weight=1.6),
        ),
        rows=tuple(rows),
        folded=True,
        note=words(
            "Detectable: the smallest difference that would probably have been found, with the correction for all rows."
        ),
    )


def threads(found: SideBySide, names: Names, *, name: str) -> Table:
    """The numbers behind the figure: a row per kind of work, number of threads and interpreter."""
    works = ["workload", "setting", "workers"]
    rows = [
        (
            text_cell(row["workload"], note=row["setting"], style="code"),
            number_cell(row["workers"], str(row["workers"])),
            text_cell(names[row["interpreter"]], style="code"),
            speedup_cell(row),
            _gain(row),
            _verdict(found, row["outcome"]),
        )
        for _, group in found.scaling.groupby(works, sort=False, dropna=False)
        for row in group.to_dict("records")
    ]
    return Table(
        name=name,
        caption=words(
            "Threads over serial under each interpreter, and that speed-up over the one under ",
            code(names[str(found.reference)]), ", paired within blocks.",
        ),
        columns=(
            Column("Work", weight=1.4),
            Column("Threads", "right", weight=0.7),
            Column("Interpreter", weight=1.9),
            Column("Speed-up", "right", weight=1.4),
            Column("Beside the reference", "right", weight=1.4),
            Column("Verdict", weight=1.2),
        ),
        rows=tuple(rows),
        folded=True,
    )  # fmt: skip


def pools(found: SideBySide, names: Names, *, name: str) -> Table:
    """Start-up of every kind of pool under each interpreter, and what one more worker adds in memory."""
    frame = found.start_up[(found.start_up["what"] == POOL) & found.start_up["seconds"].notna()]
    slopes = found.worker_memory.sort_values("n", ascending=False, kind="stable")
    rows = []
    for _, group in frame.groupby(["label", "workers"], sort=False, dropna=False):
        for row in group.to_dict("records"):
            slope = _first(slopes, row["interpreter"], label=row["label"])
            rows.append(
                (
                    text_cell(row["label"], strategy=str(row["strategy"])),
                    number_cell(row["workers"], str(row["workers"])),
                    text_cell(names[row["interpreter"]], style="code"),
                    number_cell(
                        row["seconds"], numbers.seconds(row["seconds"]), note=_ends(row, "seconds", numbers.seconds)
                    ),
                    _ratio(row),
                    _slope(slope),
                )
            )
    return Table(
        name=name,
        caption=words("Until a pool is ready, over all kinds of work, and the memory of one more worker."),
        columns=(
            Column("Strategy", weight=1.7),
            Column("Workers", "right", weight=0.8),
            Column("Interpreter", weight=1.7),
            Column("Start-up", "right", weight=1.5),
            Column("Ratio", "right", weight=1.3),
            Column("Per extra worker", "right", weight=1.6),
        ),
        rows=tuple(rows),
        folded=True,
    )


def _shown_pools(slopes: pd.DataFrame) -> dict[str, str]:
    """One label for each of the strategies that a reader asks for first."""
    known = slopes.sort_values("label").drop_duplicates("strategy").set_index("strategy")["label"]
    ordered = [
        *(name for name in FIRST_SHOWN if name in known),
        *(name for name in known.index if name not in FIRST_SHOWN),
    ]
    return {name: str(known[name]) for name in ordered[:MOST_POOLS]}


def _one_thread(found: SideBySide, interpreter: str) -> Cell:
    """The ratio to the reference of all computing work, or of the only kind of it."""
    if interpreter == found.reference:
        return number_cell(1.0, "1", note="reference")
    frame = found.single_thread
    own = frame[(frame["against"] == found.reference) & frame["computing"]]
    return _ratio(_first(own, interpreter))


def _verdict(found: SideBySide, outcome: str, note: str = "") -> Cell:
    return text_cell(INVALID, style="warning") if found.invalid else text_cell(outcome, note=note)


def _ratio(row: Row) -> Cell:
    value = row.get("ratio", float("nan"))
    if numbers.missing(value):
        return number_cell(None, numbers.MISSING)
    return number_cell(value, f"{numbers.ratio(value)}{numbers.TIMES}", note=numbers.interval(row["low"], row["high"]))


def _gain(row: Row) -> Cell:
    value = row["gain"]
    if numbers.missing(value):
        return number_cell(None, numbers.MISSING)
    ends = numbers.interval(row["gain_low"], row["gain_high"])
    return number_cell(value, f"{numbers.ratio(value)}{numbers.TIMES}", note=ends)


def _with_ratio(row: Row, value: str, write: Any) -> Cell:
    """A value, and in the second line how many times the reference's it is."""
    if numbers.missing(row.get(value)):
        return number_cell(None, numbers.MISSING)
    ends = numbers.interval(row["low"], row["high"])
    note = f"{numbers.ratio(row['ratio'])}{numbers.TIMES}, {ends}" if ends else ""
    return number_cell(row[value], write(row[value]), note=note)


def _slope(row: Row) -> Cell:
    if numbers.missing(row.get("worker_bytes")):
        return number_cell(None, numbers.MISSING)
    return number_cell(row["worker_bytes"], numbers.size(row["worker_bytes"]), note=_ends(row, "worker", numbers.size))


def _ends(row: Row, prefix: str, write: Any) -> str:
    low, high = row[f"{prefix}_low"], row[f"{prefix}_high"]
    return "" if numbers.missing(low) or numbers.missing(high) else f"{write(low)} to {write(high)}"


def _setting(row: Row) -> str:
    return "" if row["whole"] or numbers.missing(row["setting"]) else str(row["setting"])


def _first(frame: pd.DataFrame, interpreter: str, **equal: Any) -> Row:
    """The first row about an interpreter, with these values; empty if there is none."""
    rows = frame[frame["interpreter"] == interpreter]
    for column, value in equal.items():
        rows = rows[rows[column] == value]
    return NOTHING if rows.empty else rows.iloc[0].to_dict()
