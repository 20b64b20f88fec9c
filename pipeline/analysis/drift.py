"""Blocks in which the machine became faster or slower: their cases can't be compared with each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.frames import with_columns
from pipeline.analysis.invocation_times import times
from pipeline.plan.oracles import REFERENCE_A, REFERENCE_B
from pipeline.statistics.drift import steady_blocks


def drifts(invocations: pd.DataFrame, measurements: pd.DataFrame) -> pd.DataFrame:
    """One row per block whose reference was measured at both ends.

    Returns:
        `block`, `first_s` and `last_s` (the reference's steady phase at the beginning and at the end of the block)
        and `dropped`, whether it moved so much that the block doesn't count (`statistics.drift`).
    """
    rows = with_columns(invocations, ("invocation", "oracle", "order"))
    rows = rows[rows["oracle"].isin((REFERENCE_A, REFERENCE_B))]
    timed = times(rows, measurements)[["invocation", "block", "steady_s"]].dropna()
    timed = timed.merge(rows[["invocation", "order"]], on="invocation").sort_values(["block", "order"])
    pairs = timed.groupby("block")["steady_s"].agg(["size", "first", "last"])
    pairs = pairs[pairs["size"] > 1]
    kept = steady_blocks(np.log(pairs["first"].to_numpy("float64")), np.log(pairs["last"].to_numpy("float64")))
    return pd.DataFrame(
        {
            "block": pairs.index.astype("int64"),
            "first_s": pairs["first"].to_numpy("float64"),
            "last_s": pairs["last"].to_numpy("float64"),
            "dropped": ~kept,
        }
    )
