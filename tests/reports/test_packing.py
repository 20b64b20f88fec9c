"""Packing changes how a PDF is written and nothing that it says."""

from __future__ import annotations

import io

import pypdf
import pypdfium2
import pytest

from reports.packing import pack


@pytest.fixture(scope="module")
def written() -> bytes:
    """Pages with links, outline and data, by a writer that packs nothing."""
    writer = pypdf.PdfWriter()
    for number in range(300):
        writer.add_blank_page(200 + number, 300)
        writer.add_outline_item(title=f"page {number}", page_number=number)
    writer.add_attachment("data.bin", bytes(range(256)) * 40)
    writer.add_metadata({"/Title": "packed (or not) \\ endobj"})
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_packed_document_says_the_same_to_two_readers_in_fewer_bytes(written: bytes) -> None:
    packed = pack(written)
    assert len(packed) < len(written) / 2
    before, after = (pypdf.PdfReader(io.BytesIO(data), strict=True) for data in (written, packed))
    assert after.metadata == before.metadata
    assert [page.mediabox for page in after.pages] == [page.mediabox for page in before.pages]
    assert [entry["/Title"] for entry in after.outline] == [f"page {number}" for number in range(300)]  # type: ignore[index]
    assert after.attachments["data.bin"] == before.attachments["data.bin"]
    other = pypdfium2.PdfDocument(packed)
    assert [page.get_width() for page in other] == list(range(200, 500))


def test_packing_twice_is_packing_once(written: bytes) -> None:
    assert pack(pack(written)) == pack(written)


@pytest.mark.parametrize(
    "damage",
    [
        lambda pdf: b"",
        lambda pdf: b"no PDF at all",
        lambda pdf: pdf[:-200],
        lambda pdf: pdf.replace(b"7 0 obj", b"8 0 obj", 1),
        lambda pdf: pdf.replace(b"trailer\n<<", b"trailer\n<</Encrypt 1 0 R", 1),
        lambda pdf: pdf.replace(b"trailer\n<<", b"trailer\n<</Prev 9", 1),
    ],
    ids=["nothing", "no PDF", "cut off", "wrong number", "encrypted", "updated"],
)
def test_what_is_not_understood_stays_as_it_is(written: bytes, damage) -> None:
    damaged = damage(written)
    assert pack(damaged) == damaged
