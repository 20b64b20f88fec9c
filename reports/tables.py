"""Frames to tables: which columns, which formats, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from pipeline.analysis.winners import NO_DIFFERENCE, NOT_MEASURED, SERIAL, WINNER
from reports import numbers
from reports.document import Cell, Column, Table, clean, words
from reports.sentences import marked_strategy

Row = Mapping[Any, Any]
TIMES = "\N{MULTIPLICATION SIGN}"
SHORT = {WINNER: "", SERIAL: "serial", NO_DIFFERENCE: "no reliable difference", NOT_MEASURED: "not measured"}


def number_cell(value: Any, text: str, *, note: str = "", style: Any = "") -> Cell:
    """A cell that sorts by its value; what wasn't measured is a dash and sorts last."""
    return Cell(text, note=note, sort="" if numbers.missing(value) else float(value), style=style)


def text_cell(value: Any, *, note: Any = "", strategy: str = "", style: Any = "") -> Cell:
    """A cell of text from the bundle."""
    shown = numbers.MISSING if numbers.missing(value) else clean(value)
    return Cell(shown, note="" if numbers.missing(note) else clean(note), strategy=strategy, style=style)


def decision(winners: pd.DataFrame, *, name: str, interpreter: str = "") -> Table:
    """The decision table: a row per kind of work, a resident pool beside a single batch.

    Args:
        winners: rows of one interpreter.
        name: the table's anchor.
        interpreter: named in the caption where there are several.
    """
    rows = []
    for _, group in winners.groupby(["workload", "setting", "baseline_id"], sort=False, dropna=False):
        by_use = {row["use"]: row for row in group.to_dict("records")}
        resident, one_shot = by_use.get("resident"), by_use.get("one_shot")
        first = resident if resident is not None else one_shot
        if first is None:
            continue
        peak, ready = (_of_choice(resident, value) for value in ("peak_bytes", "startup_s"))
        rows.append(
            (
                text_cell(first["workload"], note=first["setting"], style="code"),
                *_choice(resident),
                *_choice(one_shot),
                number_cell(peak, numbers.size(peak)),
                number_cell(ready, numbers.seconds(ready)),
            )
        )
    where = f" under {clean(interpreter, 60)}" if interpreter else ""
    return Table(
        name=name,
        caption=words(f"What to use{where}. Speed-ups are against serial, with 95 % intervals."),
        columns=(
            Column("Work", weight=1.5),
            Column("Resident pool", weight=1.9),
            Column("Speed-up", "right", weight=1.2),
            Column("Single batch", weight=1.9),
            Column("Speed-up", "right", weight=1.2),
            Column("Peak memory", "right", weight=1.05),
            Column("Start-up", "right", weight=1.0),
        ),
        rows=tuple(rows),
        cards=True,
        note=words(
            "Resident pool: the workers are there already. Single batch: start-up and shutdown count. "
            f"Peak memory and start-up are those of the resident choice. {numbers.MISSING}: not measured."
        ),
    )


def _choice(row: Row | None) -> tuple[Cell, Cell]:
    if row is None or row["outcome"] == NOT_MEASURED:
        return Cell("not measured", sort="~", style="warning"), number_cell(None, numbers.MISSING)
    if row["outcome"] == WINNER:
        cell = text_cell(row["recommended_name"], strategy=marked_strategy(row), style="strong")
        return cell, _speedup(row, "recommended_speedup", "recommended_low", "recommended_high")
    if row["outcome"] == SERIAL:
        note = f"next: {row['runner_up']}"
        return text_cell("serial", strategy="serial", style="strong", note=note), _speedup(
            row, "runner_up_speedup", "runner_up_low", "runner_up_high"
        )
    parallel = row["strategy"] != "serial"
    values = ("speedup", "low", "high") if parallel else ("runner_up_speedup", "runner_up_low", "runner_up_high")
    best = row["name"] if parallel else row["runner_up"]
    return text_cell(SHORT[NO_DIFFERENCE], note=f"best: {best}"), _speedup(row, *values)


def _of_choice(row: Row | None, value: str) -> Any:
    if row is None or row["outcome"] == NOT_MEASURED:
        return None
    return row[f"recommended_{value}"]


def _speedup(row: Row, value: str, low: str, high: str) -> Cell:
    return number_cell(row[value], numbers.ratio(row[value]) + TIMES, note=numbers.interval(row[low], row[high]))


def speedups(frame: pd.DataFrame, peaks: Mapping[str, float], *, name: str) -> Table:
    """The numbers behind the speed-up figures: a row per case, both uses."""
    rows = []
    for _, group in frame.groupby("case_id", sort=False):
        by_use = {row["use"]: row for row in group.to_dict("records")}
        resident, one_shot = by_use["resident"], by_use["one_shot"]
        peak = peaks.get(str(resident["case_id"]))
        rows.append(
            (
                text_cell(resident["workload"], note=resident["setting"], style="code"),
                text_cell(resident["name"], strategy=str(resident["strategy"])),
                number_cell(resident["time_s"], numbers.seconds(resident["time_s"])),
                _speedup(resident, "speedup", "low", "high"),
                number_cell(resident["efficiency"], numbers.percent(resident["efficiency"])),
                number_cell(one_shot["time_s"], numbers.seconds(one_shot["time_s"])),
                _speedup(one_shot, "speedup", "low", "high"),
                number_cell(peak, numbers.size(peak if peak is not None else float("nan"))),
                number_cell(resident["n"], str(resident["n"])),
            )
        )
    return Table(
        name=name,
        caption=words("Every case: time of one batch, speed-up against serial with 95 % interval, blocks compared."),
        columns=(
            Column("Work", weight=1.5),
            Column("Strategy", weight=2.0),
            Column("Resident", "right", weight=1.0),
            Column("Speed-up", "right", weight=1.25),
            Column("Efficiency", "right", weight=0.95),
            Column("Single batch", "right", weight=1.0),
            Column("Speed-up", "right", weight=1.25),
            Column("Peak", "right", weight=1.0),
            Column("Blocks", "right", weight=0.75),
        ),
        rows=tuple(rows),
        folded=True,
    )


def pools(frame: pd.DataFrame, *, name: str) -> Table:
    """What each kind of pool costs: medians over the kinds of work, with the range where it varies."""
    values = (
        ("startup_s", "Start-up", numbers.seconds),
        ("shutdown_s", "Shutdown", numbers.seconds),
        ("dispatch_s", "Per empty task", numbers.seconds),
        ("worker_bytes", "Memory per worker", numbers.size),
    )
    shown = [value for value in values if frame[value[0]].notna().any()]
    rows = []
    for row in frame.to_dict("records"):
        cells = [
            text_cell(row["label"], strategy=str(row["strategy"])),
            number_cell(row["workers"], str(row["workers"])),
        ]
        for value, _, write in shown:
            least, most = row[f"{value}_least"], row[f"{value}_most"]
            ends = "" if numbers.missing(least) or write(least) == write(most) else f"{write(least)} to {write(most)}"
            cells.append(number_cell(row[value], write(row[value]), note=ends))
        rows.append(tuple(cells))
    return Table(
        name=name,
        caption=words("What a pool costs: the median over the kinds of work, and from the lowest to the highest."),
        columns=(
            Column("Strategy", weight=1.8),
            Column("Workers", "right", weight=0.7),
            *(Column(title, "right", weight=1.5) for _, title, _ in shown),
        ),
        rows=tuple(rows),
        folded=True,
    )


def left_out(frame: pd.DataFrame, *, name: str, several_interpreters: bool) -> Table | None:
    """What was not measured, and why: cases with the same reason in one row; None if nothing was left out."""
    rows = []
    for (kind, reason), group in frame.groupby(["kind", "reason"], sort=False, dropna=False):
        names = unique(group["label"].astype(object).where(group["label"].notna(), group["name"]), most=3)
        works = unique(group["workload"], most=3)
        where = unique(group["interpreter"], most=2) if several_interpreters else ""
        cells = (
            text_cell(names),
            text_cell(works or numbers.MISSING, note=where and f"under {where}"),
            number_cell(len(group), str(len(group))),
            text_cell(kind),
            text_cell(reason),
        )
        rows.append(cells)
    if not rows:
        return None
    return Table(
        name=name,
        caption=words("What was not measured, and why."),
        columns=(
            Column("What", weight=2.0),
            Column("Work", weight=1.6),
            Column("Cases", "right", weight=0.6),
            Column("How", weight=0.9),
            Column("Why", weight=2.6),
        ),
        rows=tuple(rows),
        cards=True,
    )


def unique(values: Iterable[Any], *, most: int) -> str:
    """The different values in words, at most so many of them by name."""
    names = list(dict.fromkeys(clean(value, 60) for value in values if not numbers.missing(value)))
    return numbers.listing(names if len(names) <= most else [*names[:most], f"{len(names) - most} more"])
