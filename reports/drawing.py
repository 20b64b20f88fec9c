"""The paper that the figures are drawn on: fonts, grid, sizes, scales, labels that don't collide, SVG."""

from __future__ import annotations

import io
import logging
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from reports import style
from reports.plotting import sns
from reports.svg import slim

WIDTH, HEIGHT = 3.4, 1.75
"""Of one panel, in inches: half of a page's text width, and a phone's whole width; five rows fill a page."""
BORDER = 0.6
"""Of the height, what the title and the names of the ticks take."""
LINE = 8.4
"""Points between two lines of text that don't touch."""

_FONTS = Path(__file__).parent / "theme" / "fonts"
_SETTINGS: dict[str, Any] = {
    "axes.edgecolor": style.QUIET,
    "axes.labelcolor": style.QUIET,
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "axes.titlecolor": style.INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 8.5,
    "axes.titleweight": 600,
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": ["Inter", "DejaVu Sans"],
    "font.size": 7.5,
    "grid.color": style.GRID,
    "grid.linewidth": 0.6,
    "lines.solid_capstyle": "round",
    # Words stay words: HTML and PDF bring the fonts, and half of the size of outlines is saved.
    "svg.fonttype": "none",
    "svg.hashsalt": "whichpool",
    "text.color": style.INK,
    "text.parse_math": False,
    "xtick.color": style.QUIET,
    "ytick.color": style.QUIET,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 0,
    "xtick.major.width": 0.6,
}


def prepare() -> None:
    """Sets the style of every figure to come; called once per process."""
    for path in sorted(_FONTS.glob("*.ttf")):
        font_manager.fontManager.addfont(str(path))
    # DejaVu, the spare font, has no weight 600; that it takes 700 instead is nobody's concern.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    # A name from a bundle may hold letters that no font here has; a box in their place is the right answer.
    warnings.filterwarnings("ignore", message="Glyph .* missing from font")
    sns.set_theme(style="ticks", rc=_SETTINGS)
    mpl.rcParams.update(cast("Any", _SETTINGS))


def blank(title: str = "", *, width: float = WIDTH, height: float = HEIGHT, left: float = 0.42) -> tuple[Figure, Axes]:
    """An empty panel with a heading, at fixed margins so that panels line up; `left` is one of them, in inches."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((left / width, 0.27 / height, 1 - (left + 0.15) / width, 1 - BORDER / height))
    if title:
        figure.text(0.02 / width, 1 - 0.04 / height, title, size=8.5, weight=600, va="top")
    sns.despine(ax=axes, left=True)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    return figure, axes


def name_x(axes: Axes, name: str) -> None:
    """Names the horizontal axis, at the left of its ticks' names: always the same place, and no line of its own."""
    font: dict[str, Any] = {"size": 7, "color": style.QUIET, "ha": "right", "va": "top"}
    axes.annotate(name, (0, 0), xycoords="axes fraction", xytext=(-4, -6.2), textcoords="offset points", **font)


def to_svg(figure: Figure) -> str:
    """The figure as SVG text, the same for the same figure."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return slim(buffer.getvalue())


@dataclass(frozen=True)
class Scale:
    """How values of an axis are written, and where its ticks may stand."""

    write: Callable[[float], str]
    steps: tuple[tuple[float, ...], ...] = (
        (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0),
        (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0),
        (1.0, 1.5, 2.0, 3.0, 4.0, 6.0),
        (1.0, 2.0, 5.0),
        (1.0,),
    )
    """Mantissas of the ticks of one decade, the finest first."""
    base: float = 10.0


def log_axis(axis: Any, low: float, high: float, scale: Scale, *, most: int = 6) -> None:
    """A logarithmic axis from `low` to `high` with at most about `most` round ticks, whose names don't touch."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log", f"{axis.axis_name}lim": (low, high)})
    apart = LINE / points_tall(axis.axes) * math.log(high / low) if axis.axis_name == "y" else 0.0
    axis.set_major_locator(FixedLocator(_ticks(low, high, scale, most, apart)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: scale.write(value)))


def _ticks(low: float, high: float, scale: Scale, most: int, apart: float = 0.0) -> list[float]:
    """The finest ticks of which there are at most `most`, and no two nearer than `apart` in natural logarithms."""
    first, last = (math.floor(math.log(edge, scale.base)) for edge in (low, high))
    finest = [(1, steps) for steps in scale.steps]
    coarsest = [(stride, (1.0,)) for stride in range(2, last - first + 2)]
    ticks: list[float] = []
    for stride, steps in (*finest, *coarsest):
        powers = [scale.base**power for power in range(first, last + 1) if power % stride == 0]
        ticks = sorted(power * step for power in powers for step in steps if low <= power * step <= high)
        if len(ticks) <= most and all(math.log(b / a) >= apart for a, b in pairwise(ticks)):
            break
    return ticks or [math.sqrt(low * high)]


def limits(values: Sequence[float], *, padding: float = 0.08, least: float = 1.5) -> tuple[float, float]:
    """Limits of a logarithmic axis around the positive values, at least a factor `least` apart."""
    known = [value for value in values if value > 0 and math.isfinite(value)] or [1.0]
    low, high = math.log(min(known)), math.log(max(known))
    middle, half = (low + high) / 2, max(high - low, math.log(least)) / 2
    return math.exp(middle - half * (1 + 2 * padding)), math.exp(middle + half * (1 + 2 * padding))


def points_tall(axes: Axes) -> float:
    """Height of a panel's plotting area, in points."""
    return axes.bbox.height / cast("Figure", axes.figure).dpi * 72


def points_wide(axes: Axes) -> float:
    """Width of a panel's plotting area, in points."""
    return axes.bbox.width / cast("Figure", axes.figure).dpi * 72


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions as near as possible to the wanted ones, at least `gap` apart, within `low` to `high`.

    Neighbours that are too near are merged into clusters around their common middle, the pool-adjacent-violators
    way; the order is kept.
    """
    if not wanted:
        return []
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    clusters: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        total, members = wanted[index] - rank * gap, 1
        while clusters and clusters[-1][0] / clusters[-1][1] >= total / members:
            previous, count = clusters.pop()
            total, members = total + previous, members + count
        clusters.append((total, members))
    flat = np.repeat([total / members for total, members in clusters], [members for _, members in clusters])
    placed = np.clip(flat, low, high - gap * (len(wanted) - 1)) + gap * np.arange(len(wanted))
    return [float(placed[order.index(index)]) for index in range(len(wanted))]
