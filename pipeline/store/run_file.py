"""`run.json`: what was meant to be measured, where, and how it ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.store.atomic import StoreError, write_bytes

RUN_FILE = "run.json"
SCHEMA_VERSION = 2
REQUIRED_KEYS = ("run_id", "status", "seed", "config", "machine", "interpreters", "cases")
"""Without which a run can be neither read nor continued."""


def read_run(folder: Path) -> dict[str, Any]:
    """The content of `run.json`.

    Raises:
        StoreError: it is missing, is not JSON, or has a schema version that is newer than this program.
    """
    path = folder / RUN_FILE
    try:
        run = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"{folder}: not a bundle: there is no {RUN_FILE} in it") from None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise StoreError(f"{path}: damaged: not valid JSON") from None
    version = run.get("schema_version") if isinstance(run, dict) else None
    if not isinstance(version, int):
        raise StoreError(f"{path}: damaged: no schema version")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path}: written by a newer whichpool (schema {version}, this one reads up to {SCHEMA_VERSION}): upgrade"
        )
    missing = [key for key in REQUIRED_KEYS if key not in run]
    if missing:
        raise StoreError(f"{path}: damaged: no {', '.join(missing)}")
    return dict(run)


def write_run(folder: Path, run: dict[str, Any]) -> None:
    """Writes `run.json` atomically."""
    write_bytes(folder / RUN_FILE, json.dumps(run, indent=2, ensure_ascii=False).encode() + b"\n")
