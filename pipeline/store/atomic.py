"""Files that are either the old or the new version, whenever the machine stops."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pipeline.errors import UserError


class StoreError(UserError):
    """A bundle can't be written or read."""


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a whole file and has it on disk before it takes the place of an older one.

    Raises:
        StoreError: if the file can't be written; an older version is then untouched.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from None
