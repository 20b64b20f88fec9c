"""Axes written short: `1B .. 64MiB x4` stands for 1, 4, 16, … bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pipeline.config.sections import Listing

RANGE_PATTERN = r"^\s*\S.*?\s*\.\.\s*.*?\S\s*x\s*[0-9]+(\.[0-9]+)?\s*$"
"""What is read as a range, for the JSON Schema."""
MOST_VALUES = 200
TOLERANCE = 1e-9
"""The end counts although many multiplications have rounded it away."""
_RANGE = re.compile(r"\s*(?P<first>\S.*?)\s*\.\.\s*(?P<last>.*?\S)\s*x\s*(?P<factor>[0-9]+(?:\.[0-9]+)?)\s*")


def expanded(axis: Any, read: Callable[[object], Any]) -> Any:
    """The list with every range in it replaced by its values; anything else as it is.

    Args:
        axis: A list, as `read_axis` gives it.
        read: Turns what stands before and behind the two dots into a number.

    Raises:
        ValueError: A range has no values, too many, or ends that are no such numbers.
    """
    if not isinstance(axis, list):
        return axis
    result = Listing()
    for position, item in enumerate(axis):
        place = axis.item_places[position] if isinstance(axis, Listing) else result.place
        found = _RANGE.fullmatch(item) if isinstance(item, str) else None
        for value in [item] if found is None else _values(item, found, read):
            result.add(value, place)
    return result


def _values(text: str, found: re.Match[str], read: Callable[[object], Any]) -> list[float]:
    first, last = (_end(found[end], read) for end in ("first", "last"))
    factor = float(found["factor"])
    if factor <= 1 or first <= 0 or last < first:
        raise ValueError(
            f'must be a range such as "1 .. 64 x4", from above 0 upwards and by more than 1, not "{text[:60]}"'
        )
    values: list[float] = []
    exact: float = first
    while exact <= last * (1 + TOLERANCE):
        if len(values) == MOST_VALUES:
            raise ValueError(f'"{text[:60]}" has more than {MOST_VALUES} values')
        # A whole number stays one, however the factor divides it.
        value = round(exact) if isinstance(first, int) else exact
        if value not in values:
            values.append(value)
        exact *= factor
    return values


def _end(text: str, read: Callable[[object], Any]) -> Any:
    return read(int(text) if text.isdigit() else text)
