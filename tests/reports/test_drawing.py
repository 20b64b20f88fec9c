"""What is drawn: small and repeatable figures, readable labels and colours, and ticks on every axis."""

from __future__ import annotations

import math
from itertools import pairwise

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.summary import summarise
from reports import drawing, export, figures, labels, style, svg
from tests.support.synthetic import synthetic_bundle


def test_a_drawing_is_the_same_each_time() -> None:
    drawing.prepare()
    made = synthetic_bundle(
        blocks=3, workloads=("int_loop",), strategies=("serial", "threads"), workers=(1, 2), interpreters=("current",)
    )
    frame = summarise(made).speedups
    rows = frame[(frame["use"] == "resident") & (frame["strategy"] != "serial")]
    one, two = (drawing.to_svg(figures.speedup_by_workers(rows, title="x", cpus=4)) for _ in range(2))
    assert one == two


def test_figure_of_many_points_is_small() -> None:
    drawing.prepare()
    many = pd.DataFrame({"label": "threads", "strategy": "threads", "cv": [0.01 + i / 1e5 for i in range(3000)]})
    assert len(drawing.to_svg(figures.stability(many, value="cv", title="many"))) < 200_000


def test_strategies_keep_their_colour_and_unknown_ones_get_a_stable_one() -> None:
    assert len({look.colour for look in style.LOOKS.values()}) == len(style.LOOKS)
    assert style.look("my own") == style.look("my own")
    assert style.look("my own") not in style.LOOKS.values()
    colours = [light for light, _ in style.variables().values()]
    assert len(colours) == len(set(colours)), "a drawing's colours are told apart by their value"
    assert style.variable("<script>") in style.variables()


def test_words_in_a_drawing_are_never_changed() -> None:
    text = '1.23456 id="a" url(#b) #0072b2'
    drawn = f'<?xml?><svg width="9" viewBox="0 0 75 9"><g id="g1"/><text id="b" x="1.98765">{text}</text></svg>'
    inline = svg.inline(svg.slim(drawn), "n", "a label")
    assert f">{text}</text>" in inline
    assert 'x="1.98"' in inline
    assert 'aria-label="a label"' in inline
    assert "g1" not in inline


@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.01, 0.2))
def test_labels_never_overlap_and_keep_their_order(wanted: list[float], gap: float) -> None:
    placed = drawing.spread(wanted, gap, 0.0, 1.0)
    possible = min(gap, 1.0 / max(len(wanted) - 1, 1))
    ordered = sorted(placed)
    assert all(b - a >= possible - 1e-9 for a, b in pairwise(ordered))
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in placed)
    assert sorted(range(len(wanted)), key=lambda i: wanted[i]) == sorted(range(len(wanted)), key=lambda i: placed[i])


@given(st.floats(1e-9, 1e9), st.floats(1.2, 1e6))
def test_axes_always_have_a_tick_and_never_too_many(low: float, factor: float) -> None:
    for scale in (figures.TIMES, figures.BYTES, figures.DRIFT):
        ticks = drawing._ticks(low, low * factor, scale, 6)
        assert 1 <= len(ticks) <= 6
        assert all(low * 0.999 <= tick <= low * factor * 1.001 for tick in ticks)


_, PANEL = drawing.blank()


@given(st.lists(st.tuples(st.floats(0.01, 1.0), st.integers(1, 60)), min_size=1, max_size=5))
def test_names_of_points_never_leave_the_panel(points: list[tuple[float, int]]) -> None:
    front = pd.DataFrame({"name": ["x" * length for _, length in points], "time_s": [time for time, _ in points]})
    low = labels.room_at_the_left(PANEL, front, 0.005, 2.0)
    assert low <= 0.005
    for name, time in zip(front["name"], front["time_s"], strict=True):
        place = math.log(time / low) / math.log(2.0 / low)
        width = labels.LETTER * min(len(name), labels.LONGEST_NAME) / drawing.points_wide(PANEL)
        assert place >= min(width, 0.6)


@given(st.floats(1e-9, 1e9), st.floats(1.2, 1e6))
def test_names_of_ticks_one_above_the_other_never_touch(low: float, factor: float) -> None:
    for scale in (figures.TIMES, figures.SECONDS, figures.BYTES, figures.DRIFT):
        figure, axes = drawing.blank()
        points = 72 / figure.dpi
        drawing.log_axis(axes.yaxis, low, low * factor, scale)
        heights = sorted(float(axes.transData.transform((0.0, tick))[1]) * points for tick in axes.get_yticks())
        assert all(b - a >= drawing.LINE - 1e-6 for a, b in pairwise(heights))


def test_contrast_of_words_is_enough() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def contrast(one: str, other: str) -> float:
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    both = {**style.variables(), **export._PAGE}
    light, dark = both["--page"]
    for name, pair in both.items():
        if name.endswith("-text") or name in ("--ink", "--quiet", "--link"):
            assert contrast(pair[0], light) >= 4.5, name
            assert contrast(pair[1], dark) >= 4.5, name
    assert not math.isnan(contrast(light, dark))
