"""The whole page in a browser: found by link and keyboard, readable anywhere, and quiet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.reports.browser.conftest import Open
from tests.reports.conftest import HOSTILE, Shown

SMALLEST_WORDS = """() => Math.min(...[...document.querySelectorAll("svg")].flatMap((drawing) => {
  const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
  return [...drawing.querySelectorAll("text")].map((text) => parseFloat(getComputedStyle(text).fontSize) * scale);
}))"""
COLOURS = """() => ["color", "backgroundColor"].map((name) => getComputedStyle(document.body)[name])"""


@pytest.mark.parametrize("width", [360, 768, 1440, 3840])
def test_page_fits_every_screen_with_words_that_can_be_read(width: int, report: Path, open_page: Open) -> None:
    page = open_page(report, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SMALLEST_WORDS) > 9.5
    assert page.locator("main > p").first.bounding_box()["width"] < 800


@pytest.mark.parametrize("dark", [False, True])
def test_no_serious_barrier_is_found(dark: bool, report: Path, open_page: Open) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = open_page(report, dark=dark)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    found = axe.Axe().run(page).response["violations"]
    grave = [one for one in found if one["impact"] in {"serious", "critical"}]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in grave] == []


def test_contents_follow_and_open_the_part_that_is_read(made_page: Path, open_page: Open) -> None:
    page = open_page(made_page)
    page.set_viewport_size({"width": 1440, "height": 400})
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    for anchor in ("First", "Details", "Details-2"):
        page.evaluate("id => document.getElementById(id).scrollIntoView()", anchor)
        page.wait_for_selector(f".toc a[href='#{anchor}'][aria-current]")
        assert page.locator(".toc a[aria-current]").count() == 1
    assert page.locator(".toc a[href='#Details']").is_hidden()
    assert page.locator(".toc ol ol a[href='#Details-2']").is_visible()


def test_every_heading_table_and_figure_has_a_link_that_leads_to_it(report: Path, open_page: Open) -> None:
    page = open_page(report)
    parts = page.locator("h2, h3, figure.table, figure.chart")
    assert parts.count() > 10
    broken = parts.evaluate_all(
        "parts => parts.filter((part) => part.querySelector('.permalink')?.hash !== '#' + encodeURI(part.id))"
        ".map((part) => part.outerHTML.slice(0, 100))"
    )
    assert broken == []
    link = page.locator("#What-a-pool-costs .permalink")
    assert link.evaluate("link => getComputedStyle(link).opacity") == "0"
    link.focus()
    assert link.evaluate("link => getComputedStyle(link).opacity") == "1"
    page.keyboard.press("Enter")
    assert page.url.endswith("#What-a-pool-costs")


def test_first_key_leads_past_the_contents(report: Path, open_page: Open) -> None:
    page = open_page(report)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_reader_may_choose_the_colours(report: Path, open_page: Open) -> None:
    light, dark = open_page(report), open_page(report, dark=True)
    bright, dim = light.evaluate(COLOURS), dark.evaluate(COLOURS)
    assert bright != dim
    light.locator(".theme select").select_option("dark")
    dark.locator(".theme select").select_option("light")
    assert light.evaluate(COLOURS) == dim
    assert dark.evaluate(COLOURS) == bright
    dark.locator(".theme select").select_option("system")
    assert dark.evaluate(COLOURS) == dim


def test_paper_is_light_unfolded_and_without_tools(report: Path, open_page: Open) -> None:
    bright = open_page(report).evaluate(COLOURS)
    page = open_page(report, dark=True)
    page.locator(".theme select").select_option("dark")
    assert not page.locator("details.behind table").first.is_visible()
    page.emulate_media(media="print")
    page.wait_for_selector("details.behind:not([open])", state="detached")
    assert page.evaluate(COLOURS) == bright
    assert page.locator("details.behind table").first.is_visible()
    for tool in (".toc", ".csv", ".filter", ".permalink"):
        assert not page.locator(tool).first.is_visible(), tool
    kept: list[Any] = page.locator(".mark").evaluate_all("all => all.map((m) => getComputedStyle(m).printColorAdjust)")
    assert set(kept) == {"exact"}
    page.emulate_media(media="screen")
    page.wait_for_selector("details.behind[open]", state="detached")


def test_hostile_names_stay_text(hostile: Shown, open_page: Open) -> None:
    page = open_page(hostile.files.html)
    assert page.locator("script").count() == 1
    assert page.locator("main img, main iframe, main [onerror], main a[href^='javascript']").count() == 0
    assert HOSTILE["script"] in page.locator("h1").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
