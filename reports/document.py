"""The blocks that a report is made of: plain data, written once and shown as HTML and as PDF.

Text that came from a bundle enters a block through `code`, `strong`, `plain` or a cell, which make control and
direction marks visible and cut what is too long. Escaping belongs to whoever writes HTML or typst.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

MIME = "application/vnd.whichpool.block+json"
"""The MIME type under which a notebook's output carries a block as JSON."""

LONGEST = 200
"""Characters that are kept of a text from a bundle, where nothing else is said."""

Align = Literal["left", "right", "centre"]
Tone = Literal["plain", "note", "good", "warning"]


def clean(text: object, limit: int = LONGEST) -> str:
    """The text as one line without invisible characters, cut to `limit` characters.

    Control characters, direction marks and unassigned characters are written as their code point, so that a name
    can't rearrange the line it stands in. A multiplication sign stays with its numbers.
    """
    whole = " ".join(str(text).split())
    shown = "".join(_visible(character) for character in whole[:limit]).replace(" × ", "\u00a0×\u00a0")
    return f"{shown}…" if len(whole) > limit else shown


def clean_lines(text: object, limit: int = 20_000) -> str:
    """The same for text of several lines, whose line ends and indentation are kept."""
    whole = str(text).expandtabs(4)
    shown = "".join(c if c == "\n" else _visible(c) for c in whole[:limit])
    return f"{shown}\n…" if len(whole) > limit else shown


def _visible(character: str) -> str:
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
    return f"[U+{ord(character):04X}]" if hidden else character


@dataclass(frozen=True)
class Span:
    """A piece of a sentence."""

    text: str
    style: Literal["", "code", "strong"] = ""


Words = tuple[Span, ...]
"""A sentence, or several."""


def plain(text: object) -> Span:
    """A piece of running text."""
    return Span(clean(text, 2_000))


def code(text: object) -> Span:
    """A name as it stands in a configuration."""
    return Span(clean(text), "code")


def strong(text: object) -> Span:
    """What the eye should find first."""
    return Span(clean(text), "strong")


def words(*parts: Span | str) -> Words:
    """A sentence from pieces; a bare string is our own text and is taken as it is."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def text_of(sentence: Words) -> str:
    """The sentence without its styles."""
    return "".join(span.text for span in sentence)


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    note: str = ""
    """A second, quieter line."""
    sort: float | str | None = None
    """What a reader sorts by; the text if None."""
    strategy: str = ""
    """The strategy whose colour marks the cell; none if empty."""
    style: Literal["", "code", "strong", "warning"] = ""


@dataclass(frozen=True)
class Column:
    """Heading of a table's column."""

    title: str
    align: Align = "left"
    weight: float = 1.0
    """Share of the width in the PDF, relative to the other columns."""


class Block:
    """Base of everything that a report shows; a notebook displays it through its MIME bundle."""

    kind: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """The block as JSON data, with its `kind`."""
        return {"kind": self.kind, **asdict(self)}  # type: ignore[call-overload]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002
        from reports.html import to_html

        data = self.to_json()
        return {MIME: data, "text/html": to_html(data), "text/plain": f"<{self.kind}>"}


@dataclass(frozen=True)
class Title(Block):
    """The head of the report."""

    kind = "title"
    name: str
    description: str
    date: str
    """ISO 8601 in UTC: of the run, never of the rendering."""
    version: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Paragraph(Block):
    """Running text; with a tone it becomes a box."""

    kind = "paragraph"
    words: Words
    tone: Tone = "plain"


@dataclass(frozen=True)
class Item:
    """One line of a list."""

    words: Words
    strategy: str = ""


@dataclass(frozen=True)
class Items(Block):
    """A list; items may be marked with the colour of a strategy."""

    kind = "items"
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Heading(Block):
    """A heading that depends on the data, below the sections of the notebook."""

    kind = "heading"
    words: Words
    level: int = 3


@dataclass(frozen=True)
class Table(Block):
    """A table of text cells."""

    kind = "table"
    name: str
    """Unique in the report: becomes the anchor."""
    caption: Words
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    cards: bool = False
    """On a narrow screen, show each row as a card instead of scrolling sideways."""
    folded: bool = False
    """Shown in HTML only when asked for: the numbers behind a figure."""
    note: Words = ()


@dataclass(frozen=True)
class Panel:
    """One picture of a figure."""

    svg: str
    alt: str


@dataclass(frozen=True)
class Figure(Block):
    """A figure of one or more panels, which a page arranges as wide as it allows."""

    kind = "figure"
    name: str
    caption: Words
    panels: tuple[Panel, ...]
    data: str = ""
    """What is drawn, as CSV text."""


@dataclass(frozen=True)
class Listing(Block):
    """Text shown as it is: a command, a configuration."""

    kind = "listing"
    title: str
    text: str


@dataclass(frozen=True)
class Facts(Block):
    """Names and values."""

    kind = "facts"
    name: str
    caption: Words
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Files(Block):
    """Files of the bundle, for the reader to keep."""

    kind = "files"
    files: tuple[tuple[str, str, str], ...]
    """Name, what it is, size as text."""
    embedded: Mapping[str, str] = field(default_factory=dict)
    """Name to `data:` address, for the files that are small enough to travel inside the HTML."""
