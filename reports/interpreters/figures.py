"""The threads of several interpreters in one picture. No statistics happen here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from reports import style
from reports.document import clean
from reports.drawing import BORDER, blank, limits, log_axis
from reports.figures import TIMES, workers_axis
from reports.labels import name_lines, upright

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
"""By interpreter, in the order of the configuration: all are the same strategy and so have the same colour."""
DASHES = ((), (4.0, 1.6), (1.2, 1.4), (4.0, 1.4, 1.2, 1.4))


def speedup_by_interpreter(rows: pd.DataFrame, *, title: str, cpus: int | None, order: Sequence[str]) -> Figure:
    """Speed-up over workers of one strategy and kind of work, a line per interpreter, with 95 % intervals.

    Where there is only one number of workers, each interpreter has a row.

    Args:
        rows: columns `label` (the interpreter's short name), `strategy`, `workers`, `speedup`, `low`, `high`.
        title: heading of the panel.
        cpus: CPUs that the run could use; no mark if None.
        order: short names of all interpreters of the run, so that each has the same marker in every panel.
    """
    known = rows.dropna(subset=["speedup"])
    if known["workers"].nunique() < 2:
        return _rows(known, title, order)
    figure, axes = blank(clean(title, 42))
    axes.axhline(1, color=style.QUIET, linewidth=0.9, zorder=1)
    counts = sorted(float(count) for count in known["workers"].unique())
    names = [name for name in order if name in set(known["label"])]
    for index, name in enumerate(names):
        own = known[known["label"] == name].sort_values("workers")
        # A small step aside, so that intervals at the same number of workers can be told apart.
        aside = 1 + 0.035 * (index - (len(names) - 1) / 2)
        _line(axes, own, own["workers"].to_numpy("float64") * aside, order.index(name))
    log_axis(axes.yaxis, *limits(_values(known), least=2.0), TIMES)
    workers_axis(axes, [int(count) for count in counts], cpus)
    ends = np.array(axes.get_xlim())
    axes.plot(ends, ends, color=style.QUIET, linewidth=0.8, dashes=(1, 2), zorder=1)
    name_lines(axes, known, "speedup", extra=[("serial", 1.0)])
    return figure


def _line(axes: Axes, own: pd.DataFrame, places: NDArray[np.float64], index: int) -> None:
    colour = style.look(str(own["strategy"].iloc[0])).colour
    axes.vlines(places, own["low"], own["high"], colors=colour, linewidth=1.1)
    marker = MARKERS[index % len(MARKERS)]
    (line,) = axes.plot(
        places, own["speedup"], color=colour, marker=marker, markersize=3.8, markeredgewidth=0, linewidth=1.2
    )
    if DASHES[index % len(DASHES)]:
        line.set_dashes(DASHES[index % len(DASHES)])


def _rows(known: pd.DataFrame, title: str, order: Sequence[str]) -> Figure:
    names = [name for name in order if name in set(known["label"])]
    count = max(len(names), 2)
    figure, axes = blank(clean(title, 42), height=BORDER + 0.17 * count, left=1.42)
    by_name = known.drop_duplicates("label").set_index("label")
    for place, name in enumerate(names):
        row = by_name.loc[name]
        colour = style.look(str(row["strategy"])).colour
        axes.hlines(place, row["low"], row["high"], colors=colour, linewidth=1.1)
        marker = MARKERS[order.index(name) % len(MARKERS)]
        axes.plot(row["speedup"], place, color=colour, marker=marker, markersize=4, markeredgewidth=0)
    log_axis(axes.xaxis, *limits(_values(known), least=2.0), TIMES, most=4)
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [clean(name, 26) for name in names])
    for label in axes.get_yticklabels():
        label.set_color(style.INK)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x")
    upright(axes, 1.0, "serial")
    return figure


def _values(known: pd.DataFrame) -> list[float]:
    return [*known["speedup"], *known["low"].dropna(), *known["high"].dropna(), 1.0]
