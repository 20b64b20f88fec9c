"""The PDF read page by page, by two readers that share no code with the typesetter."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import numpy as np
import pypdf
import pypdfium2
import pytest
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from tests.reports.conftest import Shown

SCALE = 1.5
"""Pixels per point of what is looked at."""
MARGIN = 53
"""Points at both sides that stay white: 19 mm, less what a letter may lean out."""


@pytest.fixture(scope="module", params=["shown", "hostile"])
def document(request: pytest.FixtureRequest) -> pypdf.PdfReader:
    """One interpreter and ordinary words; several and hostile ones. Read strictly."""
    found: Shown = request.getfixturevalue(request.param)
    return pypdf.PdfReader(io.BytesIO(found.pdf), strict=True)


@pytest.fixture(scope="module", params=["shown", "hostile"])
def pictures(request: pytest.FixtureRequest) -> list[np.ndarray]:
    """Each page as grey pixels, rows by columns, 255 for white."""
    found: Shown = request.getfixturevalue(request.param)
    pages = pypdfium2.PdfDocument(found.pdf)
    return [page.render(scale=SCALE, grayscale=True).to_numpy().reshape(-1, round(595.28 * SCALE)) for page in pages]


def bookmarks(document: pypdf.PdfReader) -> Iterator[tuple[int, str, int]]:
    """Level, title and page (from 0) of each entry of the outline, in order."""

    def walk(entries: list[object], level: int) -> Iterator[tuple[int, str, int]]:
        for entry in entries:
            if isinstance(entry, list):
                yield from walk(entry, level + 1)
            else:
                assert isinstance(entry, pypdf.generic.Destination)
                number = document.get_destination_page_number(entry)
                assert number is not None
                yield level, str(entry.title), number

    yield from walk(document.outline, 2)


def squeezed(text: str) -> str:
    """Without spaces, places to break a line, and what the fonts have no letter for."""
    return "".join(letter for letter in text if letter.isascii() and not letter.isspace())


def test_outline_leads_to_the_pages_where_the_headings_stand(document: pypdf.PdfReader) -> None:
    entries = list(bookmarks(document))
    assert len(entries) > 6
    assert [page for _, _, page in entries] == sorted(page for _, _, page in entries)
    for _, title, page in entries:
        assert squeezed(title) in squeezed(document.pages[page].extract_text()), (title, page)


def test_contents_on_the_first_page_name_the_pages_of_the_outline(document: pypdf.PdfReader) -> None:
    first = document.pages[0].extract_text()
    for level, title, page in bookmarks(document):
        if level == 2:
            assert re.search(rf"{re.escape(title)}[\s.]*{page + 1}\b", first), (title, page + 1)
    links = [link.get_object() for link in document.pages[0].get("/Annots", [])]
    assert len([link for link in links if link["/Subtype"] == "/Link"]) >= 7


def test_pages_are_one_sequence_and_every_page_says_which_it_is(document: pypdf.PdfReader) -> None:
    count = len(document.pages)
    assert "/PageLabels" in document.trailer["/Root"]
    assert document.page_labels == [str(number) for number in range(1, count + 1)]
    for number, page in enumerate(document.pages, 1):
        assert f"{number} of {count}" in page.extract_text().replace("\xa0", " ")


def test_running_header_names_the_first_section_of_each_page(document: pypdf.PdfReader) -> None:
    sections = [(title, page) for level, title, page in bookmarks(document) if level == 2]
    for number, page in enumerate(document.pages):
        on_page = [title for title, first in sections if first == number]
        before = [title for title, first in sections if first < number]
        head = squeezed(page.extract_text())[:400]
        assert number == 0 or squeezed((on_page or before[-1:])[0]) in head, number


def test_every_font_is_embedded(document: pypdf.PdfReader) -> None:
    resources = [page["/Resources"].get_object() for page in document.pages]
    fonts = [font.get_object() for found in resources for font in found.get("/Font", {}).values()]
    assert fonts
    for font in fonts:
        described = font["/DescendantFonts"][0].get_object() if font["/Subtype"] == "/Type0" else font
        if described["/Subtype"] != "/Type3":
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & described["/FontDescriptor"].get_object().keys()


def test_document_is_tagged_titled_and_archivable(document: pypdf.PdfReader) -> None:
    root = document.trailer["/Root"].get_object()
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfaid:part>3<.*pdfaid:conformance>A<", metadata, re.DOTALL)
    assert "pdfuaid:part>1<" in metadata


def test_every_figure_has_alternative_text_and_every_table_a_head(document: pypdf.PdfReader) -> None:
    kinds: dict[str, list[DictionaryObject]] = {}
    waiting: list[object] = [document.trailer["/Root"]["/StructTreeRoot"]["/K"]]
    while waiting:
        node = waiting.pop()
        node = node.get_object() if isinstance(node, IndirectObject) else node
        if isinstance(node, ArrayObject):
            waiting += list(node)
        elif isinstance(node, DictionaryObject):
            kinds.setdefault(str(node.get("/S")), []).append(node)
            waiting.append(node.get("/K"))
    drawings = [node for node in kinds["/Figure"] if "/Alt" in node]
    assert len(drawings) >= 10
    assert all(len(str(node["/Alt"])) > 20 for node in drawings)
    assert len(kinds["/Table"]) >= 5
    assert len(kinds["/THead"]) >= 5
    assert {"/H1", "/H2"} <= kinds.keys()


def test_no_page_is_empty_and_few_are_half_empty(pictures: list[np.ndarray]) -> None:
    top, bottom = round(60 * SCALE), round(794 * SCALE)
    filled = [np.flatnonzero((page[top:bottom] < 250).any(axis=1)) for page in pictures]
    assert all(len(rows) for rows in filled)
    half = [number for number, rows in enumerate(filled[:-1], 1) if rows[-1] < (bottom - top) / 2]
    assert half == []


def test_nothing_is_drawn_into_the_margins(pictures: list[np.ndarray]) -> None:
    side = round(MARGIN * SCALE) - 2
    for number, page in enumerate(pictures, 1):
        assert page[:, :side].min() > 250, f"left of page {number}"
        assert page[:, -side:].min() > 250, f"right of page {number}"
        assert page[: round(20 * SCALE)].min() > 250, f"top of page {number}"
        assert page[-round(14 * SCALE) :].min() > 250, f"foot of page {number}"
