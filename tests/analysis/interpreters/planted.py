"""Synthetic runs of several interpreters, with differences between them that were planted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.interpreters.side_by_side import SideBySide, side_by_side
from pipeline.analysis.summary import summarise
from tests.support.synthetic import SyntheticBundle, synthetic_bundle

BOTH = ("current", "python3.13t")
CONTROL = "python3.13t -X gil=1"


def planted(
    *,
    slower: Mapping[str, float] | None = None,
    starts_s: Mapping[str, float] | None = None,
    heavier: Mapping[str, float] | None = None,
    **options: object,
) -> SyntheticBundle:
    """A bundle whose interpreters take `slower` times as long for every phase of computing work, start in `starts_s`
    seconds and need `heavier` times the memory."""
    settings = {
        "workloads": ("int_loop", "hash_large", "sleep", "noop"),
        "strategies": ("serial", "threads", "processes"),
        "workers": (2, 4),
        "interpreters": BOTH,
        "mishaps": False,
    }
    made = synthetic_bundle(**(settings | options))
    rows = made.measurements.merge(made.invocations[["invocation", "interpreter", "workload", "strategy"]])
    computing = rows["workload"].isin(("int_loop", "hash_large")) & rows["phase"].eq("steady")
    factor = rows["interpreter"].map(dict(slower or {})).fillna(1.0).where(computing, 1.0)
    heavy = rows["interpreter"].map(dict(heavier or {})).fillna(1.0).where(rows["metric"] == "peak_memory", 1.0)
    made.measurements["value"] = made.measurements["value"].to_numpy() * (factor * heavy).to_numpy()
    if starts_s:
        _start_in(made, rows, starts_s)
    return made


def _start_in(made: SyntheticBundle, rows: pd.DataFrame, starts_s: Mapping[str, float]) -> None:
    """Makes the total that of the phases and the planted start, times noise that the block shares."""
    phases = made.measurements[(rows["metric"] == "wall").to_numpy() & (rows["phase"] != "total").to_numpy()]
    spent = phases.groupby("invocation")["value"].sum()
    own = made.invocations.set_index("invocation")
    rng = np.random.default_rng(5)
    noise = np.exp(0.02 * rng.standard_normal(len(own)))
    start = own["interpreter"].map(dict(starts_s)) * noise
    total = ((rows["metric"] == "wall") & (rows["phase"] == "total")).to_numpy()
    names = made.measurements.loc[total, "invocation"]
    made.measurements.loc[total, "value"] = (names.map(spent) + names.map(start)).to_numpy()


def compared(made: SyntheticBundle) -> SideBySide:
    return side_by_side(made, summarise(made))
