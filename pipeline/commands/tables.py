"""The look of every table in the terminal."""

from __future__ import annotations

from rich.table import Table


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table without lines, whose cells fold rather than being cut."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made
