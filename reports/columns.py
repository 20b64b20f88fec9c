"""Widths of a table's columns on paper: as weighted, but none narrower than its longest word, or than its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TEXT_WIDTH = 487.0
"""Points between the margins of the page."""
LARGEST, SMALLEST = 7.8, 7.0
"""Points of the letters; where columns are many, they get smaller before lines are broken."""
PADDING = 8.0
"""Points that a cell leaves free at both sides, and a little more."""
SHORT = 24
"""Letters of what stays on one line where there is room: numbers with their intervals, names."""
NOTE, CODE, HEAD = 0.92, 1.0, 1.06
"""Sizes of notes and names, and the width of strong letters, relative to the text."""
MARK = 1.07
"""The mark of a strategy, in letters' sizes."""

_NARROW = frozenset("iljtfrI.,:;'|!()[]- \u00a0\u2009\u202f·")
_WIDE = frozenset("mwMWOQGCDHNU@%×—–…")


def widths(table: Mapping[str, Any]) -> tuple[float, list[float]]:
    """The size of the letters of a table block and the width of each of its columns, in points.

    Numbers and short names stay on one line where letters of `SMALLEST` allow it. Where even the longest words don't
    fit beside each other, all columns give way in proportion.
    """
    least, wished = [], []
    for place, column in enumerate(table["columns"]):
        cells = [row[place] for row in table["rows"]]
        head = _longest(column["title"], whole=False) * HEAD
        least.append(max([head, *(_cell(cell, whole=False) for cell in cells)]))
        wished.append(max([head, *(_cell(cell, whole=True) for cell in cells)]))
    room = TEXT_WIDTH - PADDING * len(least)
    size = min(max(room / max(sum(wished), 1.0), SMALLEST), LARGEST)
    needs = _between(least, wished, room / size)
    return size, _shared([float(column["weight"]) for column in table["columns"]], [n * size + PADDING for n in needs])


def _between(least: Sequence[float], wished: Sequence[float], room: float) -> list[float]:
    """What is wished for if there is room, what is left above the least in proportion if not."""
    if sum(wished) <= room:
        return list(wished)
    if sum(least) >= room:
        return [need * room / sum(least) for need in least]
    part = (room - sum(least)) / (sum(wished) - sum(least))
    return [low + part * (high - low) for low, high in zip(least, wished, strict=True)]


def _shared(weights: Sequence[float], needs: Sequence[float]) -> list[float]:
    """The weighted widths after those columns that need more than their share have got it."""
    given: dict[int, float] = {}
    while True:
        rest = TEXT_WIDTH - sum(given.values())
        open_weight = sum(weight for place, weight in enumerate(weights) if place not in given)
        shares = [given.get(place, rest * weight / (open_weight or 1.0)) for place, weight in enumerate(weights)]
        narrow = {place: need for place, need in enumerate(needs) if place not in given and need > shares[place]}
        if not narrow or len(given) + len(narrow) == len(weights):
            return shares if not narrow else [given.get(p, narrow.get(p, 0.0)) for p in range(len(weights))]
        given |= narrow


def _cell(cell: Mapping[str, Any], *, whole: bool) -> float:
    mark = MARK if cell["strategy"] else 0.0
    broad = HEAD if cell["style"] in {"strong", "warning"} else 1.0
    text = _longest(cell["text"], whole=whole, code=cell["style"] == "code") * broad + mark
    return max(text, NOTE * _longest(cell["note"], whole=whole))


def _longest(text: str, *, whole: bool, code: bool = False) -> float:
    """How wide the longest piece is which no line break should divide, in letters' sizes."""
    pieces = text.split("\u200b") if whole and len(text) <= SHORT else text.replace("\u200b", " ").split(" ")
    return max(len(piece) * 0.6 * CODE if code else sum(map(_width, piece)) for piece in pieces)


def _width(letter: str) -> float:
    """Of a letter of Inter, whose digits are all of one width; of an ideograph."""
    if letter in _NARROW:
        return 0.36
    if letter.isdigit():
        return 0.64
    return 0.9 if letter in _WIDE else 0.58 if letter < "\u2e80" else 1.0
