"""What threads gain under each interpreter, and for which work the interpreter decides whether they pay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.candidates import FEWEST_BLOCKS
from pipeline.analysis.interpreters.counterparts import Row, counterparts, difference, family, ratio, work_columns
from pipeline.analysis.interpreters.relations import reference_of
from pipeline.analysis.invocation_times import LogTimes, log_times
from pipeline.analysis.speedups import Estimator
from pipeline.run.stopping import MARGIN
from pipeline.statistics.holm import holm
from pipeline.statistics.ratio import RatioEstimate, log_ratio
from pipeline.statistics.student import SIGNIFICANCE

THREADS, RESIDENT = "threads", "resident"
PAYS, DOES_NOT_PAY, OPEN = "pays", "does not pay", "open"
GAINS = ("gain", "gain_low", "gain_high", "gain_mde", "gain_p_holm")
"""As `family` tells them, in its order."""


def scaling(
    described: pd.DataFrame,
    times: pd.DataFrame,
    speedups: pd.DataFrame,
    *,
    strategy: str = THREADS,
    margin: float = MARGIN,
    estimate: Estimator = log_ratio,
) -> pd.DataFrame:
    """The speed-up of one strategy's resident pool over serial, by interpreter, and beside the reference's.

    Args:
        described: the frame from `cases`.
        times: the frame from `invocation_times.times`.
        speedups: the frame from `speedups_of`.
        strategy: its name.
        margin: the speed-up from which a pool pays.
        estimate: from the blocks' log ratios; `speedups.estimator` has the right one for a run.

    Returns:
        One row per case of the strategy: the columns of `speedups`; `p_holm` of the speed-up, over all these rows;
        `outcome`: `pays` (reliably faster than serial, and by at least `margin`), `does not pay` (the whole interval
        is below `margin`), `open` (neither, or not measured); `gain` (how many times as large the speed-up is as
        that of the same case under the reference interpreter, paired within blocks) with `gain_low`, `gain_high`
        (95 %), `gain_mde` (relative, with the correction) and `gain_p_holm` (over all gains). The reference itself
        has no gain.
    """
    rows = speedups[(speedups["strategy"] == strategy) & (speedups["use"] == RESIDENT)].reset_index(drop=True)
    rows["p_holm"] = holm(rows["p_value"]) if len(rows) else rows["p_value"]
    reliable = rows["p_holm"] < SIGNIFICANCE
    measured = rows["n"] >= FEWEST_BLOCKS
    pays = measured & reliable & (rows["speedup"] >= margin)
    cannot = measured & ~pays & (rows["high"] < margin)
    rows["outcome"] = pd.Series(np.select([pays, cannot], [PAYS, DOES_NOT_PAY], OPEN), rows.index, dtype="str")
    gains = _gains(described[described["strategy"] == strategy], log_times(times, "steady_s"), estimate)
    return rows.merge(gains, on="case_id", how="left")


def flips(scaling: pd.DataFrame) -> pd.DataFrame:
    """For each kind of work: under which interpreters the strategy pays with some number of workers.

    Returns:
        The columns of `work_columns`; `pays_under`, `not_under` (does not pay with any number of workers) and
        `open_under`, each a tuple of interpreters in the order of the frame; `flips`: whether the first two both
        name somebody, so that the interpreter decides.
    """
    works = work_columns(scaling)
    records = []
    for key, group in scaling.groupby(works, sort=False, dropna=False):
        named: dict[str, list[str]] = {PAYS: [], DOES_NOT_PAY: [], OPEN: []}
        for interpreter, own in group.groupby("interpreter", sort=False):
            outcomes = set(own["outcome"])
            verdict = PAYS if PAYS in outcomes else DOES_NOT_PAY if outcomes == {DOES_NOT_PAY} else OPEN
            named[verdict].append(str(interpreter))
        decided = bool(named[PAYS] and named[DOES_NOT_PAY])
        records.append((*key, *(tuple(names) for names in named.values()), decided))
    frame = pd.DataFrame(records, columns=[*works, "pays_under", "not_under", "open_under", "flips"])
    return frame.astype({**scaling[works].dtypes.to_dict(), "flips": "bool"})


def _gains(parallel: pd.DataFrame, logs: LogTimes, estimate: Estimator) -> pd.DataFrame:
    interpreters = list(parallel["interpreter"].unique())
    reference = reference_of(interpreters)
    found: dict[str, RatioEstimate] = {}
    for name in interpreters:
        if name == reference:
            continue
        for row, other in counterparts(parallel, name, str(reference)):
            found[row["case_id"]] = _gain(row, other, logs, estimate)
    told = family(list(found.values()))
    rows = [(case_id, *one.values()) for case_id, one in zip(found, told, strict=True)]
    frame = pd.DataFrame(rows, columns=["case_id", *GAINS])
    types: dict[str, Any] = {"case_id": "str"} | dict.fromkeys(GAINS, "float64")
    return frame.astype(types)


def _gain(row: Row, other: Row, logs: LogTimes, estimate: Estimator) -> RatioEstimate:
    own = difference(logs, row["baseline_id"], row["case_id"])
    reference = difference(logs, other["baseline_id"], other["case_id"])
    return ratio(own - reference, estimate) if len(own) and len(reference) else ratio(np.empty(0), estimate)
