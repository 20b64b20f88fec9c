"""A part of the page: what a scenario found, as text and tables."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.tables import Table


@dataclass(frozen=True)
class Section:
    """What one scenario contributes."""

    title: str
    about: str
    """How it was measured, in Markdown."""
    tables: tuple[Table, ...]
    summary: tuple[str, ...]
    """Sentences for the beginning of the page, generated from the numbers."""
    notes: tuple[str, ...] = ()
    """What stands below the tables, as a list."""
    prose: str = ""
    """What stands below the tables, in Markdown."""

    def markdown(self) -> str:
        """The section without its summary."""
        tables = [
            f"**{table.name}**\n\n{table.markdown()}" if table.name else table.markdown() for table in self.tables
        ]
        notes = "\n".join(f"* {note}" for note in self.notes)
        return "\n\n".join(
            part for part in (f"## {self.title}", self.about, *tables, notes, self.prose.strip()) if part
        )


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Median, and the range where there are several: `3.1 (2.9 to 3.4)`."""
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) < 2:
        return middle
    return f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"
