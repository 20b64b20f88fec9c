"""One browser for all tests of this folder, and pages of it that may ask nobody for anything."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reports import export
from reports.document import Cell, Column, Figure, Heading, Listing, Table, Title, words
from tests.reports.conftest import HOSTILE, Shown

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FIGURE_DATA = 'label,workers,speed-up\r\n"=a,""b"" & <i>#50 %",2,1.5\r\nzürich,4,\r\n'
Open = Callable[..., Any]


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium from the PATH; the tests that need it are skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is in the PATH")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """Opens a file; at the end, nothing may have been asked from outside and no error have been told."""
    complaints: list[str] = []
    contexts = []

    def opened(file: Path, *, width: int = 1440, dark: bool = False) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", accept_downloads=True
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        allowed = (file.as_uri(), "data:")
        page.on("request", lambda asked: asked.url.startswith(allowed) or complaints.append(asked.url))
        page.on("console", lambda told: told.type in {"error", "warning"} and complaints.append(told.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="package")
def report(shown: Shown) -> Path:
    return shown.files.html


def number(value: float | None) -> Cell:
    return Cell("–", sort="") if value is None else Cell(f"{value:.0f} ms", sort=value / 1000)


@pytest.fixture(scope="package")
def made_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a known table, a wide one, and a figure with its data, some of it hostile."""
    texts = ["threads", "=1+1", HOSTILE["script"], 'a "b", c', "-5", HOSTILE["markdown"], "serial", "processes"]
    times = [9.0, 10.0, None, 100.0, 2.0, None, 30.0, 4.0]
    rows = tuple((Cell(text, note="one of them"), number(time)) for text, time in zip(texts, times, strict=True))
    wide = tuple(Column(f"column number {index}") for index in range(40))
    blocks = [
        Title("made", "", "2026-01-01", "1").to_json(),
        Heading(words("First"), 2).to_json(),
        Listing("Long", "a line\n" * 20).to_json(),
        Heading(words("Details"), 3).to_json(),
        Table("known", words("Known"), (Column("Name"), Column("Time", "right")), rows).to_json(),
        Heading(words("Second"), 2).to_json(),
        Heading(words("Details"), 3).to_json(),
        Table("wide", words("Wide"), wide, (tuple(Cell("value") for _ in wide),)).to_json(),
        Figure("drawn", words("Drawn"), (), data=FIGURE_DATA).to_json(),
    ]
    file = tmp_path_factory.mktemp("made") / "report.html"
    file.write_text(export.page(blocks, version="1"), encoding="utf-8")
    return file
