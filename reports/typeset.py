"""Blocks to PDF, by the typst wheel: no system package, no system font, nothing fetched."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from reports import style, svg
from reports.columns import widths
from reports.document import Heading, words

THEME = Path(__file__).parent / "theme"
STANDARDS: tuple[Literal["a-3a"], Literal["ua-1"]] = ("a-3a", "ua-1")
"""Archivable with attachments, and accessible: the compiler refuses a figure without alternative text."""


_LONG_WORD = re.compile(r"[^\s\u00a0\u2009\u202f]{25,}")


@dataclass(frozen=True)
class Attachment:
    """A file that travels inside the PDF."""

    name: str
    content: bytes
    type: str
    description: str


def typeset(blocks: Sequence[Mapping[str, Any]], attachments: Sequence[Attachment] = (), *, version: str) -> bytes:
    """The PDF of the blocks, the same bytes for the same blocks.

    Args:
        blocks: as `Block.to_json` gives them; the first `title` names and dates the document.
        attachments: files to put inside.
        version: of the tool, for the footer.

    Raises:
        typst.TypstError: if the document can't be compiled, which would be a mistake of the template.
    """
    import typst

    blocks = _breakable(_ordered(blocks))
    title = next((block for block in blocks if block["kind"] == "title"), None)
    document = {
        "title": (title["name"].strip() if title else "") or "whichpool",
        "description": title["description"] if title else "",
        "date": _date(title["date"] if title else ""),
        "version": version,
        "colours": _colours(blocks),
        "blocks": [_with_widths(block) for block in blocks],
        "attached": [{"name": a.name, "type": a.type, "description": a.description} for a in attachments],
    }
    sources = {
        "report.typ": (THEME / "report.typ").read_bytes(),
        "document.json": json.dumps(document).encode(),
        **{attachment.name: attachment.content for attachment in attachments},
    }
    # A folder of its own is all that the compiler can read.
    with tempfile.TemporaryDirectory(prefix="whichpool-pdf-") as folder:
        for name, content in sources.items():
            (Path(folder) / name).write_bytes(content)
        pdf = typst.compile(
            str(Path(folder) / "report.typ"),
            root=folder,
            format="pdf",
            pdf_standards=list(STANDARDS),
            ignore_system_fonts=True,
            font_paths=[str(THEME / "fonts"), str(_spare_fonts())],
        )
    return _packed(bytes(pdf))


def _packed(pdf: bytes) -> bytes:
    """The same document with page labels, and its small objects compressed: half the bytes of a long report.

    The typesetter writes each of the thousands of objects that tell what is a paragraph and what a cell as text;
    ISO 32000-1, 7.5.7 and 12.4.2.
    """
    import pikepdf

    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.Root.PageLabels = pikepdf.Dictionary(Nums=[0, pikepdf.Dictionary(S=pikepdf.Name.D)])
        document.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return packed.getvalue()


def _spare_fonts() -> Path:
    """Where matplotlib keeps its fonts, found without importing it."""
    found = find_spec("matplotlib")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


def _ordered(blocks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """On paper, the numbers behind the figures come last."""
    folded = [block for block in blocks if block.get("folded")]
    if not folded:
        return list(blocks)
    heading = Heading(words("The numbers behind the figures"), level=2).to_json()
    return [*(block for block in blocks if not block.get("folded")), heading, *folded]


def _breakable(data: Any) -> Any:
    """The same data, with places to break a line in words that are too long for a column."""
    if isinstance(data, str):
        if data.startswith("<svg"):
            return svg.on_paper(data)
        data = data.encode(errors="replace").decode()  # half a character isn't text
        # A thin space stands between the digits of one number, where no line may end.
        return _LONG_WORD.sub(_with_breaks, data.replace("\u2009", "\u202f"))
    if isinstance(data, Mapping):
        return {key: _breakable(value) for key, value in data.items()}
    return [_breakable(value) for value in data] if isinstance(data, list | tuple) else data


def _with_widths(block: Mapping[str, Any]) -> Mapping[str, Any]:
    if block["kind"] != "table":
        return block
    size, columns = widths(block)
    return {**block, "size": size, "widths": columns}


def _with_breaks(word: re.Match[str]) -> str:
    return "\u200b".join(word[0][start : start + 8] for start in range(0, len(word[0]), 8))


def _date(text: str) -> list[int]:
    try:
        moment = dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except ValueError:
        moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return [moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second]


def _colours(blocks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    cells = (cell for block in blocks if block["kind"] == "table" for row in block["rows"] for cell in row)
    items = (item for block in blocks if block["kind"] == "items" for item in block["items"])
    names = {entry["strategy"] for entry in (*cells, *items)}
    return {name: style.look(name).colour for name in sorted(names)}
