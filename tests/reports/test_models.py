"""Borders, break-even points and models of scaling are told as the frames hold them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.summary import summarise
from reports import drawing, numbers, sections
from reports.document import Block, Figure, Items, Table, Title, text_of
from reports.html import to_html
from reports.models import figures, sentences
from reports.models.section import borders, scaling
from reports.typeset import typeset
from tests.reports.planted_models import NAN, POOL, SERIES, Modelled, cell, crossing, fit, modelled
from tests.reports.test_sections import Loaded, bundle


def plain(sentence: Any) -> str:
    return text_of(sentence).replace("\u00a0", " ")


def shown(models: Modelled | None) -> list[Block]:
    drawing.prepare()
    made = bundle(memory_blocks=0)
    loaded = Loaded(Path(), made.run, made.invocations, made.measurements)
    report = sections.Report(loaded, summarise(made), models=models)
    if models is not None:
        models.curves = models.curves.assign(baseline_id=report.summary.cases["baseline_id"].iloc[0])
        models.curves = models.curves.assign(label="threads", strategy="threads")
    return [*borders(report), *scaling(report)]


@pytest.fixture(scope="module")
def blocks() -> list[Block]:
    return shown(modelled())


NOTHING = dict.fromkeys(("measured", "measured_low", "measured_high"), NAN)
UNPREDICTED = dict.fromkeys(("predicted", "predicted_low", "predicted_high"), NAN)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (crossing(measured_low=NAN, predicted_low=NAN),
         "processes (fork) × 2 pays from 800 µs per task, predicted 700 µs"),
        (crossing(predicted_low=NAN),
         "processes (fork) × 2 pays from 800 µs per task (600 µs to 1.10 ms), predicted 700 µs"),
        (crossing(**UNPREDICTED), "processes (fork) × 2 pays from 800 µs per task (600 µs to 1.10 ms)"),
        (crossing(**NOTHING, reason="pays at every measured duration"),
         "processes (fork) × 2: pays at every measured duration; predicted 700 µs (500 µs to 900 µs) per task"),
        (crossing(**NOTHING, **UNPREDICTED), "processes (fork) × 2: no crossing was measured"),
        (crossing(against="threads", measured_low=NAN, **UNPREDICTED),
         "processes (fork) × 2 beside threads pays from 800 µs per task"),
        (crossing(axis="payload", measured=2048, measured_low=1024, measured_high=4096, **UNPREDICTED),
         "processes (fork) × 2 stops paying from 2.00 KiB of payload (1.00 KiB to 4.00 KiB)"),
    ],
)  # fmt: skip
def test_a_break_even_point_is_told_measured_first_then_predicted(row: dict[str, Any], sentence: str) -> None:
    assert plain(sentences.break_even(row)) == sentence


def test_pools_without_a_point_share_their_reason() -> None:
    silent = [crossing(label=name, **NOTHING, **UNPREDICTED, reason="it never pays") for name in ("a", "b")]
    found = [plain(item.words) for item in sentences.break_evens(pd.DataFrame([crossing(), *silent]))]
    assert found[0].startswith("For a resident pool, processes (fork) × 2 pays from")
    assert found[1:] == ["For a resident pool, by task duration: a × 2 and b × 2: it never pays."]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (fit(), "coherence 0.010 % (0.0080 % to 0.012 %); fastest with 18 workers (16 to 21)."),
        (fit(model="Amdahl", peak_workers=NAN), "fits best: Amdahl's law; contention 2.8 % (2.2 % to 3.4 %)."),
        (fit(peak_workers=NAN, reason="its peak is beyond 16"), "; its peak is beyond 16."),
        (fit(model="constant", peak_workers=NAN), "fits best: more workers change nothing."),
        (fit(model="linear", peak_workers=NAN), "fits best: every worker adds the same."),
    ],
)  # fmt: skip
def test_a_fit_is_told_with_its_parameters_and_its_peak(row: dict[str, Any], sentence: str) -> None:
    text = plain(sentences.fit(row)).replace("\N{NO-BREAK SPACE}", " ")
    assert text.startswith("For int_loop (10 ms tasks) with processes (fork), up to 16 workers, ")
    assert text.endswith(sentence)


def test_series_without_a_fit_are_told_once_per_reason() -> None:
    rows = [fit(workload=f"w{i}", model=None, reason="2 counts are too few") for i in range(5)]
    (item,) = sentences.fits(pd.DataFrame(rows))
    assert plain(item.words) == "No curve is fitted to 5 series: 2 counts are too few."
    (item,) = sentences.fits(pd.DataFrame(rows[:1]))
    assert "1 series (w0 (10 ms tasks) with processes (fork)): 2 counts" in plain(item.words)


def test_a_map_counts_its_cells() -> None:
    outcomes = ("winner", "winner", "serial", "no reliable difference", "no worthwhile difference")
    text = sentences.border(pd.DataFrame([cell(each) for each in outcomes]))
    assert text == "of 5 combinations: processes (fork) wins 2, serial stays for 1 and 2 can't be told or don't pay"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (cell(), "processes\nfork\n1.84×"),
        (cell(strategy="subinterpreters", label="subinterpreters"), "subinterp.\n1.84×"),
        (cell("serial"), "serial"),
        (cell("no worthwhile difference"), "nothing\npays"),
        (cell("no reliable difference"), "can't be\ntold"),
        (cell("not measured", speedup=NAN), "–"),
    ],
)
def test_a_cell_names_the_winner_or_says_that_there_is_none(row: dict[str, Any], text: str) -> None:
    assert figures.cell_text(row) == text


@pytest.mark.parametrize("tasks", [(0.0, 0.001, 0.1), (NAN,)])
@pytest.mark.parametrize("payloads", [(NAN,), (1024.0, 4194304.0)])
def test_a_map_has_a_place_for_every_combination(tasks: tuple[float, ...], payloads: tuple[float, ...]) -> None:
    rows = pd.DataFrame([cell(task_s=task, payload_bytes=payload) for task in tasks for payload in payloads])
    (axes,) = figures.border(rows, title="x").axes
    cells = [text for text in axes.texts if "1.84" in text.get_text()]
    assert len(axes.get_xticks()) * len(axes.get_yticks()) == len(cells) == len(rows)
    assert len({text.get_position() for text in cells}) == len(rows)
    assert min(text.get_fontsize() for text in axes.texts) >= 6.5


def test_a_bound_that_is_broken_is_named() -> None:
    row = SERIES | {"workers": 2, "holds": "yes"}
    kept = plain(sentences.gil_bounds(pd.DataFrame([row, row | {"holds": "undecided"}])))
    assert kept.endswith("in 1 of 2 cases, and reliably break it in none.")
    broken = plain(sentences.gil_bounds(pd.DataFrame([row, row | {"holds": "no"}])))
    assert broken.endswith("in 1 of 2 cases; they break it for int_loop (10 ms tasks) × 2.")


positive = st.floats(1e-7, 1e3)


@given(st.tuples(positive, positive, positive, positive, positive, positive))
def test_every_number_of_a_break_even_sentence_comes_from_its_row(values: tuple[float, ...]) -> None:
    names = ["measured", "measured_low", "measured_high", "predicted", "predicted_low", "predicted_high"]
    text = plain(sentences.break_even(crossing(**dict(zip(names, values, strict=True)))))
    known = {numbers.seconds(value).replace("\u00a0", " ") for value in values}
    told = re.findall(r"[\d.\u2009]*\d (?:ns|µs|ms|s|min)\b", text)
    assert len(told) == 6
    assert set(told) <= known


def test_sections_show_maps_points_curves_and_the_numbers_behind_them(blocks: list[Block]) -> None:
    named = {block.name: block for block in blocks if isinstance(block, Figure | Table)}
    assert set(named) == {
        "borders", "borders-table", "break-even", "break-even-table", "curves", "serial-fraction",
        "serial-fraction-table", "weak-scaling", "gil-bounds",
    }  # fmt: skip
    for figure in (block for block in blocks if isinstance(block, Figure)):
        assert figure.data.count("\n") >= 2
        assert all(re.search(r"\d", panel.alt) for panel in figure.panels)
    caption = plain(named["break-even"].caption)
    assert caption.startswith("2 of 2 pairs of intervals meet.")
    assert sum(isinstance(block, Items) for block in blocks) == 2


def test_models_can_be_shown_as_html_and_as_pdf(blocks: list[Block]) -> None:
    page = "".join(to_html(block.to_json()) for block in blocks)
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page).lower().split()
    whole = [Title("x", "", "2026-11-23T05:15:00+00:00", "0"), *blocks]
    assert typeset([block.to_json() for block in whole], version="0").startswith(b"%PDF")


def test_without_models_there_is_no_section_and_with_empty_ones_a_plain_statement() -> None:
    assert shown(None) == []
    full = modelled()
    texts = [plain(block.words) for block in shown(Modelled(*(frame.iloc[:0] for frame in vars(full).values())))  # type: ignore[attr-defined]
             if hasattr(block, "words")]  # fmt: skip
    assert "The run sweeps neither the duration of tasks nor their payload, so no border can be told." in texts
    assert any(text.startswith("No case with two or more workers") for text in texts)


def test_serial_fractions_name_the_extremes() -> None:
    rows = pd.DataFrame([POOL | {"workers": 2, "serial_fraction": value} for value in (0.5, -0.02, 0.13)])
    text = plain(sentences.serial_fractions(rows))
    assert text.startswith("Least serial: int_loop (10 ms tasks) with processes (fork) × 2, −2.0 %; most: ")
    assert text.endswith("50 %. ")
