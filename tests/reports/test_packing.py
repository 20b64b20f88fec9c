"""Packing changes how a PDF is written and nothing that it says."""

from __future__ import annotations

import io

import pypdf
import pypdfium2
import pytest

from reports.typeset import _packed


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
    packed = _packed(written)
    assert len(packed) < len(written) / 2
    before, after = (pypdf.PdfReader(io.BytesIO(data), strict=True) for data in (written, packed))
    assert after.metadata == before.metadata
    assert [page.mediabox for page in after.pages] == [page.mediabox for page in before.pages]
    assert [entry["/Title"] for entry in after.outline] == [f"page {number}" for number in range(300)]  # type: ignore[index]
    assert after.attachments["data.bin"] == before.attachments["data.bin"]
    other = pypdfium2.PdfDocument(packed)
    assert [page.get_width() for page in other] == list(range(200, 500))


def test_packing_gives_the_same_bytes_each_time(written: bytes) -> None:
    assert _packed(written) == _packed(written)
