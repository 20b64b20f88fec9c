"""Names beside what they name, instead of a legend: at the ends of lines, at points, above marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports import style
from reports.document import clean
from reports.drawing import BORDER, HEIGHT, LINE, points_tall, points_wide, spread
from reports.svg import HALO

LETTER = 3.9
"""Width of a letter of a name, in points, rather too much than too little."""
LONGEST_NAME = 30
MANY = 6
"""Names of lines: more than that need a taller panel."""


def tall_enough(names: int) -> float:
    """Inches that a panel needs so that so many names fit one above the other."""
    return max(HEIGHT, BORDER + LINE / 72 * (names + 1)) if names > MANY else HEIGHT


def upright(axes: Axes, place: float, name: str) -> None:
    """A dashed line with its name above it."""
    axes.axvline(place, color=style.QUIET, linewidth=0.6, alpha=0.6, dashes=(4, 2), zorder=1)
    above: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "xytext": (0, 2), "textcoords": "offset points"}
    axes.annotate(name, (place, 1.0), size=6.5, color=style.QUIET, ha="center", va="bottom", **above)


def name_lines(axes: Axes, frame: pd.DataFrame, value: str, extra: Sequence[tuple[str, float]] = ()) -> None:
    """Names beside the ends of the lines, each as near to its end as the others that end there allow.

    Where there are many, all stand at the right edge: names in the middle would lie on other lines.
    """
    last = frame.sort_values("workers").groupby("label", sort=False).tail(1)
    columns = (last[name] for name in ("label", "strategy", "workers", value))
    to_axes = axes.transData + axes.transAxes.inverted()
    ends: list[tuple[str, str, float, float]] = []
    for label, strategy, workers, height in zip(*columns, strict=True):
        across, up = to_axes.transform((float(workers), float(height)))
        ends.append((str(label), str(strategy), float(across), float(up)))
    furthest = max((end[2] for end in ends), default=1.0)
    ends += [(name, "serial", furthest, float(to_axes.transform((1.0, height))[1])) for name, height in extra]
    tall = points_tall(axes)
    groups = (
        [ends] if len(ends) > MANY else [[end for end in ends if end[2] == at] for at in {end[2]: 0 for end in ends}]
    )
    for group in groups:
        at_the_edge = len(groups) == 1 or group[0][2] == furthest
        edge = 1.0 if at_the_edge else group[0][2] + 0.06
        places = spread([end[3] for end in group], LINE / tall, 0.0, 1.02)
        for (name, strategy, start, height), place in zip(group, places, strict=True):
            look = style.look(strategy)
            thin: dict[str, Any] = {
                "linewidth": 0.5,
                "alpha": 0.6,
                "zorder": 1,
                "clip_on": False,
                "transform": axes.transAxes,
            }
            axes.plot([start, edge, edge + 0.05], [height, place, place], color=look.colour, **thin)
            axes.text(
                edge + 0.065,
                place,
                clean(name, 23),
                transform=axes.transAxes,
                size=7,
                color=look.text,
                va="center_baseline",
                gid=HALO,
            )


def name_points(axes: Axes, front: pd.DataFrame) -> None:
    """Names to the left and below: nothing is faster with less memory, so that side of the front is empty."""
    to_axes = axes.transData + axes.transAxes.inverted()
    gap = 8.6 / points_tall(axes)
    above = 2.0
    for name, strategy, time, peak in zip(
        front["name"], front["strategy"], front["time_s"], front["peak_bytes"], strict=True
    ):
        across, up = map(float, to_axes.transform((time, peak)))
        above = min(up, above - gap)
        axes.text(
            across - 0.025,
            above,
            clean(name, LONGEST_NAME),
            transform=axes.transAxes,
            size=7,
            color=style.look(strategy).text,
            ha="right",
            va="center_baseline",
        )


def room_at_the_left(axes: Axes, front: pd.DataFrame, low: float, high: float) -> float:
    """The lower end of a logarithmic time axis, below `low` as far as the names of the points need."""
    share = 0.0
    for name, time in zip(front["name"], front["time_s"], strict=True):
        place = math.log(time / low) / math.log(high / low)
        needed = 0.05 + LETTER * min(len(name), LONGEST_NAME) / points_wide(axes)
        share = max(share, (needed - place) / (1 - place))
    share = min(share, 0.6)
    return float(low / (high / low) ** (share / (1 - share)))
