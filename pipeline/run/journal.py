"""The journal: one line per event, on the disk before the next measurement starts."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline.errors import UserError

FILE_NAME = "journal.jsonl"


class JournalError(UserError):
    """The journal can't be written, or another run is writing it."""


class Journal:
    """An append-only file of JSON lines. `entries` holds what is in it, oldest first."""

    def __init__(self, path: Path, file: Any, entries: list[dict[str, Any]]) -> None:
        self.path = path
        self.entries = entries
        self._file = file

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Opens the journal of a run for appending, and drops a last line that was cut off by a crash.

        Raises:
            JournalError: if the folder can't be written, or another process is writing this journal.
        """
        path = folder / FILE_NAME
        try:
            file = path.open("ab+", buffering=0)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalError(f"{path}: another whichpool is writing this run; wait for it or stop it") from None
        except OSError as error:
            raise JournalError(f"{path}: cannot be written: {error.strerror}") from None
        file.seek(0)
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)
        return cls(path, file, list(parse(content[:whole])))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, entry: dict[str, Any]) -> None:
        """Writes one line and waits until the disk has it.

        Raises:
            JournalError: if that fails, for instance because the disk is full; the line is then not part of the run.
        """
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        try:
            if os.write(self._file.fileno(), line) < len(line):
                raise OSError(28, "No space left on device")
            os.fdatasync(self._file.fileno())
        except OSError as error:
            raise JournalError(
                f"{self.path}: cannot be written: {error.strerror}; everything before is kept: "
                f"mend that, then continue with `whichpool run --resume {shlex.quote(str(self.path.parent))}`"
            ) from None
        self.entries.append(entry)


def read(folder: Path) -> list[dict[str, Any]]:
    """The entries of a journal that nobody needs to write; a cut-off last line is passed over."""
    content = (folder / FILE_NAME).read_bytes()
    return list(parse(content[: content.rfind(b"\n") + 1]))


def parse(content: bytes) -> Iterator[dict[str, Any]]:
    """The entries of whole lines. A line that was damaged is passed over: its measurement is then repeated."""
    for line in content.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and "kind" in entry:
            yield entry
