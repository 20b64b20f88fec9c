"""A forest plot: a row per estimate with its interval, a band where it should lie. No statistics happen here."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from reports import style
from reports.document import clean
from reports.drawing import BORDER, Scale, blank, limits, log_axis
from reports.labels import upright

LINE, LETTERS = 0.135, 27
"""Inches for one line of a name, and the letters that it holds."""
TITLE_LINE, TITLE_LETTERS = 0.14, 42
"""The same for the heading."""
MOST_NAMED = 36
"""More rows than that are drawn thin and without names, in the order of their estimates."""
THIN = 0.05
LEFT = 1.62
ALL_TRIALS = (-0.03, 1.03)
"""The axis of shares of trials, from none to all."""
MARKS = {"supported": "o", "refuted": "X", "inconclusive": "o"}


def forest(
    rows: pd.DataFrame, *, title: str, scale: Scale, line: tuple[float, str] | None = None, trials: bool = False
) -> Figure:
    """One row per estimate, in the order given.

    Args:
        rows: columns `name`, `estimate`, `low`, `high`; and where known `strategy` (its colour and marker; ink if
            empty), `verdict` (full circle: supported; cross: refuted; hollow: open; grey: tests nothing), `hollow`
            (bool), `control` (bool: drawn below a line), `margin` and `side` (`>` or `<`: the band where the estimate
            should lie).
        title: heading of the panel.
        scale: how values are written; the axis is logarithmic where every value allows it.
        line: a place on the axis and its name, marked over the whole height; none if None.
        trials: whether the values are shares of trials, which lie between none and all.
    """
    known = _complete(rows)
    named = len(known) <= MOST_NAMED
    if not named:
        known = known.sort_values("estimate", ascending=False, kind="stable")
    labels = ["\n".join(textwrap.wrap(clean(name, 80), LETTERS)) for name in known["name"]]
    heights = [LINE * (label.count("\n") + 1) + 0.03 if named else THIN for label in labels]
    figure, axes = _paper(title, max(sum(heights), 0.34), LEFT if named else 0.42)
    places = _places(heights)
    low, high = _axis(axes, known, scale, line, trials=trials)
    for place, height, row in zip(places, heights, known.to_dict("records"), strict=True):
        _band(axes, place, height, row, low, high)
        _mark(axes, place, row, low, high, 3.8 if named else 2.2)
    axes.set_ylim(max(sum(heights), 0.34), 0)
    axes.set_yticks(places if named else [], labels if named else [])
    axes.tick_params(axis="y", labelsize=7, labelcolor=style.INK)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x")
    _divide(axes, places, heights, known["control"])
    if line and low <= line[0] <= high:
        upright(axes, *line)
    return figure


def _paper(title: str, tall: float, left: float) -> tuple[Figure, Axes]:
    """An empty panel whose heading takes as many lines as it needs."""
    lines = textwrap.wrap(clean(title, 160), TITLE_LETTERS) or [""]
    more = TITLE_LINE * (len(lines) - 1)
    figure, axes = blank(height=BORDER + tall + more, left=left)
    width, height = figure.get_size_inches()
    place = axes.get_position()
    axes.set_position((place.x0, place.y0, place.width, tall / height))
    figure.text(0.02 / width, 1 - 0.04 / height, "\n".join(lines), size=8.5, weight=600, va="top", linespacing=1.1)
    return figure, axes


def _complete(rows: pd.DataFrame) -> pd.DataFrame:
    spare: dict[str, Any] = {
        "strategy": "",
        "verdict": "",
        "hollow": False,
        "control": False,
        "margin": math.nan,
        "side": "",
    }
    missing = {name: value for name, value in spare.items() if name not in rows}
    known = rows.assign(**missing).dropna(subset=["estimate"])
    known = known[np.isfinite(known["estimate"].astype("float64"))]
    return known.sort_values("control", kind="stable")


def _places(heights: Sequence[float]) -> list[float]:
    found, top = [], 0.0
    for height in heights:
        found.append(top + height / 2)
        top += height
    return found


def _finite(values: Iterable[float]) -> list[float]:
    return [float(value) for value in values if not pd.isna(value) and math.isfinite(value)]


def _axis(
    axes: Axes, known: pd.DataFrame, scale: Scale, line: tuple[float, str] | None, *, trials: bool
) -> tuple[float, float]:
    if trials:
        axes.set_xlim(*ALL_TRIALS)
        axes.xaxis.set_major_locator(FixedLocator([0.0, 0.5, 1.0]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: scale.write(value)))
        return ALL_TRIALS
    ends = _finite([*known["low"], *known["high"]])
    values = _finite([*known["estimate"], *known["margin"]]) + ([line[0]] if line else [])
    if values and min(values) > 0:
        # An interval that goes down to nothing mustn't squeeze all the others.
        floor = min(values) / 100
        low, high = limits([*values, *(end for end in ends if end > floor)], least=2.0)
        log_axis(axes.xaxis, low, high, scale, most=3)
        return low, high
    everything = values + ends or [0.0, 1.0]
    pad = 0.06 * ((max(everything) - min(everything)) or 1.0)
    low, high = min(everything) - pad, max(everything) + pad
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: scale.write(value)))
    return low, high


def _band(axes: Axes, place: float, height: float, row: Mapping[Any, Any], low: float, high: float) -> None:
    margin, side = float(row["margin"]), row["side"]
    if math.isnan(margin) or side not in ("<", ">"):
        return
    inside = min(max(margin, low), high)
    start, end = (inside, high) if side == ">" else (low, inside)
    axes.fill_betweenx([place - height / 2, place + height / 2], start, end, color=style.GRID, linewidth=0, zorder=0)
    axes.plot([inside] * 2, [place - height / 2, place + height / 2], color=style.QUIET, linewidth=0.8, zorder=1)


def _mark(axes: Axes, place: float, row: Mapping[Any, Any], low: float, high: float, size: float) -> None:
    look = style.look(str(row["strategy"])) if row["strategy"] else None
    verdict = "" if pd.isna(row["verdict"]) else str(row["verdict"])
    colour = look.colour if look else style.INK if verdict else style.QUIET
    estimate, left, right = (float(row[name]) for name in ("estimate", "low", "high"))
    if not math.isnan(left) and not math.isnan(right):
        ends = (min(max(left, low), high), min(max(right, low), high))
        axes.plot(ends, (place, place), color=colour, linewidth=1.1, zorder=2)
    hollow = bool(row["hollow"]) or verdict == "inconclusive"
    axes.plot(
        estimate,
        place,
        color=colour,
        marker=MARKS.get(verdict) or (look.marker if look else "o"),
        markersize=size,
        markerfacecolor=style.PAPER if hollow else colour,
        markeredgewidth=0.9 if hollow else 0,
        zorder=3,
    )


def _divide(axes: Axes, places: Sequence[float], heights: Sequence[float], control: pd.Series) -> None:
    """A line between what is tested and its controls."""
    first = next((index for index, is_control in enumerate(control) if is_control), 0)
    if 0 < first < len(places):
        axes.axhline(places[first] - heights[first] / 2, color=style.QUIET, linewidth=0.8)
