"""What one thread pays: serial under one interpreter against serial under another, by kind of work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pipeline.analysis.costs import EMPTY_TASK
from pipeline.analysis.interpreters.counterparts import (
    Row,
    counterparts,
    difference,
    family,
    ratio,
    together,
    work_columns,
)
from pipeline.analysis.interpreters.relations import Relation
from pipeline.analysis.invocation_times import LogTimes, log_times
from pipeline.analysis.speedups import Estimator
from pipeline.run.stopping import MARGIN
from pipeline.statistics.equivalence import equivalent
from pipeline.statistics.ratio import RatioEstimate, log_ratio
from pipeline.statistics.sequence import sequential_ratio
from pipeline.statistics.student import SIGNIFICANCE

SLOWER, FASTER, EQUAL, UNKNOWN, NOT_MEASURED = (
    "slower",
    "faster",
    "no worthwhile difference",
    "no reliable difference",
    "not measured",
)
COMPUTING_SHARE = 0.5
"""Of the elapsed time a CPU is busy at least that much, or the work counts as waiting."""
TEXTS = ("interpreter", "against", "kind", "outcome")
NUMBERS = ("time_s", "against_s", "ratio", "low", "high", "mde", "p_value", "p_holm")


def single_thread(
    described: pd.DataFrame,
    times: pd.DataFrame,
    related: Sequence[Relation],
    *,
    margin: float = MARGIN,
    estimate: Estimator = log_ratio,
) -> pd.DataFrame:
    """How many times as long `serial` takes under one interpreter as under another, paired within blocks.

    Args:
        described: the frame from `cases`.
        times: the frame from `invocation_times.times`.
        related: from `relations`.
        margin: a factor; what differs by less doesn't matter.
        estimate: from the blocks' log ratios; `speedups.estimator` has the right one for a run.

    Returns:
        One row per relation and kind of work that both were planned for, and first per relation one for all kinds of
        computing work together, if there are several (`whole`, without a workload): the geometric mean, from the
        blocks that have all of them.

        `interpreter`, `against`, `kind`, `differences`; `case_id`, `against_id`, `workload`, `setting`, `param_*`;
        `computing` (keeps a CPU busy and isn't an empty task), `n` (blocks), `time_s` and `against_s` (geometric
        means), `ratio` (above 1: takes longer) with `low` and `high` (95 %), `mde` (relative, with the correction),
        `p_value`, `p_holm` (the whole rows, which repeat the others, among themselves, and the others likewise),
        `agree`, and `outcome`: `slower` or `faster` (reliably, and by at least `margin`), `no worthwhile difference`
        (equivalent within `margin`, or reliably different by less), `no reliable difference` (the run can't tell),
        `not measured`.
    """
    serial = described[described["case_id"] == described["baseline_id"]]
    logs = log_times(times, "steady_s")
    computing = _computing(serial, times)
    works = work_columns(described)
    rows: list[dict[str, Any]] = []
    found: list[RatioEstimate] = []
    for relation in related:
        pairs = list(counterparts(serial, relation.interpreter, relation.against))
        differences = [difference(logs, row["case_id"], other["case_id"]) for row, other in pairs]
        computes = [row["case_id"] in computing or other["case_id"] in computing for row, other in pairs]
        busy = [one for one, is_busy in zip(differences, computes, strict=True) if is_busy]
        if len(busy) > 1:
            rows.append(_told(relation) | {"whole": True, "computing": True})
            found.append(ratio(together(busy), estimate))
        for (row, other), one, is_busy in zip(pairs, differences, computes, strict=True):
            ids = {"case_id": row["case_id"], "against_id": other["case_id"], "computing": is_busy, "whole": False}
            rows.append(_told(relation) | ids | {name: row[name] for name in works} | _means(logs, row, other))
            found.append(ratio(one, estimate))
    return _frame(rows, found, described[works], margin, estimate)


def _computing(serial: pd.DataFrame, times: pd.DataFrame) -> set[str]:
    """The serial cases that keep a CPU busy, by what was measured; empty tasks measure the handing out instead."""
    own = times[times["case_id"].isin(serial.loc[serial["workload"] != EMPTY_TASK, "case_id"])]
    shares = (own["cpu_steady_s"] / own["steady_s"]).groupby(own["case_id"]).median()
    return set(shares.index[shares >= COMPUTING_SHARE])


def _told(relation: Relation) -> dict[str, Any]:
    return {
        "interpreter": relation.interpreter,
        "against": relation.against,
        "kind": relation.kind,
        "differences": relation.differences,
    }


def _means(logs: LogTimes, row: Row, other: Row) -> dict[str, float]:
    """Geometric means of the seconds of both sides, over the blocks that have both."""
    both = difference(logs, row["case_id"], other["case_id"])
    if not len(both):
        return {}
    known = both == both
    sides = {"time_s": logs[row["case_id"]][known], "against_s": logs[other["case_id"]][known]}
    return {name: ratio(side).ratio for name, side in sides.items()}


def _frame(
    rows: list[dict[str, Any]],
    found: list[RatioEstimate],
    works: pd.DataFrame,
    margin: float,
    estimate: Estimator,
) -> pd.DataFrame:
    for is_whole in (True, False):
        own = [(row, one) for row, one in zip(rows, found, strict=True) if row["whole"] is is_whole]
        for (row, one), told in zip(own, family([one for _, one in own]), strict=True):
            row |= told | {"n": one.n, "agree": one.agree, "p_value": one.p_value}
            row["outcome"] = _outcome(one, told["p_holm"], margin, anytime=estimate is sequential_ratio)
    first = ["whole", "interpreter", "against", "kind", "differences", "case_id", "against_id"]
    columns = [*first, *works.columns, "computing", "n", *NUMBERS, "agree", "outcome"]
    frame = pd.DataFrame(rows, columns=columns)
    types: dict[str, Any] = {"whole": "bool", "computing": "bool", "agree": "bool", "n": "int64"}
    types |= dict.fromkeys(NUMBERS, "float64") | dict.fromkeys((*TEXTS, "case_id", "against_id"), "str")
    return frame.astype(types)


def _outcome(found: RatioEstimate, p_holm: float, margin: float, *, anytime: bool) -> str:
    if found.n < 2:
        return NOT_MEASURED
    within = 1 / margin < found.low and found.high < margin
    if p_holm < SIGNIFICANCE and not 1 / margin < found.ratio < margin:
        return SLOWER if found.ratio > 1 else FASTER
    same = within if anytime else within or equivalent(found, margin)
    return EQUAL if same or p_holm < SIGNIFICANCE else UNKNOWN
