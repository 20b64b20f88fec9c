"""Durations and sizes as people write them, to and from SI base units."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

DURATION_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
"""Seconds per unit."""
SIZE_UNITS = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
"""Bytes per unit."""

DURATION_PATTERN = r"^\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h)$"
"""What `parse_duration` accepts, for the JSON Schema."""
SIZE_PATTERN = r"^\d+(\.\d+)?\s*(B|[kKMGT]B|[KMGT]iB)$"
"""What `parse_size` accepts, for the JSON Schema."""

_NUMBER_AND_UNIT = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>[A-Za-zµ]+)")
_LONGEST = 40


def parse_duration(text: str) -> float:
    """Seconds in `10ms`, `1.5s`, `5m` or `2h`.

    Raises:
        ValueError: The text is no duration; the message says what one looks like.
    """
    number, unit = _split(text, DURATION_UNITS, 'a duration such as "10ms", "1.5s", "5m" or "2h"')
    scale = DURATION_UNITS[unit]
    # Dividing by 1000 gives the float nearest to the decimal number; multiplying by 0.001 may not.
    return float(number) * scale if scale >= 1 else float(number) / round(1 / scale)


def parse_size(text: str) -> int:
    """Bytes in `1B`, `64KiB` or `1.5MB`; kB, MB, GB, TB are powers of 1000, KiB, MiB, GiB, TiB of 1024.

    Raises:
        ValueError: The text is no size, or isn't a whole number of bytes.
    """
    number, unit = _split(text, SIZE_UNITS, 'a size such as "1B", "64KiB" or "1MB"')
    whole, _, decimals = number.partition(".")
    size, remainder = divmod(int(whole + decimals) * SIZE_UNITS[unit], int("1" + "0" * len(decimals)))
    if remainder:
        raise ValueError(f'must be a whole number of bytes, not "{text}"')
    return size


def format_duration(seconds: float) -> str:
    """A duration for people, rounded to three digits: `10ms`, `1.5s`, `5m`, `1h 30m`."""
    if seconds < 0:
        return "-" + format_duration(-seconds)
    if seconds == 0:
        return "0s"
    if not math.isfinite(seconds):
        return str(seconds)
    if seconds >= 59.95:
        return _hours_and_minutes(round(seconds))
    for unit in ("s", "ms", "µs", "ns"):
        # 0.9996 ms is 1 ms in three digits: the unit is chosen after rounding.
        value = float(f"{seconds / DURATION_UNITS[unit]:.3g}")
        if value >= 1 or unit == "ns":
            return f"{value:.12g}{unit}"
    raise AssertionError(seconds)


def format_size(size_bytes: float) -> str:
    """A size for people, in powers of 1024 and rounded to three digits: `64KiB`, `1.5MiB`."""
    if size_bytes < 0:
        return "-" + format_size(-size_bytes)
    value, unit = float(size_bytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1023.5:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f}{unit}" if value >= 100 else f"{float(f'{value:.3g}'):g}{unit}"


def _split(text: str, units: Collection[str], wanted: str) -> tuple[str, str]:
    found = _NUMBER_AND_UNIT.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if not found:
        raise ValueError(f'must be {wanted}, not "{text[:_LONGEST]}"')
    if found["unit"] not in units:
        known = ", ".join(units)
        raise ValueError(f'must be {wanted}; "{found["unit"]}" is no unit, allowed: {known}')
    return found["number"], found["unit"]


def _hours_and_minutes(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{value}{unit}" for value, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if value]
    return " ".join(parts[:2])
