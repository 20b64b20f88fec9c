"""JSON messages with a length in front, over one file descriptor.

The `json` package takes most of a bare interpreter's start-up time to import, so only its C accelerator is used
where there is one. The supervisor at the other end decodes with the ordinary `json`.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LENGTH_BYTES = 4

try:
    from _json import encode_basestring_ascii as quote
    from _json import make_scanner
except ImportError:  # not CPython
    import json

    quote = json.dumps
    make_scanner = None  # type: ignore[assignment, misc]


class _ScannerOptions:
    """What the accelerator reads from a `json.JSONDecoder`."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: dict[str, str] = {}  # noqa: RUF012 - the scanner fills it


def decode(text: str) -> Any:
    """The value of a JSON text; only for text from a trusted end without white space around it."""
    if make_scanner is None:
        return json.loads(text)
    value, _ = make_scanner(_ScannerOptions)(text, 0)  # type: ignore[arg-type]
    return value


def encode(value: Any) -> str:
    """The JSON text of dictionaries with string keys, lists, strings, numbers, booleans and None."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{quote(key)}:{encode(part)}" for key, part in value.items()]) + "}"
    return "[" + ",".join([encode(part) for part in value]) + "]"


def send(descriptor: int, value: Any) -> None:
    """Writes one whole message."""
    body = encode(value).encode("ascii")
    message = memoryview(len(body).to_bytes(LENGTH_BYTES, "big") + body)
    while message:
        message = message[os.write(descriptor, message) :]


def receive(descriptor: int) -> Any:
    """Reads one whole message; raises `EOFError` if the other end closed before its end."""
    length = int.from_bytes(_read_exactly(descriptor, LENGTH_BYTES), "big")
    return decode(_read_exactly(descriptor, length).decode())


def _read_exactly(descriptor: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = os.read(descriptor, count - len(data))
        if not part:
            raise EOFError("the supervisor closed the channel")
        data += part
    return data
