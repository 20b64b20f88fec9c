"""The section about several interpreters: it says what was planted, and is absent where there is one interpreter."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.text import Text

from pipeline.analysis.summary import summarise
from reports import drawing, sections, style
from reports.document import Block, Figure, Heading, Items, Paragraph, Table, Title, text_of
from reports.html import to_html
from reports.interpreters import figures, names
from reports.interpreters.section import TITLE, interpreters
from reports.typeset import typeset
from tests.analysis.interpreters.planted import CONTROL, planted
from tests.reports.test_sections import Loaded
from tests.support.synthetic import SyntheticBundle

FREE = "python3.13t"
SMALL = {"workloads": ("int_loop", "hash_large", "noop"), "workers": (2, 4), "blocks": 8}


def shown(made: SyntheticBundle) -> list[Block]:
    drawing.prepare()
    report = sections.Report(Loaded(Path(), made.run, made.invocations, made.measurements), summarise(made))
    return interpreters(report)


def told(blocks: list[Block]) -> list[str]:
    """The items and paragraphs as text."""
    found: list[str] = []
    for block in blocks:
        if isinstance(block, Items):
            found += [text_of(item.words) for item in block.items]
        if isinstance(block, Paragraph):
            found.append(text_of(block.words))
    return [text.replace("\u00a0", " ") for text in found]


@pytest.fixture(scope="module")
def blocks() -> list[Block]:
    slower = {FREE: 1.25, CONTROL: 1.1}
    starts = {"current": 0.02, FREE: 0.03, CONTROL: 0.03}
    return shown(
        planted(interpreters=("current", FREE, CONTROL), slower=slower, starts_s=starts, heavier={FREE: 1.3}, **SMALL)
    )


def test_one_interpreter_has_no_section() -> None:
    assert shown(planted(interpreters=("current",), workloads=("int_loop",), blocks=3)) == []


def test_sentences_come_first_then_the_figure_then_the_table(blocks: list[Block]) -> None:
    assert [type(block) for block in blocks[:5]] == [Heading, Paragraph, Items, Figure, Table]
    assert text_of(blocks[0].words) == TITLE  # type: ignore[attr-defined]
    assert all(block.folded for block in blocks[5:])  # type: ignore[attr-defined]


def test_what_isolates_a_cause_is_told_first_and_says_what_it_is(blocks: list[Block]) -> None:
    texts = [text for text in told(blocks) if text.startswith("In one thread")]
    assert len(texts) == 3
    by_meaning = {
        "this is what free threading costs.": (r"under python3.13t .* takes 1\.2\d times .* under current", 1.25),
        "this is what running without the GIL costs.": (r"under python3.13t .* takes 1\.1\d times .*gil=1", 1.14),
        "what the free-threaded build costs even then.": (r"gil=1 .*GIL on.* takes 1\.\d\d times .* current", 1.1),
    }
    for ending, (pattern, truth) in by_meaning.items():
        (text,) = (each for each in texts if each.endswith(ending))
        found = re.search(pattern, text)
        assert found, text
        ratio, low, high = (float(number) for number in re.findall(r"\d\.\d\d", text.split("takes", 1)[1])[:3])
        assert low <= ratio <= high
        assert ratio == pytest.approx(truth, rel=0.04)
        assert "int_loop 1." in text
        assert "hash_large 1." in text


def test_versions_and_builds_that_differ_together_are_no_cost_of_free_threading() -> None:
    made = planted(slower={FREE: 1.4}, workloads=("int_loop",), strategies=("serial", "threads"), memory_blocks=0)
    made.run["interpreters"]["current"]["version"] = "3.11.7"
    (text,) = (each for each in told(shown(made)) if each.startswith("In one thread"))
    assert "takes 1.4" in text
    assert text.endswith("They differ in version and build, so this is not the cost of free threading alone.")


def test_what_is_faster_is_told_as_such() -> None:
    made = planted(slower={FREE: 0.02}, workloads=("int_loop", "hash_large"), strategies=("serial",), memory_blocks=0)
    (text,) = (each for each in told(shown(made)) if each.startswith("In one thread"))
    assert re.search(
        r"is (49|50|51)\.\d times \(.*\) as fast as under current .*: int_loop \d\d\.\d times as fast", text
    )


def test_no_reliable_difference_says_what_would_have_shown() -> None:
    made = planted(cv=0.1, blocks=3, workloads=("int_loop",), strategies=("serial", "threads"), memory_blocks=0)
    (text,) = (each for each in told(shown(made)) if each.startswith("In one thread"))
    assert re.search(r"no reliable difference \(\d\.\d\d to \d\.\d\d; one of \d+ % would probably have shown\)", text)


def test_the_flip_is_told_with_both_sides(blocks: list[Block]) -> None:
    (text,) = (each for each in told(blocks) if "the interpreter decides" in each)
    assert re.fullmatch(
        r"For int_loop the interpreter decides: threads pay under python3\.13t \(3\.\d\d times as fast with 4, .*\), "
        r"not under current \(.*\) and python3\.13t -X gil=1 \(.*\)\.",
        text,
    )
    assert "For hash_large threads pay under every interpreter." in told(blocks)
    assert "For noop threads pay under no interpreter." in told(blocks)


def test_an_open_question_stays_open() -> None:
    def gain(case: object) -> float:
        return 1.3

    made = planted(cv=0.35, blocks=4, workloads=("int_loop",), strategies=("serial", "threads"), speedup=gain)
    assert any("it is open whether threads pay under" in text for text in told(shown(made)))


def test_start_and_memory_are_told_beside_the_reference(blocks: list[Block]) -> None:
    (start,) = (each for each in told(blocks) if " starts in " in each)
    assert re.match(r"current starts in (19|20)\.\d ms; python3\.13t takes 1\.[45]\d times as long", start)
    (memory,) = (each for each in told(blocks) if "as much memory" in each)
    assert re.match(r"current needs 9\.\d\d MiB; python3\.13t needs 1\.(29|3\d) times as much memory", memory)
    assert "python3.13t -X gil=1 shows no reliable difference" in memory


def test_the_table_has_a_row_per_interpreter(blocks: list[Block]) -> None:
    (table,) = (block for block in blocks if isinstance(block, Table) and block.name == "interpreters")
    assert [row[0].text for row in table.rows] == ["current", FREE, CONTROL]
    assert [row[0].note for row in table.rows][2] == "CPython 3.13.0, free-threaded, GIL on"
    assert table.rows[1][1].sort == pytest.approx(1.25, rel=0.04)
    assert table.rows[0][1].note == "reference"


def test_every_panel_says_in_words_what_it_shows(blocks: list[Block]) -> None:
    (figure,) = (block for block in blocks if isinstance(block, Figure))
    assert [panel.alt.split(":")[0] for panel in figure.panels] == ["int_loop", "hash_large", "noop"]
    for panel in figure.panels:
        for interpreter in ("current", FREE, CONTROL):
            assert f"under {interpreter}" in panel.alt


@pytest.mark.parametrize("workers", [(2,), (2, 4)])
def test_each_interpreter_is_named_once_and_has_its_marker_in_every_panel(workers: tuple[int, ...]) -> None:
    order = ["current", FREE, CONTROL]
    rows = [
        {"label": name, "strategy": "threads", "workers": count, "speedup": 1.5, "low": 1.4, "high": 1.6}
        for name in order[1:]
        for count in workers
    ]
    drawn = figures.speedup_by_interpreter(pd.DataFrame(rows), title="x", cpus=4, order=order)
    texts = [text.get_text() for text in drawn.findobj(Text) if text.get_visible()]
    assert [texts.count(name) for name in order] == [0, 1, 1]
    markers = {str(line.get_marker()) for line in drawn.axes[0].lines} - {"None", ""}
    assert markers == set(figures.MARKERS[1:3])
    colours = {line.get_color() for line in drawn.axes[0].lines if line.get_marker() not in ("None", "")}
    assert colours == {style.look("threads").colour}


def test_the_section_is_linked_from_the_contents_and_can_be_typeset(blocks: list[Block]) -> None:
    page = to_html(blocks[0].to_json())
    assert 'id="Interpreters-side-by-side"' in page
    whole = [Title("x", "", "2026-11-23T05:15:00+00:00", "0"), *blocks]
    assert typeset([block.to_json() for block in whole], version="0").startswith(b"%PDF")


@pytest.mark.parametrize("blocks_count", [1, 2])
def test_few_blocks_and_no_memory_give_plain_statements(blocks_count: int) -> None:
    found = shown(planted(blocks=blocks_count, memory_blocks=0, workloads=("int_loop",), workers=(2,)))
    page = "".join(to_html(block.to_json()) for block in found)
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page).lower().split()
    assert "–" in page


def test_an_interpreter_that_is_missing_is_told_with_its_reason() -> None:
    made = planted(workloads=("int_loop",), strategies=("serial", "threads"), memory_blocks=0, blocks=3)
    gone = made.invocations["interpreter"] == FREE
    made.invocations.loc[gone, "status"] = "unsupported"
    made.run["interpreters"][FREE] = {"error": "there is no interpreter at <b>"}
    texts = told(shown(made))
    assert "Fewer than two interpreters have results, so there is nothing to compare." in texts
    assert "python3.13t was not measured: there is no interpreter at <b>." in texts


def test_the_first_page_leaves_an_interpreter_that_is_missing_to_what_was_not_measured() -> None:
    made = planted(workloads=("int_loop",), strategies=("serial", "threads"), memory_blocks=0, blocks=3)
    gone = made.invocations["interpreter"] == FREE
    made.invocations.loc[gone, "status"] = "unsupported"
    made.run["interpreters"][FREE] = {"error": "there is no interpreter"}
    report = sections.Report(Loaded(Path(), made.run, made.invocations, made.measurements), summarise(made))
    headings = [text_of(block.words) for block in sections.answer(report) if isinstance(block, Heading)]
    assert headings == ["Under current (CPython 3.13.0)"]


def test_a_lock_that_a_module_switched_on_is_a_warning() -> None:
    made = planted(workloads=("int_loop",), strategies=("serial", "threads"), memory_blocks=0, blocks=3)
    on = (made.invocations["interpreter"] == FREE) & (made.invocations["strategy"] == "threads")
    made.invocations.loc[on, "gil_enabled"] = True
    made.invocations.loc[on, "gil_enabled_by"] = "numpy"
    (warning,) = (block for block in shown(made) if isinstance(block, Paragraph) and block.tone == "warning")
    assert text_of(warning.words).startswith("Under python3.13t, numpy switched the GIL on for int_loop")


def test_a_failed_oracle_leaves_numbers_but_no_verdict() -> None:
    made = planted(workloads=("int_loop",), strategies=("serial", "threads"), memory_blocks=0, blocks=3)
    made.invocations["wrong_results"] = made.invocations["strategy"] == "threads"
    found = shown(made)
    assert not any(isinstance(block, Items) for block in found)
    assert any(text.startswith("No verdicts: the measuring itself was found wrong (results") for text in told(found))
    verdicts = [row[-1].text for block in found if isinstance(block, Table) and block.folded for row in block.rows]
    assert "invalid" in verdicts
    assert not {"slower", "faster", "pays"} & set(verdicts)


def test_long_paths_get_short_names_that_stay_different() -> None:
    facts = {
        "/opt/a/bin/python3.13t": {},
        "~/envs/x/bin/python": {"implementation": "CPython", "version": "3.14.1", "free_threaded": True},
        "/a/bin/python3.12": {},
        "/b/bin/python3.12": {},
        "/opt/a/bin/python3.13t -X gil=1": {},
        "current": {},
    }
    assert list(names.short_names(list(facts), facts).values()) == [
        "python3.13t",
        "python3.14t",
        "/a/bin/python3.12",
        "/b/bin/python3.12",
        "python3.13t -X gil=1",
        "current",
    ]
