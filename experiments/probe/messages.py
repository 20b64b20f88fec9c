"""Messages with a length in front, over one file descriptor.

What the measured process says is JSON, since whoever reads it must not trust it. What it is told comes from its own
supervisor, as `marshal` data: that module is built in, while `json`, or even its C accelerator alone, takes a
noticeable part of a bare interpreter's start-up time to import.
"""

from __future__ import annotations

import marshal
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LENGTH_BYTES = 4
ORDER_FORMAT = 2
"""Of `marshal`: all that dictionaries, lists, text and numbers need, and read by every Python since 2.5."""


def quote(text: str) -> str:
    """The text as a JSON string."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    import json

    return json.dumps(text)


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
    """Reads one whole order of the supervisor; raises `EOFError` if it closed before its end."""
    length = int.from_bytes(_read_exactly(descriptor, LENGTH_BYTES), "big")
    return marshal.loads(_read_exactly(descriptor, length))  # noqa: S302 - from who started this process


def _read_exactly(descriptor: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = os.read(descriptor, count - len(data))
        if not part:
            raise EOFError("the supervisor closed the channel")
        data += part
    return data
