"""Claim 12: in which of all its cells a run was faster in parallel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments import catalogue
from pipeline.analysis.claims.finding import SHARE, Finding, Wanted
from pipeline.analysis.claims.grounds import (
    FEWEST_BLOCKS,
    STRATEGY,
    WORKERS,
    Grounds,
    Row,
    parameter,
    records,
    speedup_finding,
)
from pipeline.analysis.claims.verdict import Judgement, combined
from pipeline.analysis.frames import missing
from pipeline.analysis.settings import duration
from pipeline.statistics.margin import ABOVE, REFUTED, SUPPORTED

NEEDS, DURATION, USE = "kind of work", "duration of a task", "whether the workers are there already"
USES = {"resident": "workers that stay", "one_shot": "workers started for one batch"}
BOUNDS_S = (1e-4, 1e-3, 1e-2, 1e-1)
COUNTED = "cases counted, by their intervals"
APART = ("visibility", "sendable", "stopping", "leak", "hardware_threads", "heartbeat")
"""Their time is no measure of anything."""


def parallel_is_faster(grounds: Grounds) -> Judgement:
    """Claim 12: almost every case is faster than serial, by what is worth having.

    Every parallel case, for both uses, is a sub-test; the evidence counts them by kind of work, duration and use.
    The ends of a share's interval are the share of cases that certainly gain, and that of all but those that certainly
    don't.
    """
    rows = grounds.speedups[(grounds.speedups["n"] >= FEWEST_BLOCKS) & (grounds.speedups["workers"] > 1)]
    rows = rows[~rows["workload"].isin(APART) & (rows["case_id"] != rows["baseline_id"])]
    wanted: Wanted = {"margin": grounds.margins.useful_speedup, "side": ABOVE}
    cells = [speedup_finding(row, factors=_factors(grounds, row), **wanted) for row in records(rows)]
    if not cells:
        return combined([])
    share = grounds.margins.gains_share
    together = counted(cells, "all cases", share)
    verdict = together.verdict or ""
    judged = combined(cells)
    # A few cases that gain nothing don't refute what holds for 95 % of them.
    if verdict == SUPPORTED:
        judged = Judgement(SUPPORTED, f"{together.estimate:.0%} of {len(cells)} cases gain")
    elif judged.verdict == REFUTED:
        judged = Judgement(REFUTED, f"none of {len(cells)} cases gains")
    return Judgement(judged.verdict, judged.reason, judged.depends_on, (together, *_strata(cells, share)))


def counted(cells: list[Finding], stratum: str, share: float, **more: Any) -> Finding:
    """Which share of cases gains."""
    gain, loss = (float(np.mean([each.verdict == wanted for each in cells])) for wanted in (SUPPORTED, REFUTED))
    line: Wanted = {"margin": share, "side": ABOVE, **more}
    estimate = float(np.mean([each.estimate > each.margin for each in cells]))
    return Finding(stratum, "share of cases that gain", SHARE, estimate, gain, 1 - loss, len(cells), COUNTED, **line)


def _strata(cells: list[Finding], share: float) -> list[Finding]:
    names = (NEEDS, DURATION, USE)
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for each in cells:
        groups.setdefault(tuple(each.factors[name] for name in names), []).append(each)
    return [
        counted(own, ", ".join(key), share, factors=dict(zip(names, key, strict=True)))
        for key, own in sorted(groups.items())
    ]


def _factors(grounds: Grounds, row: Row) -> dict[str, str]:
    beyond = "more workers than CPUs" if row["workers"] > grounds.cpus else "at most as many workers as CPUs"
    return {
        NEEDS: _needs(str(row["workload"])),
        DURATION: _band(row["baseline_s"] / float(parameter(row, "tasks", 1))),
        USE: USES[row["use"]],
        STRATEGY: str(row["strategy"]),
        WORKERS: beyond,
    }


def _needs(workload: str) -> str:
    """What the work needs, as the catalogue says; the user's own by its name."""
    class_ = catalogue.workloads().get(workload)
    return workload if class_ is None else str(class_.needs)


def _band(seconds: float) -> str:
    if missing(seconds) or pd.isna(seconds):
        return "tasks of unknown duration"
    bound = next((each for each in BOUNDS_S if seconds < each), None)
    return f"tasks below {duration(bound)}" if bound else f"tasks of {duration(BOUNDS_S[-1])} and more"
