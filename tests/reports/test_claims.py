"""The claims are told as the frames judge them: sentences row by row, the figure, and what stays untested."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.summary import summarise
from reports import drawing, sections
from reports.claims import sentences, words
from reports.claims.section import claims
from reports.document import Block, Figure, Heading, Items, Listing, Paragraph, Table, Title, text_of
from reports.forest import MOST_NAMED, forest
from reports.html import to_html
from reports.typeset import typeset
from tests.reports.planted_models import NAN, Claimed, Judged, sub_test, verdict
from tests.reports.test_sections import Loaded, bundle

BOTH = ("current", "python3.13t")


def plain(sentence: Any) -> str:
    return text_of(sentence).replace("\u00a0", " ")


def shown(judged: Judged | None, catalogue: tuple[Claimed, ...], **changed: Any) -> list[Block]:
    drawing.prepare()
    made = bundle(memory_blocks=0, **changed)
    loaded = Loaded(Path(), made.run, made.invocations, made.measurements)
    return claims(sections.Report(loaded, summarise(made), claims=judged, catalogue=catalogue))


@pytest.fixture(scope="module")
def judged() -> Judged:
    verdicts = [verdict(1, "supported"), verdict(1, "refuted", "python3.13t", reason="threads reached 1.9 times")]
    verdicts += [verdict(2, "not tested", name, reason="this run has no case for it") for name in BOTH]
    verdicts += [verdict(3, "depends", name, depends_on="number of workers") for name in BOTH]
    tests = [
        sub_test(1, "int_loop, 2 workers", "supported"),
        sub_test(1, "int_loop, 4 workers", "inconclusive", low=0.9, high=2.4, n_needed=31),
        sub_test(1, "one CPU", "supported", control=True, side="<", estimate=1.0, low=0.98, high=1.02),
        sub_test(1, "int_loop, 2 workers", "refuted", interpreter="python3.13t", estimate=0.9, low=0.8, high=1.0),
        sub_test(3, "share", None, unit="share", quantity="successes", estimate=1.0, low=0.95, high=1.0, margin=NAN),
    ]
    return Judged(pd.DataFrame(verdicts), pd.DataFrame(tests))


CATALOGUE = (Claimed(1, "Threads <b>share</b>"), Claimed(2, "Nobody asked"), Claimed(3, "It depends"))


@pytest.fixture(scope="module")
def blocks(judged: Judged) -> list[Block]:
    return shown(judged, CATALOGUE, interpreters=BOTH)


@pytest.mark.parametrize(
    ("row", "names", "sentence"),
    [
        (verdict(1, "supported"), [], "Supported: threads reached 1.01 times."),
        (verdict(1, "refuted"), ["a", "b"], "Refuted under a and b: threads reached 1.01 times."),
        (verdict(1, "inconclusive", reason=None), [], "Inconclusive."),
        (verdict(1, "depends", depends_on="number of workers"), ["a"], "Depends on the number of workers under a: "),
        (verdict(1, "depends", depends_on=NAN), [], "Depends: "),
        (verdict(1, "not testable here", reason="1 CPU"), [], "Not testable here: 1 CPU."),
        (verdict(1, "invalid", reason="an oracle failed"), [], "Invalid: an oracle failed."),
    ],
)
def test_a_verdict_is_told_with_its_reason(row: dict[str, Any], names: list[str], sentence: str) -> None:
    assert plain(sentences.verdict(row, names)).startswith(sentence)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (("supported", "refuted"), "The interpreter decides: supported under x, refuted under y."),
        (("supported", "supported"), ""),
        (("supported", "inconclusive"), ""),
        (("refuted", "not tested"), ""),
    ],
)
def test_only_opposite_verdicts_are_a_flip(verdicts: tuple[str, str], expected: str) -> None:
    rows = pd.DataFrame([verdict(1, each, name) for each, name in zip(verdicts, BOTH, strict=True)])
    assert plain(sentences.flip(rows, dict(zip(BOTH, "xy", strict=True)))) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([sub_test(1, "a", "supported")], "Of 1 sub-test: 1 where the claim says (full circles). "),
        ([sub_test(1, "a", "refuted"), sub_test(1, "b", "inconclusive")],
         "Of 2 sub-tests: 1 on the other side (crosses) and 1 open (hollow). "),
        ([sub_test(1, "a", "refuted", control=True)], "0 of 1 control came out as it must. "),
        ([sub_test(1, "a", None)], ""),
    ],
)  # fmt: skip
def test_the_caption_counts_how_the_tests_came_out(rows: list[dict[str, Any]], expected: str) -> None:
    assert plain(sentences.evidence(pd.DataFrame(rows))) == expected


def test_what_would_settle_an_open_test_is_told_only_where_it_is_known() -> None:
    open_still = sub_test(1, "a, 2 workers", "inconclusive", n_needed=31)
    assert plain(sentences.settled_by(pd.DataFrame([open_still]))) == (
        "About 31 invocations instead of 10 would probably settle the last open one, a, 2 workers."
    )
    assert sentences.settled_by(pd.DataFrame([sub_test(1, "a", "inconclusive"), sub_test(1, "b", "refuted")])) == ()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(1.844, "times", "1.84×"), (0.0032, "s", "3.20 ms"), (2048, "bytes", "2.00 KiB"), (0.5, "share", "50 %"),
     (3.0, "CPUs", "3.00 CPUs"), (3.0, "", "3.00"), (NAN, "s", "–")],
)  # fmt: skip
def test_amounts_carry_their_unit(value: float, unit: str, text: str) -> None:
    assert words.amount(value, unit).replace("\u00a0", " ") == text


@given(st.lists(st.sampled_from(["supported", "refuted", "inconclusive", None]), min_size=1, max_size=9))
def test_every_number_of_the_caption_is_a_count_of_the_rows(verdicts: list[str | None]) -> None:
    rows = pd.DataFrame([sub_test(1, "a", each) for each in verdicts])
    known = [each for each in verdicts if each is not None]
    expected = [len(known), *(known.count(each) for each in ("supported", "refuted", "inconclusive") if each in known)]
    told = [int(number) for number in re.findall(r"\d+", plain(sentences.evidence(rows)))]
    assert told == (expected if known else [])


def test_claims_read_like_a_fact_check(blocks: list[Block]) -> None:
    assert [type(block) for block in blocks[:3]] == [Heading, Paragraph, Table]
    first = blocks[3:10]
    assert [type(block) for block in first] == [Heading, *[Paragraph] * 3, Figure, *[Paragraph] * 2]
    tones = [block.tone for block in first if isinstance(block, Paragraph)]
    assert tones == ["plain", "good", "warning", "plain", "plain"]
    texts = [plain(block.words) for block in first if isinstance(block, Paragraph)]
    assert texts[0].startswith("The interpreter decides: supported under current, refuted under python3.13t")
    assert texts[-1] == "Often said, and not quite so: Something else."


def test_interpreters_of_one_mind_share_a_verdict(blocks: list[Block]) -> None:
    (text,) = (
        plain(block.words) for block in blocks if isinstance(block, Paragraph) and "Depends" in plain(block.words)
    )
    assert text.startswith("Depends on the number of workers under current and python3.13t: ")


def test_claims_without_a_case_are_one_line_with_the_command(blocks: list[Block]) -> None:
    (items,) = (block for block in blocks if isinstance(block, Items))
    assert [plain(item.words) for item in items.items] == ["2. Nobody asked."]
    assert [block.text for block in blocks if isinstance(block, Listing)] == ["whichpool claims"]


def test_the_table_of_all_claims_has_a_verdict_per_interpreter(blocks: list[Block]) -> None:
    table = next(block for block in blocks if isinstance(block, Table))
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["1", "Threads <b>share</b>", "supported", "refuted"],
        ["2", "Nobody asked", "not tested", "not tested"],
        ["3", "It depends", "depends", "depends"],
    ]
    assert table.rows[2][2].note == "on the number of workers"


def test_the_figure_holds_what_it_draws_and_says_it_in_words(blocks: list[Block], judged: Judged) -> None:
    figure = next(block for block in blocks if isinstance(block, Figure))
    own = judged.evidence[judged.evidence["claim"] == 1]
    lines = figure.data.splitlines()
    assert len(lines) == 1 + len(own)
    assert lines[1].startswith('1,current,"int_loop, 2 workers",speed-up over serial,times,1.84,1.79,1.9,10,1.15,>')
    assert len(figure.panels) == 1
    assert "int_loop, 2 workers · current 1.84× (1.79× to 1.90×), supported" in figure.panels[0].alt.replace(
        "\u00a0", " "
    )


def test_without_claims_there_is_no_section() -> None:
    assert shown(None, CATALOGUE) == []


def test_everything_can_be_shown_as_html_and_as_pdf(blocks: list[Block]) -> None:
    page = "".join(to_html(block.to_json()) for block in blocks)
    assert "<b>share" not in page
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page).lower().split()
    whole = [Title("x", "", "2026-11-23T05:15:00+00:00", "0"), *blocks]
    assert typeset([block.to_json() for block in whole], version="0").startswith(b"%PDF")


@pytest.mark.parametrize(
    "values",
    [{"estimate": 0.0, "low": -1.0, "high": 1.0}, {"estimate": 1.0, "low": NAN, "high": NAN},
     {"estimate": 2.0, "low": 0.0, "high": float("inf")}, {"estimate": NAN}],
)  # fmt: skip
def test_a_forest_stands_whatever_the_values(values: dict[str, float]) -> None:
    rows = pd.DataFrame([sub_test(1, "a", "supported", name="x" * 70, **values)])
    drawn = forest(rows, title="x", scale=words.PLAIN)
    assert "nan" not in drawing.to_svg(drawn)
    assert all(size >= 6.5 for size in [text.get_fontsize() for text in drawn.axes[0].get_yticklabels()])


def test_a_forest_names_every_row_up_to_what_can_be_read() -> None:
    for count in (MOST_NAMED, MOST_NAMED + 1):
        rows = pd.DataFrame([sub_test(1, "a", "supported", name=f"row {i}") for i in range(count)])
        labels = forest(rows, title="x", scale=words.PLAIN).axes[0].get_yticklabels()
        assert len(labels) == (count if count == MOST_NAMED else 0)


@pytest.mark.parametrize("title", ["short", "a heading that is much longer than one line of a panel can be, and more"])
def test_the_heading_of_a_forest_is_never_cut(title: str) -> None:
    drawn = forest(pd.DataFrame([sub_test(1, "a", "supported", name="a")]), title=title, scale=words.PLAIN)
    assert " ".join(drawn.texts[0].get_text().split()) == title
