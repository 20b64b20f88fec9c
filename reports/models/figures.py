"""Maps of the winner and fitted curves: frames in, matplotlib figures out. No statistics happen here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.analysis.winners import NOT_WORTHWHILE, SERIAL, WINNER
from reports import numbers, style
from reports.document import clean
from reports.drawing import BORDER, blank, limits, log_axis, name_x
from reports.figures import TIMES, workers_axis
from reports.labels import name_lines

CELL = 0.4
"""Height of a cell of a map, in inches: three lines of words."""
SHORT: Mapping[str, str] = {
    "subinterpreters": "subinterp.",
    "process_per_task": "proc/task",
    "thread_per_task": "thr./task",
    "asyncio_threads": "aio thr.",
}
"""Names that are too long for a cell."""


def border(rows: pd.DataFrame, *, title: str) -> Figure:
    """Who wins, over task duration (across) and payload (upwards): a cell per measured combination.

    Args:
        rows: of one interpreter, use and number of workers; columns `task_s`, `payload_bytes`, `outcome`, `label`,
            `strategy`, `speedup`.
        title: heading of the panel.
    """
    tasks, payloads = (_categories(rows[axis]) for axis in ("task_s", "payload_bytes"))
    across_tasks = len(tasks) >= len(payloads) or len(tasks) > 1
    across, upwards = (tasks, payloads) if across_tasks else (payloads, tasks)
    names = ("task_s", "payload_bytes") if across_tasks else ("payload_bytes", "task_s")
    write = {"task_s": _seconds, "payload_bytes": _bytes}
    figure, axes = blank(clean(title, 42), height=BORDER + CELL * len(upwards), left=0.62)
    for row in rows.to_dict("records"):
        place = (_index(across, row[names[0]]), _index(upwards, row[names[1]]))
        _cell(axes, place, row)
    axes.set(xlim=(0, len(across)), ylim=(0, len(upwards)))
    axes.set_xticks(np.arange(len(across)) + 0.5, [write[names[0]](value) for value in across])
    axes.set_yticks(np.arange(len(upwards)) + 0.5, [write[names[1]](value) for value in upwards])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0, labelsize=7)
    name_x(axes, "task" if across_tasks else "payload")
    return figure


def _categories(column: pd.Series) -> list[float]:
    known = sorted(float(value) for value in column.dropna().unique())
    return ([float("nan")] if column.isna().any() else []) + known


def _index(categories: list[float], value: Any) -> int:
    return 0 if numbers.missing(value) else categories.index(float(value))


def _seconds(value: float) -> str:
    if numbers.missing(value):
        return "own length"
    return "empty" if value == 0 else numbers.trimmed(numbers.seconds(value))


def _bytes(value: float) -> str:
    return "no payload" if numbers.missing(value) or value == 0 else numbers.trimmed(numbers.size(value))


def _cell(axes: Axes, place: tuple[int, int], row: Mapping[Any, Any]) -> None:
    decided = row["outcome"] in (WINNER, SERIAL)
    colour = style.look(str(row["strategy"]) if row["outcome"] == WINNER else "serial").colour
    box: dict[str, Any] = {"linewidth": 0, "zorder": 1}
    left, bottom = place[0] + 0.02, place[1] + 0.04
    if decided:
        axes.bar(left, 0.92, 0.96, bottom, align="edge", color=colour, alpha=0.35, **box)
    else:
        box |= {"hatch": "////", "edgecolor": style.GRID, "facecolor": "none"}
        axes.bar(left, 0.92, 0.96, bottom, align="edge", **box)
    size = 6.5
    axes.text(place[0] + 0.5, place[1] + 0.5, cell_text(row), size=size, ha="center", va="center", linespacing=1.05)


def cell_text(row: Mapping[Any, Any]) -> str:
    """What stands in a cell of the map: the strategy with its start method, and the speed-up; or what can't be told."""
    if row["outcome"] == WINNER:
        strategy, label = str(row["strategy"]), str(row["label"])
        method = label.removeprefix(strategy).strip(" ()")
        short = SHORT.get(strategy, clean(strategy, 11))
        return "\n".join(filter(None, (short, clean(method, 11), f"{numbers.ratio(row['speedup'])}{numbers.TIMES}")))
    if row["outcome"] == SERIAL:
        return "serial"
    if row["outcome"] == NOT_WORTHWHILE:
        return "nothing\npays"
    return "–" if numbers.missing(row["speedup"]) else "can't be\ntold"


def fitted(points: pd.DataFrame, curves: pd.DataFrame, *, title: str, cpus: int | None) -> Figure:
    """Measured speed-ups with their intervals, and the curves that were fitted to them, each as far as it was fitted.

    Args:
        points: rows of one kind of work; columns `label`, `strategy`, `workers`, `speedup`, `low`, `high`.
        curves: rows of the same; columns `label`, `strategy`, `workers`, `speedup`.
        title: heading of the panel.
        cpus: CPUs that the run could use; no mark if None.
    """
    figure, axes = blank(clean(title, 42), left=0.52)
    for strategy, group in points.groupby("strategy", sort=False):
        look = style.look(str(strategy))
        axes.vlines(group["workers"], group["low"], group["high"], colors=look.colour, linewidth=1.1)
        axes.plot(group["workers"], group["speedup"], look.marker, color=look.colour, markersize=3.6, markeredgewidth=0)
    for _, curve in curves.groupby("label", sort=False):
        look = style.look(str(curve["strategy"].iloc[0]))
        axes.plot(curve["workers"], curve["speedup"], color=look.colour, linewidth=1.2)
    values = [*points["speedup"], *points["low"].dropna(), *points["high"].dropna(), 1.0]
    log_axis(axes.yaxis, *limits(values, least=2.0), TIMES)
    axes.axhline(1, color=style.QUIET, linewidth=0.9, zorder=1)
    workers_axis(axes, [int(count) for count in sorted(points["workers"].unique())], cpus)
    name_lines(axes, points, "speedup", extra=[("serial", 1.0)])
    return figure
