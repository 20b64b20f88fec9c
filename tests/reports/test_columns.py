"""Columns on paper hold their words, and share what is left as weighted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.columns import LARGEST, SMALLEST, TEXT_WIDTH, widths
from reports.document import Cell, Column, Table, words


def table(titles: list[str], rows: list[list[str]], weights: list[float], align: Any = "left") -> dict[str, Any]:
    columns = tuple(Column(title, align, weight) for title, weight in zip(titles, weights, strict=True))
    cells = tuple(tuple(Cell(text) for text in row) for row in rows)
    return Table(name="t", caption=words("t"), columns=columns, rows=cells).to_json()


def test_short_words_leave_the_weights_alone() -> None:
    size, found = widths(table(["a", "b", "c"], [["x", "y", "z"]], [1, 2, 1]))
    assert size == LARGEST
    assert found == pytest.approx([TEXT_WIDTH / 4, TEXT_WIDTH / 2, TEXT_WIDTH / 4])


def test_a_long_word_gets_its_room_from_the_others() -> None:
    _, found = widths(table(["a", "b"], [["x", "subinterpreters\u00a0×\u00a016"]], [50, 1]))
    assert found[1] > 19 * 0.45 * LARGEST
    assert sum(found) == pytest.approx(TEXT_WIDTH)


def test_many_numbers_make_letters_smaller_before_lines_are_broken() -> None:
    row = [["1 234.5 to 6 789.1"] * 8]
    size, found = widths(table(["n"] * 8, row, [1.0] * 8, "right"))
    assert size == SMALLEST
    assert found == pytest.approx([TEXT_WIDTH / 8] * 8)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_every_table_fills_the_page_and_no_column_vanishes(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    texts = st.text(max_size=60)
    rows = data.draw(st.lists(st.lists(texts, min_size=count, max_size=count), max_size=4))
    weights = data.draw(st.lists(st.floats(0.3, 4), min_size=count, max_size=count))
    align = data.draw(st.sampled_from(["left", "right"]))
    size, found = widths(table(["head"] * count, rows, weights, align))
    assert SMALLEST <= size <= LARGEST
    assert sum(found) == pytest.approx(TEXT_WIDTH)
    assert min(found) > 5
