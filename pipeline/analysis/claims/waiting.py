"""Claim 4: whether threads suit work that mainly waits."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from pipeline.analysis.claims.finding import SHARE, Finding, Wanted
from pipeline.analysis.claims.grounds import (
    FEWEST_BLOCKS,
    WORK,
    Grounds,
    Row,
    case_factors,
    paired,
    parameter,
    speedup_finding,
)
from pipeline.analysis.claims.verdict import Judgement, combined
from pipeline.analysis.speedups import Estimator
from pipeline.statistics.margin import ABOVE
from pipeline.statistics.ratio import RatioEstimate, log_ratio
from pipeline.statistics.student import SIGNIFICANCE

WAITS = ("sleep", "tcp_echo", "http_get", "subprocess", "mixed")
USES_CPUS = ("subprocess",)
"""Others do the work, on as many CPUs as there are."""
OTHERS = ("asyncio", "asyncio_threads", "processes", "mp_pool", "subinterpreters")
COMPUTING_SHARE = "share of computing"


def threads_for_waiting(grounds: Grounds) -> Judgement:
    """Claim 4: threads come near their number, and hardly anything is better."""
    rows = grounds.parallel(WAITS, ["threads"])
    tests = [
        speedup_finding(
            row, margin=grounds.margins.waiting_scaling * _limit(grounds, row), side=ABOVE, factors=_factors(row)
        )
        for row in rows
    ]
    return combined([*tests, *_keeping_up(grounds, rows)])


def _limit(grounds: Grounds, row: Row) -> float:
    """How many times as fast as many workers can be: tasks come in whole rounds."""
    workers = int(row["workers"])
    if row["workload"] in USES_CPUS:
        workers = grounds.several(workers)
    tasks = parameter(row, "tasks")
    return float(tasks) / math.ceil(float(tasks) / workers) if tasks else float(workers)


def _factors(row: Row) -> dict[str, str]:
    share = parameter(row, "gil_share", 0) if row["workload"] == "mixed" else 0
    return {COMPUTING_SHARE: f"{float(share):.0f} % computing", **case_factors(row), WORK: str(row["workload"])}


def _keeping_up(grounds: Grounds, rows: list[Row]) -> list[Finding]:
    """In which share of the cells threads are within reach of the best.

    Its ends are the share of cells where that is certain, and that of all but those where the contrary is.
    """
    mainly_waiting = [row for row in rows if row["workload"] != "mixed"]
    places = [place for row in mainly_waiting if (place := _place(grounds, row)) is not None]
    if not places:
        return []
    certain, excluded = (float(np.mean([place == wanted for place in places])) for wanted in (1, -1))
    likely = (certain + 1 - excluded) / 2
    name = f"within {grounds.margins.best_within:.0%} of the best strategy"
    wanted: Wanted = {
        "margin": grounds.margins.waiting_share,
        "side": ABOVE,
        "factors": {WORK: "beside other strategies"},
    }
    numbers = (likely, certain, 1 - excluded, len(places))
    return [
        Finding(
            "all waiting work",
            f"share of cases {name}",
            SHARE,
            *numbers,
            "cases counted, by paired t on logs",
            **wanted,
        )
    ]


def _place(grounds: Grounds, row: Row) -> int | None:
    """1 if no other strategy is better by more than the margin, -1 if one certainly is, else 0; None without others."""
    others = [
        other
        for other in grounds.parallel([row["workload"]], OTHERS)
        if (other["baseline_id"], other["workers"]) == (row["baseline_id"], row["workers"])
    ]
    line = 1 / (1 + grounds.margins.best_within)
    strict = partial(log_ratio, confidence=1 - SIGNIFICANCE / max(1, len(others)))
    plain = [_speed(grounds, row, other, log_ratio) for other in others]
    corrected = [_speed(grounds, row, other, strict) for other in others]
    if not others or any(each.n < FEWEST_BLOCKS for each in plain):
        return None
    if any(each.high < line for each in corrected):
        return -1
    return int(all(each.low > line for each in plain))


def _speed(grounds: Grounds, row: Row, other: Row, estimate: Estimator) -> RatioEstimate:
    return paired(grounds.steady, other["case_id"], row["case_id"], estimate)
