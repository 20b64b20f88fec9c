"""Numbers as a reader wants them: three digits, a unit, and a dash where nothing was measured."""

from __future__ import annotations

import math
import re

MISSING = "–"
TIMES = "\N{MULTIPLICATION SIGN}"
SLOW = 0.67
"""Speed-ups below this are told as how many times longer it takes."""
NARROW = "\u00a0"
"""Between a number and its unit: never broken over two lines."""

_TIME = ((60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
_SIZE = ((1024.0**3, "GiB"), (1024.0**2, "MiB"), (1024.0, "KiB"))


def missing(value: object) -> bool:
    """Whether the value stands for *not measured*: None, NaN or a missing value of pandas."""
    if value is None:
        return True
    try:
        return math.isnan(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return not isinstance(value, str)


def trimmed(text: str) -> str:
    """The text with the zeros dropped that say nothing on an axis: `10.0 ms` becomes `10 ms`."""
    return re.sub(r"(\.\d*?)0+(?=\D|$)", lambda found: found[1].rstrip("."), text)


def digits(value: float, count: int = 3) -> str:
    """The number with `count` significant digits, never in exponent notation below a million."""
    if missing(value):
        return MISSING
    if value == 0:
        return "0"
    if math.isinf(value):
        return "∞"
    places = max(0, count - 1 - math.floor(math.log10(abs(value))))
    rounded = round(value, places)
    places = max(0, count - 1 - math.floor(math.log10(abs(rounded)))) if rounded else 0
    return f"{rounded:,.{places}f}".replace("-", "−").replace(",", "\u2009")


def seconds(value: float) -> str:
    """A duration: `1.84 ms`."""
    if missing(value):
        return MISSING
    if value == 0:
        return f"0{NARROW}s"
    for unit, name in _TIME:
        if abs(value) >= unit * 0.9995:
            return f"{digits(value / unit)}{NARROW}{name}"
    return f"{digits(value / 1e-9)}{NARROW}ns"


def size(value: float) -> str:
    """An amount of memory: `12.3 MiB`."""
    if missing(value):
        return MISSING
    for unit, name in _SIZE:
        if abs(value) >= unit * 0.9995:
            return f"{digits(value / unit)}{NARROW}{name}"
    return f"{value:.0f}{NARROW}B".replace("-", "−")


def ratio(value: float) -> str:
    """A speed-up: `1.84`, `16.0`, `0.012`."""
    if missing(value):
        return MISSING
    return f"{value:.2f}" if 0.1 <= abs(value) < 9.995 else digits(value, 3 if abs(value) > 1 else 2)


def interval(low: float, high: float) -> str:
    """Both ends of an interval: `1.79 to 1.90`; empty where there is none."""
    return "" if missing(low) or missing(high) else f"{ratio(low)} to {ratio(high)}"


def told(speedup: float, low: float, high: float) -> tuple[float, float, float, bool]:
    """A speed-up with its interval as it is told, and whether that is by how many times it is slower."""
    slower = speedup < SLOW
    return (1 / speedup, 1 / high, 1 / low, True) if slower else (speedup, low, high, False)


def percent(value: float) -> str:
    """A share: 0.031 is `3.1 %`."""
    if missing(value):
        return MISSING
    text = f"{value * 100:.1f}" if abs(value) < 0.0995 else f"{value * 100:.0f}"
    return f"{text.replace('-', '−')}{NARROW}%"


def count(number: int, singular: str, plural: str = "") -> str:
    """`1 case`, `12 cases`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}".replace(",", "\u2009")


def listing(parts: list[str], joint: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {joint} {parts[-1]}" if parts else ""
