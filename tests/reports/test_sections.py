"""Bundles with little or nothing in them still give a report: plain statements, never a crash."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.summary import summarise
from reports import drawing, pools, prose, quality_tables, reproduction, sections, tables
from reports.document import Block, Figure, Heading, Items, Listing, Table, clean, clean_lines, text_of
from reports.html import to_html
from reports.render import NOTEBOOK
from reports.typeset import typeset
from tests.support.synthetic import SyntheticBundle, synthetic_bundle


@dataclass
class Loaded:
    """What the store gives."""

    folder: Path
    run: dict[str, Any]
    invocations: pd.DataFrame
    measurements: pd.DataFrame


def bundle(**changed: Any) -> SyntheticBundle:
    settings = {
        "blocks": 3,
        "workloads": ("int_loop",),
        "strategies": ("serial", "threads", "mp_pool"),
        "workers": (1, 2),
        "interpreters": ("current",),
        "memory_blocks": 2,
    }
    return synthetic_bundle(**(settings | changed))


def everything(made: SyntheticBundle, folder: Path) -> list[Block]:
    drawing.prepare()
    report = sections.Report(Loaded(folder, made.run, made.invocations, made.measurements), summarise(made))
    return [
        reproduction.title(report),
        *sections.answer(report),
        *sections.speedups(report),
        *sections.costs(report),
        *sections.time_and_memory(report),
        *sections.quality(report),
        *reproduction.how_to_repeat(report),
    ]


def only(made: SyntheticBundle, keep: Callable[[pd.DataFrame], pd.Series]) -> SyntheticBundle:
    made.invocations = made.invocations[keep(made.invocations)].reset_index(drop=True)
    made.measurements = made.measurements[made.measurements["invocation"].isin(made.invocations["invocation"])]
    return made


def all_failed() -> SyntheticBundle:
    made = only(bundle(), lambda rows: rows["pass"] == "timing")
    made.invocations["status"] = "failed"
    made.invocations["error"] = "ValueError: no"
    made.measurements = made.measurements.iloc[:0]
    return made


def all_failed_under_two() -> SyntheticBundle:
    made = bundle(interpreters=("current", "python3.13t"), memory_blocks=0)
    made.invocations["status"] = "failed"
    made.measurements = made.measurements.iloc[:0]
    return made


def all_unsupported() -> SyntheticBundle:
    made = all_failed()
    made.invocations = made.invocations.drop_duplicates("case_id").assign(status="unsupported", block=pd.NA)
    return made


def empty() -> SyntheticBundle:
    made = bundle()
    made.invocations, made.measurements = made.invocations.iloc[:0], made.measurements.iloc[:0]
    made.run |= {"cases": [], "excluded": [], "calibrations": [], "machine": {}, "interpreters": {}, "config": {}}
    return made


def without_columns() -> SyntheticBundle:
    made = bundle()
    made.invocations = made.invocations.drop(
        columns=[c for c in made.invocations if c.startswith(("param_", "option_"))]
    )
    made.run = {"schema_version": 1, "name": None}
    return made


def looked_too_early() -> SyntheticBundle:
    made = bundle(speedup=lambda case: 0.5)
    made.run["config"]["measure"]["until"] = "decided"
    return made


def found_wrong() -> SyntheticBundle:
    made = bundle(mishaps=False)
    made.invocations["wrong_results"] = made.invocations["strategy"] == "threads"
    return made


MEAGRE: dict[str, tuple[Callable[[], SyntheticBundle], str]] = {
    "every case failed": (all_failed, "No kind of work has an answer"),
    "only unsupported": (all_unsupported, "no case could be compared|No case could be compared"),
    "nothing at all": (empty, "The run holds no cases"),
    "one block": (lambda: bundle(blocks=1), "No kind of work has an answer"),
    "no memory pass": (lambda: bundle(memory_blocks=0), "Memory was not measured in this run"),
    "only serial": (lambda: bundle(strategies=("serial",)), "No kind of work has an answer"),
    "no baseline": (lambda: only(bundle(), lambda rows: rows["strategy"] != "serial"), "No kind of work has an answer"),
    "one number of workers": (lambda: bundle(workers=(2,)), "Speed-up of a resident pool"),
    "unbounded intervals": (looked_too_early, "looked after every block"),
    "a failed oracle": (found_wrong, "verdicts of this run are invalid.*the oracle results failed.*no verdict"),
    "old columns": (without_columns, "A run without a name"),
}


@pytest.mark.parametrize("name", MEAGRE)
def test_meagre_bundles_give_plain_statements(name: str, tmp_path: Path) -> None:
    make, statement = MEAGRE[name]
    blocks = everything(make(), tmp_path)
    page = "".join(to_html(block.to_json()) for block in blocks)
    assert re.search(statement, page)
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page).replace("finance", "").split()
    assert typeset([block.to_json() for block in blocks], version="0").startswith(b"%PDF")


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> list[Block]:
    return everything(bundle(interpreters=("current", "python3.13t")), tmp_path_factory.mktemp("none"))


def test_names_are_unique_over_interpreters(blocks: list[Block]) -> None:
    names = [block.name for block in blocks if isinstance(block, Figure | Table)]
    assert len(names) == len(set(names))


def test_decision_table_says_what_the_winners_say(blocks: list[Block]) -> None:
    winners = summarise(bundle(interpreters=("current", "python3.13t"))).winners
    decisions = [block for block in blocks if isinstance(block, Table) and block.name.startswith("decision")]
    (rows,) = (table.rows for table in decisions)
    resident = winners[winners["use"] == "resident"]
    by_place = {(row[0].text, row[0].note, row[1].text): row for row in rows}
    assert len(by_place) == len(rows) == len(resident)
    for winner in resident.to_dict("records"):
        row = by_place[winner["workload"], winner["setting"], winner["interpreter"]]
        if winner["outcome"] == "winner":
            method = "" if pd.isna(winner["recommended_start_method"]) else winner["recommended_start_method"]
            assert row[2].text == f"{winner['recommended_strategy']}\u00a0×\u00a0{winner['recommended_workers']}"
            assert row[2].note == method
            assert row[3].sort == pytest.approx(winner["recommended_speedup"])
            assert row[6].sort == pytest.approx(winner["recommended_peak_bytes"])
        else:
            assert winner["outcome"] in row[2].text


def test_sentences_that_hold_under_several_interpreters_are_told_once() -> None:
    made = all_failed_under_two()
    report = sections.Report(Loaded(Path(), made.run, made.invocations, made.measurements), summarise(made))
    shown = sections.answer(report)
    (items,) = (block for block in shown if isinstance(block, Items))
    (heading,) = (block for block in shown if isinstance(block, Heading))
    assert len(items.items) == 1
    assert "current" in text_of(heading.words)
    assert "python3.13t" in text_of(heading.words)


def test_slow_is_told_as_how_many_times_slower_and_sorts_as_a_speedup() -> None:
    cell = tables.speedup_cell({"speedup": 0.02, "low": 0.01, "high": 0.04})
    assert (cell.text, cell.note, cell.sort) == ("50.0× slower", "25.0 to 100", 0.02)


def test_only_the_worst_unstable_cases_are_listed() -> None:
    case = {"workload": "w", "setting": "", "strategy": "threads", "start_method": None, "interpreter": "i", "n": 9}
    frame = pd.DataFrame(
        [case | {"name": f"threads × {i}", "cv_between": i / 10, "cv_within": 0.1} for i in range(1, 15)]
    )
    table = quality_tables.unstable(frame, name="x", several_interpreters=False)
    assert [row[2].sort for row in table.rows] == [i / 10 for i in range(14, 4, -1)]
    assert "Interpreter" not in [column.title for column in table.columns]
    assert "4 more cases" in text_of(table.note)


def test_drawings_are_well_formed(blocks: list[Block]) -> None:
    drawn = [block for block in blocks if isinstance(block, Figure)]
    assert drawn
    for panel in (panel for figure in drawn for panel in figure.panels):
        assert ET.fromstring(panel.svg).tag.endswith("svg")


def test_front_holds_what_nothing_beats() -> None:
    points = pd.DataFrame(
        {
            "case_id": ["slow and light", "fast and heavy", "beaten", "as the fast one", "middle"],
            "time_s": [10.0, 1.0, 5.0, 1.01, 4.0],
            "peak_bytes": [1.0, 100.0, 60.0, 101.0, 50.0],
        }
    )
    assert pools.front_of(points) == {"slow and light", "fast and heavy", "middle"}


def test_left_out_cases_are_grouped_by_reason() -> None:
    both = ("current", "python3.13t")
    summary = summarise(bundle(interpreters=both, strategies=("serial", "processes", "mp_pool")))
    table = tables.left_out(summary.not_measured, name="x", interpreters=both)
    assert table is not None
    place = [column.title for column in table.columns].index("Cases")
    counts = [int(row[place].text) for row in table.rows]
    assert all(any(row[i].text not in ("", "–") for row in table.rows) for i in range(len(table.columns)))
    assert sum(counts) == len(summary.not_measured)
    assert len(table.rows) < len(summary.not_measured)


@given(st.text())
def test_clean_text_is_one_visible_line(text: str) -> None:
    cleaned = clean(text, 50)
    assert not re.search(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", cleaned)
    assert clean_lines("a\n\tb") == "a\n    b"
    assert text_of(()) == ""


def test_configuration_is_shown_whole(blocks: list[Block]) -> None:
    listings = {block.title: block.text for block in blocks if isinstance(block, Listing)}
    assert listings["The command"].startswith("whichpool run configs/synthetic.yaml")
    assert "precision: 3%" in listings["The configuration, as it was resolved"]


def test_the_notebooks_own_text_can_be_set() -> None:
    nbformat = pytest.importorskip("nbformat")
    cells = nbformat.read(NOTEBOOK, 4).cells
    headings = [
        "".join(span["text"] for span in block["words"])
        for cell in cells
        if cell.cell_type == "markdown"
        for block in prose.blocks(cell.source)
        if block["kind"] == "heading"
    ]
    assert len(headings) == 6
    assert not any(cell.get("outputs") for cell in cells)
    with pytest.raises(ValueError, match="can't show"):
        list(prose.blocks("![picture](x.png)"))
