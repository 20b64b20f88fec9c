"""The bundle: a folder with everything that a run recorded."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.run import journal
from pipeline.store.atomic import StoreError, write_bytes
from pipeline.store.run_file import read_run, write_run
from pipeline.store.tables import invocations_table, measurements_table

INVOCATIONS_FILE = "invocations.parquet"
MEASUREMENTS_FILE = "measurements.parquet"


@dataclass(frozen=True)
class Bundle:
    """What a run recorded; the columns of the two frames are described in docs/results.md."""

    folder: Path
    run: dict[str, Any]
    """The content of `run.json`."""
    invocations: pd.DataFrame
    """One row per invocation."""
    measurements: pd.DataFrame
    """One row per invocation, iteration and metric."""


def load(path: str | Path) -> Bundle:
    """Reads a bundle. A run that is still going on, or was killed, is read from its journal.

    Raises:
        StoreError: there is no bundle there, or one that this version can't read.
    """
    folder = Path(path)
    run = read_run(folder)
    tables = folder / INVOCATIONS_FILE, folder / MEASUREMENTS_FILE
    if run["status"] == "running" or not all(table.is_file() for table in tables):
        invocations, measurements = _tables_from_journal(folder, run)
    else:
        invocations, measurements = (_read_table(table) for table in tables)
    return Bundle(folder, run, invocations, measurements)


def write_tables(folder: Path, run: dict[str, Any]) -> Bundle:
    """Derives the tables from the journal, writes them, and completes `run.json` with the hashes of all files."""
    invocations, measurements = _tables_from_journal(folder, run)
    for name, frame in ((INVOCATIONS_FILE, invocations), (MEASUREMENTS_FILE, measurements)):
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False, compression="zstd")
        write_bytes(folder / name, buffer.getvalue())
    files = (journal.FILE_NAME, INVOCATIONS_FILE, MEASUREMENTS_FILE)
    run = {**run, "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files}}
    write_run(folder, run)
    return Bundle(folder, run, invocations, measurements)


def _tables_from_journal(folder: Path, run: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    try:
        entries = journal.read(folder)
    except OSError as error:
        raise StoreError(f"{folder / journal.FILE_NAME}: cannot be read: {error.strerror}") from None
    return invocations_table(run, entries), measurements_table(run, entries)


def _read_table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: damaged: {error}") from None
