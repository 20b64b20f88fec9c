"""Borders, break-even points and models of scaling as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reports import numbers
from reports.document import Cell, Column, Table, words
from reports.models.sentences import USES, write
from reports.tables import number_cell, speedup_cell, text_cell, unique, without_empty

Row = Mapping[Any, Any]


def borders(rows: pd.DataFrame, *, name: str) -> Table:
    """The numbers behind the maps: a row per measured combination."""
    lines = tuple(
        (
            number_cell(row["task_s"], numbers.seconds(row["task_s"])),
            number_cell(row["payload_bytes"], numbers.size(row["payload_bytes"])),
            number_cell(row["workers"], str(row["workers"])),
            text_cell(USES.get(str(row["use"]), row["use"])),
            text_cell(row["outcome"]),
            text_cell(row["label"], strategy=str(row["strategy"])),
            speedup_cell(row),
            text_cell(unique(row["tied"], most=3) or None),
        )
        for row in rows.to_dict("records")
    )
    columns = (
        Column("Task", "right"),
        Column("Payload", "right"),
        Column("Workers", "right", weight=0.8),
        Column("Use", weight=1.2),
        Column("Outcome", weight=1.4),
        Column("Recommended", weight=1.6),
        Column("Speed-up", "right", weight=1.3),
        Column("Can't be told apart", weight=1.8),
    )
    caption = words("What wins for each task duration, payload and number of workers, with 95 % intervals.")
    return without_empty(Table(name, caption, columns, lines, folded=True))


def break_evens(rows: pd.DataFrame, *, name: str) -> Table:
    """Predicted and measured break-even points side by side."""
    lines = tuple(
        (
            text_cell(f"{row['label']} × {row['workers']}", strategy=str(row["strategy"])),
            text_cell(USES.get(str(row["use"]), row["use"])),
            text_cell(row["axis"]),
            text_cell(row["against"]),
            _point(row, "measured"),
            _point(row, "predicted"),
            number_cell(row["points"], numbers.MISSING if numbers.missing(row["points"]) else str(int(row["points"]))),
            text_cell(row["reason"]),
        )
        for row in rows.to_dict("records")
    )
    columns = (
        Column("Pool", weight=1.7),
        Column("Use", weight=1.2),
        Column("Over", weight=1.1),
        Column("Against", weight=1.0),
        Column("Measured", "right", weight=1.4),
        Column("Predicted", "right", weight=1.4),
        Column("Points", "right", weight=0.6),
        Column("Why not", weight=3.6),
    )
    note = words(
        "Measured: where the speed-up over task durations or payloads crosses 1. Predicted: from start-up, shutdown, "
        "dispatch and the rate at which payload travels, which the same run measured."
    )
    caption = words("Break-even points, with 95 % intervals.")
    return without_empty(Table(name, caption, columns, lines, cards=True, note=note))


def _point(row: Row, prefix: str) -> Cell:
    told, low, high = write(row["axis"]), row[f"{prefix}_low"], row[f"{prefix}_high"]
    ends = "" if numbers.missing(low) or numbers.missing(high) else f"{told(low)} to {told(high)}"
    return number_cell(row[prefix], told(row[prefix]), note=ends)


def scaling(rows: pd.DataFrame, *, name: str, speedup: str = "speedup") -> Table:
    """Serial fractions: of Karp and Flatt, or, where the tasks grow with the workers, of Gustafson."""
    weak = speedup != "speedup"
    lines = tuple(
        (
            text_cell(row["workload"], note=row["setting"], style="code"),
            text_cell(row["label"], strategy=str(row["strategy"])),
            number_cell(row["workers"], str(row["workers"])),
            speedup_cell({**row, "speedup": row[speedup]}),
            _fraction(row),
        )
        for row in rows.to_dict("records")
    )
    caption = (
        "Tasks that grow with the workers: scaled speed-up, and the serial fraction that Gustafson's law gives for it."
        if weak
        else "Serial fraction by number of workers, after Karp and Flatt, with 95 % intervals."
    )
    columns = (
        Column("Work", weight=1.5),
        Column("Strategy", weight=1.5),
        Column("Workers", "right", weight=0.7),
        Column("Scaled speed-up" if weak else "Speed-up", "right", weight=1.3),
        Column("Serial fraction", "right", weight=1.3),
    )
    return Table(name, words(caption), columns, lines, folded=True)


def _fraction(row: Row) -> Cell:
    low, high = row["fraction_low"], row["fraction_high"]
    ends = "" if numbers.missing(low) else f"{numbers.percent(low)} to {numbers.percent(high)}"
    return number_cell(row["serial_fraction"], numbers.percent(row["serial_fraction"]), note=ends)


def gil_bounds(rows: pd.DataFrame, *, name: str) -> Table:
    """The bound that the GIL sets to threads, and what they reached."""
    lines = tuple(
        (
            text_cell(row["workload"], note=row["setting"], style="code"),
            number_cell(row["workers"], str(row["workers"])),
            number_cell(row["gil_share"], numbers.percent(row["gil_share"])),
            number_cell(row["bound"], f"{numbers.ratio(row['bound'])}{numbers.TIMES}"),
            speedup_cell(row),
            text_cell(row["holds"], style="warning" if row["holds"] == "no" else ""),
        )
        for row in rows.to_dict("records")
    )
    columns = (
        Column("Work", weight=1.6),
        Column("Threads", "right", weight=0.8),
        Column("Under the GIL", "right"),
        Column("Bound", "right"),
        Column("Speed-up", "right", weight=1.3),
        Column("Holds", weight=0.9),
    )
    return Table(name, words("What the GIL allows threads, and what they reached."), columns, lines, folded=True)
