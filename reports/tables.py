"""Frames to tables: which columns, which formats, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from pipeline.analysis.winners import INVALID, NO_DIFFERENCE, NOT_MEASURED, NOT_WORTHWHILE, SERIAL, WINNER
from reports import numbers
from reports.document import Cell, Column, Table, clean, words
from reports.sentences import best_parallel

Row = Mapping[Any, Any]


def number_cell(value: Any, text: str, *, note: str = "", style: Any = "") -> Cell:
    """A cell that sorts by its value; what wasn't measured is a dash and sorts last."""
    return Cell(text, note=note, sort="" if numbers.missing(value) else float(value), style=style)


def text_cell(value: Any, *, note: Any = "", strategy: str = "", style: Any = "") -> Cell:
    """A cell of text from the bundle."""
    shown = numbers.MISSING if numbers.missing(value) else clean(value)
    return Cell(shown, note="" if numbers.missing(note) else clean(note), strategy=strategy, style=style)


def pool_cell(row: Row, prefix: str = "", *, style: Any = "") -> Cell:
    """A strategy with its workers; the start method stands in the second line."""
    name, method = str(row[f"{prefix}name"]), row[f"{prefix}start_method"]
    short = name if numbers.missing(method) else name.replace(f" ({method})", "")
    return text_cell(short, note=method if short != name else "", strategy=str(row[f"{prefix}strategy"]), style=style)


def decision(winners: pd.DataFrame, *, name: str, several_interpreters: bool = False) -> Table:
    """The decision table: a row per kind of work and interpreter, a resident pool beside a single batch.

    Kinds of work without any answer are left to the sentences.
    """
    keys = ["workload", "setting"]
    known = winners[winners.groupby("baseline_id")["outcome"].transform(lambda found: (found != NOT_MEASURED).any())]
    rows = []
    for _, kind in known.groupby(keys, sort=False, dropna=False):
        for _, group in kind.groupby("baseline_id", sort=False):
            by_use = {row["use"]: row for row in group.to_dict("records")}
            resident, one_shot = by_use.get("resident"), by_use.get("one_shot")
            first = group.iloc[0]
            peak, ready = (_of_choice(resident, value) for value in ("peak_bytes", "startup_s"))
            rows.append(
                (
                    text_cell(first["workload"], note=first["setting"], style="code"),
                    *([text_cell(first["interpreter"], style="code")] if several_interpreters else []),
                    *_choice(resident),
                    *_choice(one_shot),
                    number_cell(peak, numbers.size(peak)),
                    number_cell(ready, numbers.seconds(ready)),
                )
            )
    return Table(
        name=name,
        caption=words("What to use, against serial, with 95 % intervals."),
        columns=(
            Column("Work", weight=1.35),
            *([Column("Interpreter", weight=1.2)] if several_interpreters else []),
            Column("Resident pool", weight=1.9 if several_interpreters else 2.25),
            Column("Speed-up", "right", weight=1.2),
            Column("Single batch", weight=1.9 if several_interpreters else 2.25),
            Column("Speed-up", "right", weight=1.2),
            Column("Memory", "right", weight=0.9),
            Column("Start-up", "right", weight=0.85),
        ),
        rows=tuple(rows),
        cards=True,
        note=words(f"Memory (peak) and start-up are those of the resident choice. {numbers.MISSING}: not measured."),
    )


def _choice(row: Row | None) -> tuple[Cell, Cell]:
    if row is None or row["outcome"] == NOT_MEASURED:
        return Cell("not measured", sort="~", style="warning"), number_cell(None, numbers.MISSING)
    if row["outcome"] == WINNER:
        return pool_cell(row, "recommended_", style="strong"), speedup_cell(row, "recommended_")
    best, prefix = best_parallel(row)
    if row["outcome"] == INVALID:
        return text_cell(INVALID, style="warning", note=f"best: {best}"), speedup_cell(row, prefix)
    if row["outcome"] == SERIAL:
        return text_cell("serial", strategy="serial", style="strong", note=f"next: {best}"), speedup_cell(row, prefix)
    kind = NOT_WORTHWHILE if row["outcome"] == NOT_WORTHWHILE else NO_DIFFERENCE
    return text_cell(kind, note=f"best: {best}"), speedup_cell(row, prefix)


def _of_choice(row: Row | None, value: str) -> Any:
    if row is None or row["outcome"] in (NOT_MEASURED, INVALID):
        return None
    return row[f"recommended_{value}"]


def speedup_cell(row: Row, prefix: str = "") -> Cell:
    """A speed-up with its interval, or how many times slower; it sorts by the speed-up."""
    ratio, low, high, slower = numbers.told(row[f"{prefix}speedup"], row[f"{prefix}low"], row[f"{prefix}high"])
    text = f"{numbers.ratio(ratio)}{numbers.TIMES}{' slower' if slower else ''}"
    return number_cell(row[f"{prefix}speedup"], text, note=numbers.interval(low, high))


def speedups(frame: pd.DataFrame, peaks: Mapping[str, float], varies: Mapping[str, float], *, name: str) -> Table:
    """The numbers behind the speed-up figures: a row per case, both uses.

    Args:
        frame: rows of one interpreter.
        peaks: peak memory in bytes by `case_id`.
        varies: coefficient of variation between invocations by `case_id`.
        name: the table's anchor.
    """
    rows = []
    for _, group in frame.groupby("case_id", sort=False):
        by_use = {row["use"]: row for row in group.to_dict("records")}
        resident, one_shot = by_use["resident"], by_use["one_shot"]
        peak, varying = (known.get(str(resident["case_id"]), float("nan")) for known in (peaks, varies))
        rows.append(
            (
                text_cell(resident["workload"], note=resident["setting"], style="code"),
                pool_cell(resident),
                number_cell(resident["time_s"], numbers.seconds(resident["time_s"])),
                speedup_cell(resident),
                number_cell(resident["efficiency"], numbers.percent(resident["efficiency"])),
                number_cell(one_shot["time_s"], numbers.seconds(one_shot["time_s"])),
                speedup_cell(one_shot),
                number_cell(peak, numbers.size(peak)),
                number_cell(varying, numbers.percent(varying)),
                number_cell(resident["n"], str(resident["n"])),
            )
        )
    return Table(
        name=name,
        caption=words(
            "Every case: time of one batch, speed-up against serial with 95 % interval, how much the steady phase "
            "varies between invocations (coefficient of variation), blocks compared."
        ),
        columns=(
            Column("Work", weight=1.4),
            Column("Strategy", weight=1.6),
            Column("Resident", "right", weight=0.95),
            Column("Speed-up", "right", weight=1.5),
            Column("Efficiency", "right", weight=1.0),
            Column("Single batch", "right", weight=0.95),
            Column("Speed-up", "right", weight=1.5),
            Column("Peak", "right", weight=0.95),
            Column("Varies", "right", weight=0.75),
            Column("Blocks", "right", weight=0.7),
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
        ("pool_bytes", "Memory", numbers.size),
    )
    shown = [value for value in values if frame[value[0]].notna().any()]
    with_memory = frame["share_bytes"].notna().any()
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
        rows.append((*cells, *([worker_memory_cell(row)] if with_memory else [])))
    return Table(
        name=name,
        caption=words("What a pool costs: the median over the kinds of work, and from the lowest to the highest."),
        columns=(
            Column("Strategy", weight=1.8),
            Column("Workers", "right", weight=0.7),
            *(Column(title, "right", weight=1.5) for _, title, _ in shown),
            *([Column("Per extra worker", "right", weight=1.5)] if with_memory else []),
        ),
        rows=tuple(rows),
        folded=True,
        note=words(
            "Memory is what the ready pool adds. Per extra worker: the slope of that over the number of workers, with "
            "its 95 % interval; “share”: only one number of workers was measured, so that it includes a share of what "
            "the pool needs once."
        )
        if with_memory
        else (),
    )


def worker_memory_cell(row: Row) -> Cell:
    """What one more worker adds to a pool: the slope with its interval, else its share of the whole, which says so."""
    slope, low, high = row["worker_bytes"], row["worker_low"], row["worker_high"]
    if numbers.missing(slope):
        share = row["share_bytes"]
        return number_cell(share, numbers.size(share), note="" if numbers.missing(share) else "share")
    ends = "" if numbers.missing(low) else f"{numbers.size(low)} to {numbers.size(high)}"
    return number_cell(slope, numbers.size(slope), note=ends)


def left_out(frame: pd.DataFrame, *, name: str, interpreters: Sequence[str]) -> Table | None:
    """What was not measured, and why: cases with the same reason in one row; None if nothing was left out."""
    only = f" · {interpreters[0]}" if len(interpreters) == 1 else ""
    rows = []
    for (kind, reason), group in frame.groupby(["kind", "reason"], sort=False, dropna=False):
        labels = group["label"].astype(object).where(group["label"].notna(), group["name"])
        where = list(group["interpreter"].dropna().unique())
        rows.append(
            (
                text_cell(unique((str(label).removesuffix(only) for label in labels), most=3)),
                text_cell(unique(group["workload"], most=3) or None),
                text_cell(unique(where, most=2) if 0 < len(where) < len(interpreters) else None),
                number_cell(len(group), str(len(group))),
                text_cell(kind),
                text_cell(reason),
            )
        )
    if not rows:
        return None
    columns = (
        Column("What", weight=3.0),
        Column("Work", weight=2.2),
        Column("Only under", weight=1.2),
        Column("Cases", "right", weight=0.6),
        Column("How", weight=1.1),
        Column("Why", weight=2.4),
    )
    return without_empty(Table(name, words("What was not measured, and why."), columns, tuple(rows), cards=True))


def without_empty(table: Table) -> Table:
    """The table without the columns in which nothing stands."""
    kept = [i for i in range(len(table.columns)) if any(row[i].text not in ("", numbers.MISSING) for row in table.rows)]
    columns = tuple(table.columns[i] for i in kept)
    return replace(table, columns=columns, rows=tuple(tuple(row[i] for i in kept) for row in table.rows))


def unique(values: Iterable[Any], *, most: int) -> str:
    """The different values in words, at most so many of them by name."""
    names = list(dict.fromkeys(clean(value, 60) for value in values if not numbers.missing(value)))
    return numbers.listing(names if len(names) <= most else [*names[:most], f"{len(names) - most} more"])
