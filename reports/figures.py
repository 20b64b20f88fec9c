"""One function per figure: a data frame in, a matplotlib figure out. No statistics happen here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from reports import numbers, style
from reports.document import clean
from reports.drawing import BORDER, Scale, blank, limits, log_axis, name_x
from reports.labels import name_lines, name_points, room_at_the_left, tall_enough, upright
from reports.plotting import sns

TIMES = Scale(lambda value: numbers.trimmed(f"{value:.9f}{numbers.TIMES}"))
SECONDS = Scale(lambda value: numbers.trimmed(numbers.seconds(value)))
BYTES = Scale(
    lambda value: numbers.trimmed(numbers.size(value)), steps=((1.0, 1.25, 1.5, 1.75), (1.0, 1.5), (1.0,)), base=2.0
)
SHARES = Scale(lambda value: numbers.trimmed(numbers.percent(value)))
DRIFT = Scale(
    TIMES.write,
    steps=(
        (1.0, 1.02, 1.04, 1.06, 1.08, 9.2, 9.4, 9.6, 9.8),
        (1.0, 1.05, 1.1, 1.15, 1.2, 8.5, 9.0, 9.5),
        (1.0, 1.1, 1.2, 1.5, 2.0, 5.0, 7.0, 9.0),
        (1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 8.0),
        (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
        (1.0, 2.0, 5.0),
    ),
)
LEAST_LEFT, MOST_LEFT, CHARACTER = 1.42, 1.75, 0.055
"""Inches for names at the left, and for one character of theirs: most panels line up, none cuts a name."""
MOST_MARKS = 500
"""More of them make an image of pixels smaller than a drawing of shapes."""
LABEL_SHARE = 0.36
"""Share of a panel's width that is kept for the labels at the ends of the lines."""


def speedup_by_workers(speedups: pd.DataFrame, *, title: str, cpus: int | None) -> Figure:
    """Speed-up over workers for one kind of work, with 95 % intervals, the ideal line and the CPU count.

    Args:
        speedups: rows of one workload, setting, interpreter and use, the baseline left out; columns `label`,
            `strategy`, `start_method`, `workers`, `speedup`, `low`, `high`.
        title: heading of the panel.
        cpus: CPUs that the run could use; no mark if None.
    """
    known = speedups.dropna(subset=["speedup"])
    if known["workers"].nunique() < 2:
        return _one_count(known, "speedup", "low", "high", title=title, scale=TIMES, serial=1.0)
    figure, axes = blank(clean(title, 42), left=0.52, height=tall_enough(known["label"].nunique() + 1))
    _lines(axes, known, "speedup", low="low", high="high")
    workers = sorted(known["workers"].unique())
    low, high = limits([*known["speedup"], *known["low"].dropna(), *known["high"].dropna(), 1.0], least=2.0)
    log_axis(axes.yaxis, low, high, TIMES)
    axes.axhline(1, color=style.QUIET, linewidth=0.9, zorder=1)
    workers_axis(axes, workers, cpus)
    ends = np.array(axes.get_xlim())
    axes.plot(ends, ends, color=style.QUIET, linewidth=0.8, dashes=(1, 2), zorder=1)
    name_lines(axes, known, "speedup", extra=[("serial", 1.0)])
    return figure


def cost_by_workers(pools: pd.DataFrame, *, title: str, value: str, scale: Scale, cpus: int | None = None) -> Figure:
    """What a pool costs over its number of workers, one line per strategy, a bar from lowest to highest.

    Args:
        pools: columns `label`, `strategy`, `start_method`, `workers`, and `value` with `{value}_least` and
            `{value}_most`.
        title: heading of the panel.
        value: the column to draw; values that aren't positive are left out, as the axis is logarithmic.
        scale: how the values are written.
        cpus: CPUs that the run could use; no mark if None.
    """
    known = pools[pools[value] > 0]
    ends = [f"{value}_least", f"{value}_most"]
    if known["workers"].nunique() < 2:
        return _one_count(known, value, *ends, title=title, scale=scale)
    figure, axes = blank(clean(title, 42), left=0.58, height=tall_enough(known["label"].nunique()))
    _lines(axes, known, value, low=ends[0], high=ends[1])
    log_axis(axes.yaxis, *limits([*known[value], *known[ends[0]], *known[ends[1]]], least=4.0), scale)
    workers_axis(axes, sorted(known["workers"].unique()), cpus)
    name_lines(axes, known, value)
    return figure


def time_against_memory(points: pd.DataFrame, *, title: str) -> Figure:
    """Time of one batch, start-up included, against peak memory; the front joins what nothing beats in both.

    Args:
        points: rows of one kind of work; columns `name`, `strategy`, `time_s`, `peak_bytes`, `front` (bool).
        title: heading of the panel.
    """
    figure, axes = blank(clean(title, 42), left=0.58)
    known = points.dropna(subset=["time_s", "peak_bytes"])
    front = known[known["front"]].sort_values(["time_s", "peak_bytes"])
    x_low, x_high = limits(known["time_s"].tolist(), least=2.0, padding=0.12)
    log_axis(axes.xaxis, room_at_the_left(axes, front, x_low, x_high), x_high, SECONDS, most=4)
    log_axis(axes.yaxis, *limits(known["peak_bytes"].tolist(), least=2.0, padding=0.3), BYTES)
    axes.plot(front["time_s"], front["peak_bytes"], color=style.QUIET, linewidth=0.8, zorder=1, drawstyle="steps-post")
    # Markers of lines, not scatter plots: drawn alike, in a third of the time.
    for on_front, size, alpha in ((False, 3.74, 0.55), (True, 5.1, 1.0)):
        for strategy, group in known[known["front"] == on_front].groupby("strategy", sort=False):
            look = style.look(str(strategy))
            axes.plot(
                group["time_s"].to_numpy(),
                group["peak_bytes"].to_numpy(),
                color=look.colour,
                marker=look.marker,
                linestyle="",
                markersize=size,
                markeredgewidth=0,
                alpha=alpha,
                rasterized=len(known) > MOST_MARKS,
            )
    axes.grid(axis="x")
    name_x(axes, "time")
    name_points(axes, front)
    return figure


def stability(cases: pd.DataFrame, *, value: str, title: str) -> Figure:
    """How much the steady phase varies, one dot per case, a row per strategy.

    Args:
        cases: columns `label`, `strategy` and `value`, a coefficient of variation.
        title: heading of the panel.
        value: the column to draw.
    """
    known = cases[cases[value] > 0].assign(label=lambda frame: [clean(label, 30) for label in frame["label"]])
    labels = list(dict.fromkeys(known["label"]))
    left = max(1.25, CHARACTER * max(map(len, labels), default=0))
    figure, axes = blank(clean(title, 42), height=max(1.1, BORDER + 0.19 * len(labels)), left=left)
    np.random.seed(0)  # seaborn's jitter knows no other source
    sns.stripplot(
        data=known,
        x=value,
        y="label",
        order=labels,
        hue="strategy",
        palette={name: style.look(name).colour for name in known["strategy"].unique()},
        legend=False,
        size=3.2,
        jitter=0.22,
        alpha=0.7,
        linewidth=0,
        ax=axes,
        rasterized=len(known) > MOST_MARKS,
    )
    log_axis(axes.xaxis, *limits(known[value].tolist(), least=4.0), SHARES, most=5)
    axes.set(xlabel="", ylabel="")
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0, labelcolor=style.INK)
    return figure


def drift(blocks: pd.DataFrame, *, title: str) -> Figure:
    """How the machine's speed changed during the run: each serial case's time by block, over its own median.

    Args:
        blocks: columns `block`, `case_id` and `relative` (1 is the case's median).
        title: heading of the panel.
    """
    figure, axes = blank(clean(title, 42), left=0.52)
    for _, case in blocks.sort_values("block").groupby("case_id", sort=False):
        axes.plot(
            case["block"].to_numpy("float64"),
            case["relative"].to_numpy(),
            color=style.look("serial").colour,
            linewidth=0.9,
            alpha=0.7,
            rasterized=len(blocks) > 10 * MOST_MARKS,
        )
    values = blocks["relative"].tolist()
    log_axis(axes.yaxis, *limits([*values, 0.97, 1.03], least=1.1), DRIFT, most=6)
    name_x(axes, "block")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _lines(axes: Axes, frame: pd.DataFrame, value: str, *, low: str, high: str) -> None:
    labels = list(dict.fromkeys(frame["label"]))
    if not labels:
        return
    first = frame.drop_duplicates("label").set_index("label")
    looks = {label: style.look(str(first.at[label, "strategy"])) for label in labels}
    # A small step aside, so that intervals at the same number of workers can be told apart.
    step = min(0.035, 0.2 / len(labels))
    aside = {label: 1 + step * (index - (len(labels) - 1) / 2) for index, label in enumerate(labels)}
    placed = frame.assign(place=frame["workers"].astype(float) * frame["label"].map(aside))
    colours = [looks[label].colour for label in placed["label"]]
    axes.vlines(placed["place"], placed[low], placed[high], colors=colours, linewidth=1.1)
    # seaborn's line plot groups, sorts and styles anew what is in order here, and takes ten times as long.
    for label, group in placed.sort_values("place").groupby("label", sort=False):
        look = looks[label]
        axes.plot(
            group["place"].to_numpy(),
            group[value].to_numpy(),
            color=look.colour,
            marker=look.marker,
            dashes=style.LINES.get(str(first.at[label, "start_method"])) or (None, None),
            markersize=3.6,
            markeredgewidth=0,
            linewidth=1.2,
            zorder=2 + 0.001 * labels.index(label),
        )


def workers_axis(axes: Axes, workers: Sequence[int], cpus: int | None) -> None:
    """The horizontal axis of a panel over numbers of workers, with room for names at the right and the CPUs' mark."""
    counts = [float(count) for count in workers] or [1.0]
    low, high = counts[0] / 1.18, counts[-1] * 1.18
    axes.set_xscale("log", base=2)
    axes.set_xlim(low, high)
    axes.set_xticks(counts, [f"{count:g}" for count in counts])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("")
    name_x(axes, "workers")
    place = axes.get_position()
    axes.set_position((place.x0, place.y0, place.width - LABEL_SHARE + 0.04, place.height))
    if cpus and low <= cpus <= high:
        upright(axes, cpus, numbers.count(cpus, "CPU"))


def _one_count(
    frame: pd.DataFrame, value: str, low: str, high: str, *, title: str, scale: Scale, serial: float | None = None
) -> Figure:
    """Where there is only one number of workers: a row per strategy, the highest value first."""
    rows = frame.sort_values(value, ascending=False)
    names = [f"{clean(label, 26)} × {workers}" for label, workers in zip(rows["label"], rows["workers"], strict=True)]
    left = min(MOST_LEFT, max(LEAST_LEFT, CHARACTER * max(map(len, names), default=0)))
    figure, axes = blank(clean(title, 42), height=BORDER + 0.17 * max(len(names), 2), left=left)
    places = np.arange(len(names))
    looks = [style.look(str(strategy)) for strategy in rows["strategy"]]
    axes.hlines(places, rows[low], rows[high], colors=[look.colour for look in looks], linewidth=1.1)
    for place, number, look in zip(places, rows[value], looks, strict=True):
        axes.plot(number, place, color=look.colour, marker=look.marker, markersize=3.8, markeredgewidth=0)
    known = [*rows[value], *rows[low].dropna(), *rows[high].dropna(), *([serial] if serial else [])]
    log_axis(axes.xaxis, *limits(known, least=2.0), scale, most=4)
    axes.set_ylim(max(len(names), 2) - 0.5, -0.5)
    axes.set_yticks(places, names)
    for label, look in zip(axes.get_yticklabels(), looks, strict=True):
        label.set_color(look.text)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x")
    if serial:
        upright(axes, serial, "serial")
    return figure
