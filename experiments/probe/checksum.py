"""A checksum of results that doesn't depend on the interpreter, the process or the hash seed."""

from __future__ import annotations

import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def checksum(results: list[Any]) -> str:
    """Eight hexadecimal digits over the results in order, `~` in front where some could not be looked into.

    Built-in types and everything with a buffer are covered by value; of other objects only the type's name is.
    """
    crc, whole = _update(0, results)
    return f"{'' if whole else '~'}{crc:08x}"


def _update(crc: int, value: Any) -> tuple[int, bool]:
    crc = zlib.crc32(type(value).__name__.encode(), crc)
    if isinstance(value, (list, tuple)):
        return _update_all(crc, value)
    if isinstance(value, dict):
        return _update_unordered(crc, value.items())
    if isinstance(value, (set, frozenset)):
        return _update_unordered(crc, value)
    if isinstance(value, str):
        return zlib.crc32(value.encode("utf-8", "surrogatepass"), crc), True
    if value is None or isinstance(value, (bool, int, float, complex)):
        return zlib.crc32(repr(value).encode(), crc), True
    try:
        return zlib.crc32(memoryview(value).cast("B"), crc), True
    except (TypeError, ValueError, BufferError):
        return crc, False


def _update_all(crc: int, values: Any) -> tuple[int, bool]:
    whole = True
    for value in values:
        crc, part_whole = _update(crc, value)
        whole = whole and part_whole
    return zlib.crc32(b"%d" % len(values), crc), whole


def _update_unordered(crc: int, values: Any) -> tuple[int, bool]:
    parts = [_update(0, value) for value in values]
    return zlib.crc32(repr(sorted(part for part, _ in parts)).encode(), crc), all(whole for _, whole in parts)
