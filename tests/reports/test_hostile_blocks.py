"""Every field of every block, filled with every hostile text, stays text in HTML and in PDF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html.parser import HTMLParser

import pypdf
import pytest

from reports.document import (
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    Files,
    Heading,
    Item,
    Items,
    Listing,
    Panel,
    Paragraph,
    Table,
    Title,
    clean,
    clean_lines,
    code,
    plain,
    strong,
    words,
)
from reports.html import to_html
from reports.typeset import typeset
from tests.reports.conftest import HOSTILE, SURROGATE

TEXTS = {**HOSTILE, "surrogate": SURROGATE, "lines": "one\r\ntwo\u2028three\x85= four\n== five\n- six", "empty": ""}
PICTURE = '<svg viewBox="0 0 90 60" xmlns="http://www.w3.org/2000/svg"><path d="M 9 9 L 80 50" stroke="#0072b2"/></svg>'


def blocks(text: str) -> Iterator[Block]:
    """One block of each kind, with the text wherever a block may carry a text of a bundle."""
    shown = clean(text)
    yield Title(shown, shown, text[:20], shown, ((shown, shown), ("fact", shown)))
    yield Heading(words(plain(text), code(text), strong(text)), level=2)
    yield Heading(words("below ", plain(text)), level=3)
    for tone in ("plain", "note", "good", "warning"):
        yield Paragraph(words(plain(text), " ", code(text), " ", strong(text)), tone)  # type: ignore[arg-type]
    yield Items((Item(words(plain(text)), strategy=text[:40]), Item(words(code(text)))))
    cells = tuple(Cell(shown, shown, text[:50], shown, style) for style in ("", "code", "strong", "warning"))  # type: ignore[arg-type]
    columns = tuple(Column(shown, align) for align in ("left", "right", "centre", "left"))  # type: ignore[arg-type]
    yield Table("table", words(plain(text)), columns, (cells, cells), note=words(plain(text)))
    yield Figure("figure", words(plain(text)), (Panel(PICTURE, f"A line. {shown}"),))
    yield Listing(shown, clean_lines(text))
    yield Facts("facts", words(plain(text)), ((shown, shown), ("fact", shown)))
    yield Files(((shown, shown, "1 KiB"),), {})


class Elements(HTMLParser):
    """The tags, attributes and words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "span":  # of which a heading has one per word
            self.tags.append(tag)
        self.attributes += [(name, value) for name, value in attrs if not name.startswith("xmlns")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


HARMLESS = [block.to_json() for block in blocks("harmless")]


@pytest.mark.parametrize("place", range(len(HARMLESS)), ids=lambda place: f"{place} {HARMLESS[place]['kind']}")
@pytest.mark.parametrize("name", TEXTS)
def test_html_has_the_elements_of_a_harmless_text_and_the_words_of_the_hostile_one(name: str, place: int) -> None:
    text = TEXTS[name]
    page = Elements(to_html(list(blocks(text))[place].to_json()))
    usual = Elements(to_html(HARMLESS[place]))
    if text:
        assert page.tags == usual.tags
        assert "".join(clean(text).split()) in "".join("".join(page.words).split()) or page.words == []
    assert not [key for key, _ in page.attributes if key.startswith("on")]
    assert not [value for _, value in page.attributes if (value or "").lower().startswith(("javascript:", "http:"))]


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    """What a reader finds in the PDF of each hostile text, without spaces and line breaks."""
    found = {}
    for name, text in TEXTS.items():
        pdf = typeset([block.to_json() for block in blocks(text)], version="1")
        pages = pypdf.PdfReader(io.BytesIO(pdf), strict=True).pages
        found[name] = squeezed("".join(page.extract_text() for page in pages))
    return found


def squeezed(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and not letter.isspace())


@pytest.mark.parametrize("name", TEXTS)
def test_pdf_shows_the_hostile_text_as_it_is(printed: dict[str, str], name: str) -> None:
    cut = squeezed(clean(TEXTS[name]))[:60]
    assert printed[name].count(cut) >= 8
    assert "root:" not in printed[name], "a file of this machine was read"
