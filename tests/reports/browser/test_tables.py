"""Tables in a browser: they sort, filter, show that there is more, and can be kept."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.reports.browser.conftest import FIGURE_DATA, Open
from tests.reports.conftest import HOSTILE

RISING = ["2 ms", "4 ms", "9 ms", "10 ms", "30 ms", "100 ms"]


def times(page: Any) -> list[str]:
    return list(page.locator("#known tbody tr:visible td").all_inner_texts())


def kept(page: Any, button: Any) -> str:
    with page.expect_download() as download:
        button.click()
    return Path(download.value.path()).read_bytes().decode()


def test_numbers_sort_by_value_with_what_is_missing_last(made_page: Path, open_page: Open) -> None:
    page = open_page(made_page)
    head = page.locator("#known thead th").nth(1)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert times(page) == [*RISING, "–", "–"]
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert times(page) == [*reversed(RISING), "–", "–"]


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_table_is_sorted_by_keyboard_alone(key: str, made_page: Path, open_page: Open) -> None:
    page = open_page(made_page)
    page.locator("#known input").focus()
    for _ in range(3):  # the box that scrolls, then the two heads
        page.keyboard.press("Tab")
    page.keyboard.press(key)
    assert page.locator("#known thead th[aria-sort]").all_inner_texts() == ["Time"]
    assert times(page) == [*RISING, "–", "–"]


def test_filter_leaves_the_rows_that_hold_every_word(made_page: Path, open_page: Open) -> None:
    page = open_page(made_page)
    page.locator("#known input").fill("PROCESSES them")
    assert times(page) == ["4 ms"]
    assert page.locator("#known [role=status]").inner_text() == "1 of 8 rows"
    page.locator("#known input").fill("")
    assert len(times(page)) == 8


def test_table_is_kept_as_it_is_shown_with_its_values_and_without_formulas(made_page: Path, open_page: Open) -> None:
    page = open_page(made_page)
    page.locator("#known thead button").nth(1).click()
    rows = list(csv.DictReader(io.StringIO(kept(page, page.locator("#known .csv")))))
    assert [row["Time"] for row in rows] == [*RISING, "–", "–"]
    assert [row["Time (value)"] for row in rows] == ["0.002", "0.004", "0.009", "0.01", "0.03", "0.1", "", ""]
    assert {row["Name (note)"] for row in rows} == {"one of them"}
    names = {row["Name"] for row in rows}
    assert {"'=1+1", "-5", 'a "b", c', HOSTILE["script"], HOSTILE["markdown"]} <= names


def test_data_of_a_figure_is_kept_unchanged(made_page: Path, open_page: Open) -> None:
    page = open_page(made_page)
    assert kept(page, page.locator("#drawn a[download='drawn.csv']")) == FIGURE_DATA


def test_wide_table_scrolls_in_its_own_box_and_says_so(made_page: Path, open_page: Open) -> None:
    page = open_page(made_page)
    box = page.locator("#wide .scroll")
    known = page.locator("#known .scroll")
    page.wait_for_selector("#known .scroll.fits")
    assert "fits" not in (box.get_attribute("class") or "")
    assert "gradient" in box.evaluate("box => getComputedStyle(box).backgroundImage")
    assert "gradient" not in known.evaluate("box => getComputedStyle(box).backgroundImage")
    box.evaluate("box => box.scrollTo(500, 0)")
    first, edge = box.evaluate(
        "box => [box.querySelector('tbody th'), box].map(part => part.getBoundingClientRect().left)"
    )
    assert abs(first - edge) < 1, "the name of the row stays in view"
