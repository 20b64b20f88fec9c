"""A bundle of hostile texts from its files to the three files of its report."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser

import pypdf
import pytest

from reports.document import MIME, clean
from reports.render import NOTEBOOK
from tests.reports.conftest import HOSTILE, SURROGATE, Shown

NAMES = [*HOSTILE, "surrogate"]
BEGINNING = 120
"""Characters of a text that are looked for; what is longer than a cell is cut."""


def squeezed(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and not letter.isspace())


class Active(HTMLParser):
    """What in a page could run or fetch something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "iframe", "object", "embed", "link", "meta", "base", "form", "img", "foreignobject"}:
            self.found.append(tag)
        for name, value in attrs:
            address = (value or "").strip().lower()
            if name.startswith("on") or (name in {"href", "src", "xlink:href"} and address[:1] != "#"):
                self.found.append(f"{tag} {name}={address[:40]}")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def page_words(hostile: Shown) -> str:
    return squeezed("".join(Active(hostile.html).words))


@pytest.fixture(scope="module")
def printed_words(hostile: Shown) -> str:
    pages = pypdf.PdfReader(io.BytesIO(hostile.pdf)).pages
    return squeezed("".join(page.extract_text() for page in pages))


def expected(name: str) -> str:
    return squeezed(clean(SURROGATE if name == "surrogate" else HOSTILE[name])[:BEGINNING])


@pytest.mark.parametrize("name", NAMES)
def test_page_shows_each_hostile_text_as_it_is(page_words: str, name: str) -> None:
    assert expected(name) in page_words


@pytest.mark.parametrize("name", NAMES)
def test_pdf_shows_each_hostile_text_as_it_is(printed_words: str, name: str) -> None:
    assert expected(name) in printed_words


def test_cells_of_the_notebook_are_those_of_the_template(hostile: Shown) -> None:
    template = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    usual = [("code", 'bundle = "."'), *((cell["cell_type"], "".join(cell["source"])) for cell in template)]
    found = [(cell["cell_type"], "".join(cell["source"])) for cell in hostile.notebook["cells"]]
    assert found == usual, "the folder, as given, and then the template"


def test_opening_the_notebook_runs_and_fetches_nothing(hostile: Shown) -> None:
    outputs = [output for cell in hostile.notebook["cells"] for output in cell.get("outputs", [])]
    assert len(outputs) > 20
    for output in outputs:
        assert set(output["data"]) == {MIME, "text/html", "text/plain"}
        active = Active("".join(output["data"]["text/html"])).found
        downloads = ("a href=data:application/", "a href=data:text/csv")
        assert [found for found in active if not found.startswith(downloads)] == []
        assert not {"<", ">"} & set("".join(output["data"]["text/plain"])[1:-1])


def test_no_mark_that_steers_a_terminal_or_a_line_is_shown_by_any_file(hostile: Shown) -> None:
    outputs = [output for cell in hostile.notebook["cells"] for output in cell.get("outputs", [])]
    for text in (hostile.html, *("".join(output["data"]["text/html"]) for output in outputs)):
        assert set("\x00\x07\x1b\u202e\u2066\ufeff\u200f") & set(text) == set()
