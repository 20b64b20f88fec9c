"""A bundle with the same cases and more measurements: what a long run would have left behind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import store
from pipeline.store.bundle import INVOCATIONS_FILE, MEASUREMENTS_FILE
from pipeline.store.run_file import RUN_FILE

NOISE = 0.02


def enlarge(bundle: Path, folder: Path, *, rows: int, times_blocks: int) -> int:
    """Writes a bundle with about so many rows of measurements, and returns how many they are.

    Every block comes `times_blocks` times; the rest are more iterations in each invocation. Values are those of the
    bundle, spread anew.

    Args:
        bundle: a folder that a run wrote.
        folder: where to write; it must not exist.
        rows: of the table of measurements.
        times_blocks: how many times as many blocks.
    """
    loaded = store.load(bundle)
    rng = np.random.default_rng(0)
    first = loaded.invocations["invocation"].max() + 1
    last = loaded.invocations["block"].max() + 1
    invocations = pd.concat([_moved(loaded.invocations, copy, first, last) for copy in range(times_blocks)])
    measurements = pd.concat([_moved(loaded.measurements, copy, first, last) for copy in range(times_blocks)])
    steady = measurements[measurements["phase"] == "steady"]
    repeats = max(0, round((rows - len(measurements)) / max(1, len(steady))))
    iterations = steady["iteration"].max() + 1
    more = [steady.assign(iteration=steady["iteration"] + iterations * (1 + copy)) for copy in range(repeats)]
    measurements = pd.concat([measurements, *more], ignore_index=True)
    measurements["value"] *= np.exp(NOISE * rng.standard_normal(len(measurements)))
    folder.mkdir()
    invocations.reset_index(drop=True).to_parquet(folder / INVOCATIONS_FILE, index=False, compression="zstd")
    measurements.to_parquet(folder / MEASUREMENTS_FILE, index=False, compression="zstd")
    (folder / RUN_FILE).write_text(json.dumps(loaded.run))
    return len(measurements)


def _moved(table: pd.DataFrame, copy: int, first: int, last: int) -> pd.DataFrame:
    """The table with the numbers of invocations and blocks of a later part of the run."""
    moved = table.assign(invocation=table["invocation"] + copy * first)
    return moved.assign(block=moved["block"] + copy * last) if "block" in moved else moved
