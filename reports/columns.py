"""Widths of a table's columns on paper: as weighted, but none narrower than its longest word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TEXT_WIDTH = 487.0
"""Points between the margins of the page."""
PADDING = 7.0
"""Points that a cell leaves free at both sides."""
MARK = 8.4
"""Points that the mark of a strategy takes."""
LETTER, NOTE_LETTER, CODE_LETTER, TITLE_LETTER = 4.35, 4.0, 4.8, 4.55
"""Points that a letter of a cell, of its note, of a name in code and of a heading takes, rather too much."""


def widths(table: Mapping[str, Any]) -> list[float]:
    """The share of the width of each column of a table block, in points.

    Where even the longest words don't fit beside each other, all columns give way in proportion.
    """
    columns = table["columns"]
    needs = [
        max([_longest(column["title"], TITLE_LETTER), *(_cell(row[place]) for row in table["rows"])]) + PADDING
        for place, column in enumerate(columns)
    ]
    if sum(needs) >= TEXT_WIDTH:
        return [need * TEXT_WIDTH / sum(needs) for need in needs]
    return _shared([float(column["weight"]) for column in columns], needs)


def _shared(weights: Sequence[float], needs: Sequence[float]) -> list[float]:
    """The weighted widths after those columns that need more than their share have got it."""
    given: dict[int, float] = {}
    while True:
        rest = TEXT_WIDTH - sum(given.values())
        open_weight = sum(weight for place, weight in enumerate(weights) if place not in given)
        shares = [given.get(place, rest * weight / (open_weight or 1.0)) for place, weight in enumerate(weights)]
        narrow = {place: need for place, need in enumerate(needs) if place not in given and need > shares[place]}
        if not narrow:
            return shares
        given |= narrow


def _cell(cell: Mapping[str, Any]) -> float:
    letter = CODE_LETTER if cell["style"] == "code" else TITLE_LETTER if cell["style"] == "strong" else LETTER
    mark = MARK if cell["strategy"] else 0.0
    return max(_longest(cell["text"], letter) + mark, _longest(cell["note"], NOTE_LETTER))


def _longest(text: str, letter: float) -> float:
    """Points that the longest piece needs which no line break may divide."""
    pieces = text.replace("\u200b", " ").replace("-", "- ").split(" ")
    return max(len(piece) for piece in pieces) * letter
