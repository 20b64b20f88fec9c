"""Claim 8: what handing data over costs, and which kinds of objects can be handed over."""

from __future__ import annotations

from typing import Any

from pipeline.analysis.claims.finding import SHARE, Finding, from_mean
from pipeline.analysis.claims.grounds import (
    FEWEST_BLOCKS,
    RESIDENT,
    START_METHOD,
    STRATEGY,
    Grounds,
    Row,
    first,
    paired,
    parameter,
    ratio_finding,
    records,
)
from pipeline.analysis.claims.verdict import Judgement, combined
from pipeline.analysis.frames import missing
from pipeline.analysis.settings import size
from pipeline.statistics.margin import ABOVE
from pipeline.statistics.mean import plain_mean_interval

WORKLOAD, KINDS = "payload", "sendable"
SENDS = ("processes", "mp_pool", "subinterpreters")
SIZE, KIND = "size", "kind of data"
TASK_S, NOTICED = 0.010, 0.10
"""A task of usual length, and the share of it that overhead is noticed at."""


def ipc_overhead(grounds: Grounds) -> Judgement:
    """Claim 8: sending data takes several times as long as handing over a reference, whatever its size.

    The reference is handed over to a thread, or where no threads were measured to a plain call. Shared memory, and the
    kinds of objects that can be sent at all, are only told.
    """
    rows = grounds.speedups[(grounds.speedups["workload"] == WORKLOAD) & (grounds.speedups["use"] == RESIDENT)]
    cases = records(rows)
    found = [each for row in cases if row["strategy"] in SENDS for each in _overhead(grounds, row, cases)]
    judged = combined([*found, *(_kinds(grounds) if found else [])])
    noticed = _noticed(cases)
    if not noticed or not judged.findings:
        return judged
    return Judgement(judged.verdict, f"{judged.reason}; {noticed}", judged.depends_on, judged.findings)


def _overhead(grounds: Grounds, row: Row, cases: list[Row]) -> list[Finding]:
    same = [each for each in cases if each["baseline_id"] == row["baseline_id"]]
    threads = [each for each in same if each["strategy"] == "threads" and each["workers"] == row["workers"]]
    reference = threads[0]["case_id"] if threads else row["baseline_id"]
    ratio = paired(grounds.steady, row["case_id"], reference, grounds.estimate)
    if ratio.n < FEWEST_BLOCKS:
        return []
    shared = parameter(row, "transport") == "shared_memory"
    wanted = {} if shared else {"margin": grounds.margins.ipc_ratio, "side": ABOVE, "factors": _factors(row)}
    against = "threads" if threads else "a plain call"
    return [ratio_finding(ratio, _words(row), f"time over that of {against}", **wanted)]


def _factors(row: Row) -> dict[str, str]:
    method = {} if missing(row["start_method"]) else {START_METHOD: str(row["start_method"])}
    kind = str(parameter(row, "kind", "bytes"))
    return {SIZE: size(float(parameter(row, "size", 0))), STRATEGY: str(row["strategy"]), KIND: kind, **method}


def _words(row: Row) -> str:
    parts = [size(float(parameter(row, "size", 0))), parameter(row, "kind"), parameter(row, "transport"), row["name"]]
    return ", ".join(str(part) for part in parts if part)


def _noticed(cases: list[Row]) -> str:
    """From which size on a round trip takes a noticed part of a task of 10 ms."""
    sizes = [
        float(parameter(row, "size", 0))
        for row in cases
        if row["strategy"] == "processes" and parameter(row, "transport") != "shared_memory"
        if row["time_s"] / float(parameter(row, "tasks", 1)) >= NOTICED * TASK_S
    ]
    return f"a round trip takes 10 % of a task of 10 ms from {size(min(sizes))} on" if sizes else ""


def _kinds(grounds: Grounds) -> list[Finding]:
    found = []
    for _, group in grounds.told(KINDS).groupby("case_id", sort=False):
        case: dict[str, Any] = first(group)
        accepted = group[group["metric"] == "accepted"].set_index("invocation")["median"]
        kinds = group[group["metric"] == "kinds"].set_index("invocation")["median"]
        mean = plain_mean_interval((accepted / kinds).dropna())
        found.append(from_mean(mean, str(case["label"]), "kinds of objects that can be sent", SHARE, "t"))
    return found
