"""A file's text, after everything that a file can be instead of text."""

from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path

from pipeline.config.mistakes import ConfigError, Mistake, Place
from pipeline.errors import did_you_mean

LARGEST_BYTES = 2**20
"""No grid that anyone can measure needs a larger file."""

NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that YAML doesn't allow in a file, and that we don't allow in a value either."""
_FOREIGN_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path, *, named_at: Place | None = None) -> str:
    """The text of a small UTF-8 file.

    Args:
        path: The file.
        named_at: Where another file names this one; a file that can't be read is reported there.

    Raises:
        ConfigError: There is no such file, or it isn't one, is too large, unreadable or not UTF-8 text.
    """
    try:
        content = read_bytes(path)
    except ValueError as error:
        message = str(error) if named_at is None else f"{path} {error}"
        raise ConfigError([Mistake(named_at or Place(path), message)]) from None
    return _decode(content, path)


def read_bytes(path: Path) -> bytes:
    """The content of a small regular file. Raises ValueError, saying what the path is instead, otherwise."""
    try:
        # Without blocking: opening a named pipe would otherwise wait for a writer for ever.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            kind = os.fstat(file.fileno())
            if not stat.S_ISREG(kind.st_mode):
                raise ValueError("is not a regular file")
            if kind.st_size > LARGEST_BYTES:
                raise ValueError(f"is too large: {kind.st_size:,} bytes, allowed: {LARGEST_BYTES:,}")
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ValueError(_unreadable(path, error)) from None
    if len(content) > LARGEST_BYTES:
        raise ValueError(f"is too large: more than {LARGEST_BYTES:,} bytes")
    return content


def _unreadable(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        folder = path.parent
        siblings = [other.name for other in folder.glob(f"*{path.suffix}")] if folder.is_dir() else []
        return f"doesn't exist{did_you_mean(path.name, siblings)}"
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return "is a directory; name a file in it"
    return f"can't be read: {error.strerror or error}"


def _decode(content: bytes, path: Path) -> str:
    if content.startswith(_FOREIGN_MARKS):
        raise ConfigError([Mistake(Place(path), "is UTF-16 or UTF-32 text; save it as UTF-8")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text: byte 0x{content[error.start]:02x}; save the file as UTF-8"
        raise ConfigError([Mistake(Place(path, line), message)]) from None
    if found := NOT_TEXT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        message = f"is not text: character U+{ord(found[0]):04X} is not allowed in YAML"
        raise ConfigError([Mistake(Place(path, line), message)])
    return text
