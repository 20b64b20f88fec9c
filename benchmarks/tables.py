"""Tables of results: printed, and kept in the documentation between marker comments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One topic's results."""

    name: str
    """What the marker comments call it."""
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """A table in Markdown, its columns aligned for reading as plain text."""
        lines = [list(self.header), *map(list, self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.header))]
        lines.insert(1, ["-" * width for width in widths])
        return "\n".join(
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in lines
        )


def percent(share: float, digits: int = 1) -> str:
    """A share as a percentage without its sign."""
    return f"{100 * share:.{digits}f}"


def replaced(text: str, tables: Iterable[Table]) -> str:
    """The document with what stands between `<!-- begin NAME -->` and `<!-- end NAME -->` replaced.

    Raises:
        ValueError: the document has no such markers.
    """
    for table in tables:
        begin, end = f"<!-- begin {table.name} -->", f"<!-- end {table.name} -->"
        before, found, rest = text.partition(begin)
        _, found_end, after = rest.partition(end)
        if not (found and found_end):
            raise ValueError(f"the document has no {begin} … {end}")
        text = f"{before}{begin}\n\n{table.markdown()}\n\n{end}{after}"
    return text
