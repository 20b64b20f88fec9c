"""Parameter values as people write them: 0.01 seconds as `10 ms`, 65536 bytes as `64 KiB`."""

from __future__ import annotations

from functools import cache

from experiments import catalogue
from pipeline.analysis.frames import missing

SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
BYTES = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B"))
SMALL_RATIO, LARGE_RATIO = 0.1, 100.0
SWEPT = {"task_time": "tasks", "payload": "payload"}
"""Axes that many workloads have, each with the word that stands behind its value."""
KINDS_BY_NAME = {"seconds": "duration", "size": "size", "bytes": "size"}
"""For workloads that this version doesn't know: the user's own, or those of another version."""


def setting(workload: str, values: dict[str, object]) -> str:
    """The given parameters in short: `10 ms`, `tasks 8`, `10 ms, tasks 8`; empty for none.

    A duration, a size or a word stands by itself unless there are several of its kind. What isn't swept isn't told.
    """
    kinds = {name: _kind(workload, name) for name in values if name not in SWEPT}
    words = []
    for name, value in values.items():
        if name in SWEPT:
            words += [] if missing(value) else [_swept(name, value)]
            continue
        alone = list(kinds.values()).count(kinds[name]) == 1 and kinds[name] != "integer"
        words.append(_written(kinds[name], value) if alone and not missing(value) else _named(name, kinds, value))
    return ", ".join(words)


def duration(seconds: float) -> str:
    """Seconds in the largest unit that leaves at least 1: `1.5 s`, `10 ms`, `0 s`."""
    return _in_units(seconds, SECONDS)


def size(count: float) -> str:
    """Bytes in the largest binary unit that leaves at least 1: `64 KiB`."""
    return _in_units(count, BYTES)


def about(seconds: float) -> str:
    """`duration`, rounded to two digits."""
    return duration(float(f"{seconds:.2g}"))


def about_bytes(count: float) -> str:
    """`size`, rounded to three digits."""
    return _in_units(count, BYTES, digits=3)


def factor(ratio: float) -> str:
    """How many times: two decimals, of a small number two digits, of a large one three."""
    if abs(ratio) >= LARGE_RATIO:
        return f"{float(f'{ratio:.3g}'):,.0f}"
    return f"{ratio:.2f}" if abs(ratio) >= SMALL_RATIO else f"{ratio:.2g}"


def _swept(name: str, value: object) -> str:
    """With the word that tells it from the workload's own durations and sizes."""
    if name == "task_time" and value == 0:
        return "empty tasks"
    return f"{_written('size' if name == 'payload' else 'duration', value)} {SWEPT[name]}"


def _named(name: str, kinds: dict[str, str], value: object) -> str:
    return f"{name} {'auto' if missing(value) else _written(kinds[name], value)}"


def _written(kind: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if kind == "duration":
        return duration(value)
    if kind == "size":
        return size(value)
    return f"{value:.0f}" if float(value).is_integer() else f"{value:g}"


def _in_units(value: float, units: tuple[tuple[float, str], ...], digits: int = 4) -> str:
    for factor, unit in units:
        # Not >=: 0.001 / 1e-3 may come out a little under 1.
        if abs(value) / factor > 1 - 1e-9:
            return f"{value / factor:.{digits}g} {unit}"
    factor, unit = units[-1] if value else units[0]
    return f"{value / factor:.{digits}g} {unit}"


def _kind(workload: str, name: str) -> str:
    return _known_kinds().get((workload, name), KINDS_BY_NAME.get(name, "integer"))


@cache
def _known_kinds() -> dict[tuple[str, str], str]:
    return {
        (workload, name): parameter.kind
        for workload, class_ in catalogue.workloads().items()
        for name, parameter in class_.parameters().items()
    }
