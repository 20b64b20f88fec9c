"""The two sections: where the border runs, and how the work scales. An opened report in, blocks out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from reports import numbers
from reports.document import Block, Figure, Heading, Items, Panel, Paragraph, Words, clean, words
from reports.figures import BYTES, SECONDS, SHARES
from reports.forest import forest
from reports.models import figures, sentences, tables
from reports.opened import RESIDENT, Report, by_interpreter, csv_of, interpreter_heading, none, panel, title

BORDERS, SCALING = "Where the border runs", "How it scales"
BORDER_LEAD = (
    "Short tasks and large payloads eat what parallel work gains. From which task duration on a pool pays, and up to "
    "which payload: measured, and predicted from what pools cost."
)
SCALING_LEAD = (
    "What share of the work behaves as if it were serial (Karp and Flatt); where there are enough numbers of workers "
    "up to the physical cores, a curve through them. A constant share is serial work, a growing one is overhead."
)
BORDER_COLUMNS = ["use", "task_s", "payload_bytes", "workers", "outcome", "label", "strategy", "speedup", "low", "high"]
BREAK_EVEN_COLUMNS = [
    "label", "workers", "use", "axis", "against", "measured", "measured_low", "measured_high", "predicted",
    "predicted_low", "predicted_high", "points", "reason",
]  # fmt: skip
FRACTION_COLUMNS = [
    "workload", "setting", "label", "workers", "speedup", "low", "high", "serial_fraction", "fraction_low",
    "fraction_high",
]  # fmt: skip


def borders(report: Report) -> list[Block]:
    """Maps of the winner and break-even points, with a heading; empty if the report has no models."""
    if report.models is None:
        return []
    blocks: list[Block] = []
    for interpreter, maps in by_interpreter(report, report.models.borders):
        crossings = report.models.break_evens
        crossings = _with_strategy(report, crossings[crossings["interpreter"] == interpreter])
        own = [
            *_maps(maps, report.anchor("borders", interpreter)),
            *_crossings(crossings, report.anchor("break-even", interpreter)),
        ]
        blocks += [*interpreter_heading(report, interpreter), *own] if own else []
    lead: list[Block] = [Heading(words(BORDERS), level=2), Paragraph(words(BORDER_LEAD))]
    nothing = none("The run sweeps neither the duration of tasks nor their payload, so no border can be told.")
    return [*lead, *(blocks or [nothing])]


def _maps(rows: pd.DataFrame, anchor: str) -> Iterator[Block]:
    if rows.empty:
        return
    panels = []
    for (use, workers), group in rows.groupby(["use", "workers"], sort=False):
        name = f"{sentences.USES.get(str(use), str(use)).capitalize()}, {numbers.count(int(str(workers)), 'worker')}"
        panels.append(panel(figures.border(group, title=name), f"{name}: {sentences.border(group)}"))
    resident = rows[rows["use"] == RESIDENT]
    found = f"With a resident pool, {sentences.border(resident)}. " if len(resident) else ""
    caption = words(
        f"{found}A cell for each measured combination, in the colour of what wins, with its speed-up over serial; "
        "hatched where nothing can be told or nothing pays."
    )
    yield Figure(anchor, caption, tuple(panels), csv_of(rows, BORDER_COLUMNS))
    yield tables.borders(rows, name=f"{anchor}-table")


def _crossings(rows: pd.DataFrame, anchor: str) -> Iterator[Block]:
    if rows.empty:
        return
    yield Items(tuple(sentences.break_evens(rows)))
    panels = tuple(_crossing_panels(rows))
    if panels:
        both = rows.dropna(subset=["measured", "predicted"])
        apart = both[(both["predicted_low"] > both["measured_high"]) | (both["predicted_high"] < both["measured_low"])]
        met = len(both) - len(apart)
        meeting = f"{met} of {numbers.count(len(both), 'pair')} of intervals meet. " if len(both) else ""
        caption = words(
            f"{meeting}Break-even points against serial: full marks are measured, hollow ones predicted; bars are 95 % "
            "intervals. Further left pays earlier."
        )
        yield Figure(anchor, caption, panels, csv_of(rows, BREAK_EVEN_COLUMNS))
    yield tables.break_evens(rows, name=f"{anchor}-table")


def _crossing_panels(rows: pd.DataFrame) -> Iterator[Panel]:
    for (use, axis), group in rows[rows["against"] == "serial"].groupby(["use", "axis"], sort=False):
        marks = [_mark(row, kind) for row in group.to_dict("records") for kind in ("measured", "predicted")]
        drawn = pd.DataFrame(marks).dropna(subset=["estimate"])
        if drawn.empty:
            continue
        name = f"{sentences.USES.get(str(use), str(use)).capitalize()}: {axis}"
        write = sentences.write(axis)
        told = "; ".join(f"{row['name']} {write(row['estimate'])}" for row in drawn.to_dict("records"))
        scale = SECONDS if axis == sentences.DURATION else BYTES
        yield panel(forest(drawn, title=name, scale=scale), f"{name}: {told}")


def _mark(row: Mapping[Any, Any], kind: str) -> dict[str, Any]:
    return {
        "name": f"{row['label']} × {row['workers']}, {kind}",
        "estimate": row[kind],
        "low": row[f"{kind}_low"],
        "high": row[f"{kind}_high"],
        "strategy": str(row["strategy"]),
        "hollow": kind == "predicted",
    }


def scaling(report: Report) -> list[Block]:
    """Serial fractions, fitted curves, scaled speed-up and the bound of the GIL; empty without models."""
    if report.models is None:
        return []
    found = report.models
    blocks: list[Block] = []
    for interpreter in report.interpreters:
        frames = {
            name: (frame := getattr(found, name))[frame["interpreter"] == interpreter]
            for name in ("karp_flatt", "fits", "curves", "weak_scaling", "gil_bounds")
        }
        own = list(_scaling(report, interpreter, frames))
        blocks += [*interpreter_heading(report, interpreter), *own] if own else []
    lead: list[Block] = [Heading(words(SCALING), level=2), Paragraph(words(SCALING_LEAD))]
    nothing = none("No case with two or more workers within the physical cores could be compared with serial.")
    return [*lead, *(blocks or [nothing])]


def _scaling(report: Report, interpreter: str, frames: dict[str, Any]) -> Iterator[Block]:
    def anchor(name: str) -> str:
        return report.anchor(name, interpreter)

    if len(frames["fits"]):
        yield Items(tuple(sentences.fits(_with_strategy(report, frames["fits"]))))
    yield from _curves(report, interpreter, _with_strategy(report, frames["curves"]), anchor("curves"))
    fractions = _with_strategy(report, frames["karp_flatt"]).dropna(subset=["serial_fraction"])
    if len(fractions):
        caption = sentences.serial_fractions(fractions) + words(
            "Serial fraction after Karp and Flatt with its 95 % interval: 0 % is ideal, 100 % is no gain at all; below "
            "0 % is more than ideal, which asks for a look at the baseline."
        )
        data = csv_of(fractions, FRACTION_COLUMNS)
        yield Figure(anchor("serial-fraction"), caption, tuple(_fraction_panels(fractions)), data)
        yield tables.scaling(fractions, name=anchor("serial-fraction-table"))
    weak = _with_strategy(report, frames["weak_scaling"])
    if len(weak):
        yield Paragraph(_weak(weak))
        yield tables.scaling(weak, name=anchor("weak-scaling"), speedup="scaled_speedup")
    if len(frames["gil_bounds"]):
        yield Paragraph(sentences.gil_bounds(frames["gil_bounds"]))
        yield tables.gil_bounds(frames["gil_bounds"], name=anchor("gil-bounds"))


def _weak(rows: pd.DataFrame) -> Words:
    best = rows.sort_values("scaled_speedup").iloc[-1].to_dict()
    ends = numbers.interval(best["low"], best["high"])
    return words(
        "With tasks that grow with the workers, the highest scaled speed-up is "
        f"{numbers.ratio(best['scaled_speedup'])}{ends and f' ({ends})'}, "
        f"{clean(best['label'], 60)} with {numbers.count(int(best['workers']), 'worker')}."
    )


def _curves(report: Report, interpreter: str, curves: pd.DataFrame, anchor: str) -> Iterator[Block]:
    if curves.empty:
        return
    rows = report.summary.speedups
    rows = rows[(rows["interpreter"] == interpreter) & (rows["use"] == RESIDENT) & rows["speedup"].notna()]
    panels = []
    for key, group in curves.groupby(["workload", "setting", "baseline_id"], sort=False, dropna=False):
        points = rows[(rows["baseline_id"] == key[2]) & rows["label"].isin(group["label"])]
        if points.empty:
            continue
        name = title(key[0], key[1])
        drawn = figures.fitted(points, group, title=name, cpus=report.summary.effective_cpus)
        best = points.sort_values("speedup").iloc[-1].to_dict()
        fitted = numbers.count(group["label"].nunique(), "fitted curve")
        panels.append(panel(drawn, f"{name}: {fitted}; highest point {numbers.ratio(best['speedup'])}, {best['name']}"))
    if panels:
        caption = words(
            f"{numbers.count(len(panels), 'kind', 'kinds')} of work with a fitted curve. Points are measured speed-ups "
            "with 95 % intervals; a curve goes as far as it was fitted, which is never beyond the physical cores."
        )
        data = csv_of(curves, ["workload", "setting", "label", "workers", "speedup"])
        yield Figure(anchor, caption, tuple(panels), data)


def _fraction_panels(rows: pd.DataFrame) -> Iterator[Panel]:
    """A panel per strategy, a row per kind of work and number of workers."""
    for label, group in rows.groupby("label", sort=False):
        names = [f"{title(row['workload'], row['setting'])} × {row['workers']}" for row in group.to_dict("records")]
        marks = pd.DataFrame(
            {
                "name": names,
                "estimate": group["serial_fraction"].to_numpy(),
                "low": group["fraction_low"].to_numpy(),
                "high": group["fraction_high"].to_numpy(),
                "strategy": group["strategy"].to_numpy(),
            }
        ).sort_values("estimate")
        drawn = forest(marks, title=str(label), scale=SHARES, line=(0.0, "ideal"))
        ends = "; ".join(f"{row['name']} {numbers.percent(row['estimate'])}" for row in _ends(marks))
        yield panel(drawn, f"Serial fraction with {clean(label, 60)}, lowest and highest: {ends}")


def _ends(marks: pd.DataFrame) -> list[dict[Any, Any]]:
    return marks.iloc[[0, -1] if len(marks) > 1 else [0]].to_dict("records")


def _with_strategy(report: Report, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `strategy`, by the label, where it doesn't say it."""
    if "strategy" in frame:
        return frame
    known = report.summary.cases.drop_duplicates("label").set_index("label")["strategy"]
    return frame.assign(strategy=frame["label"].map(known).fillna(""))
