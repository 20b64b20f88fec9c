"""Claim 2: what one more worker weighs, and how long workers take to start, against threads."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.claims.finding import BYTES, SECONDS, T_ON_LOGS, TIMES, Finding, Wanted
from pipeline.analysis.claims.grounds import (
    FEWEST_BLOCKS,
    START_METHOD,
    WORKERS,
    Grounds,
    paired,
    ratio_finding,
    records,
)
from pipeline.analysis.claims.verdict import Judgement, combined
from pipeline.analysis.frames import missing
from pipeline.statistics.margin import ABOVE
from pipeline.statistics.quotient import quotient

MEMORY_METHOD = "ratio of two slopes (Donner and Zou)"
SLOPE_METHOD = "least squares over the number of workers"
QUALITY = "memory or start-up"
HEAVY, BETWEEN = "processes", "subinterpreters"


def light_threads(grounds: Grounds) -> Judgement:
    """Claim 2: one more process needs several times the memory of one more thread, and as many times its start."""
    return combined([*_memory(grounds), *_start(grounds)])


def _memory(grounds: Grounds) -> list[Finding]:
    rows = grounds.slopes[grounds.slopes["worker_low"].notna()]
    light = rows[rows["strategy"] == "threads"]
    if light.empty:
        return []
    # Numbers of different methods are never compared.
    thread = light.sort_values("n", ascending=False, kind="stable").iloc[0]
    found = [_slope(thread)]
    for _, row in rows[(rows["method"] == thread["method"]) & rows["strategy"].isin((HEAVY, BETWEEN))].iterrows():
        found.append(_slope(row))
        numbers = quotient(_interval(row), _interval(thread))
        if numbers[1] != numbers[1]:
            continue
        n = int(min(row["n"], thread["n"]))
        wanted = _wanted(row, grounds.margins.footprint_ratio, "memory")
        quantity = "memory of one more worker over that of a thread"
        found.append(Finding(str(row["label"]), quantity, TIMES, *numbers, n, MEMORY_METHOD, **wanted))
    return found


def _start(grounds: Grounds) -> list[Finding]:
    rows = grounds.cases[grounds.cases["workload"] == "noop"]
    threads = {(row["baseline_id"], row["workers"]): row for row in records(rows[rows["strategy"] == "threads"])}
    found = []
    for row in records(rows[rows["strategy"].isin((HEAVY, BETWEEN))]):
        thread = threads.get((row["baseline_id"], row["workers"]))
        if thread is None:
            continue
        ratio = paired(grounds.startup, row["case_id"], thread["case_id"])
        if ratio.n >= FEWEST_BLOCKS:
            wanted = _wanted(pd.Series(row), grounds.margins.start_ratio, "start-up")
            found.append(ratio_finding(ratio, str(row["name"]), "start-up over that of threads", **wanted))
            found += _seconds(grounds, row)
    return found


def _wanted(row: pd.Series, margin: float, quality: str) -> Wanted:
    """The margin and the factors of processes; subinterpreters, which the claim doesn't name, are only told."""
    if row["strategy"] != HEAVY:
        return {}
    factors = {QUALITY: quality}
    if not missing(row["start_method"]):
        factors[START_METHOD] = str(row["start_method"])
    if "workers" in row:
        factors[WORKERS] = f"{row['workers']} workers"
    return {"margin": margin, "side": ABOVE, "factors": factors}


def _slope(row: pd.Series) -> Finding:
    quantity = f"memory of one more worker ({row['method']})"
    return Finding(str(row["label"]), quantity, BYTES, *_interval(row), int(row["n"]), SLOPE_METHOD)


def _seconds(grounds: Grounds, row: dict[str, object]) -> list[Finding]:
    cost = grounds.costs[grounds.costs["case_id"] == row["case_id"]]
    return [
        Finding(
            str(row["name"]), "start-up", SECONDS, each["startup_s"], each["startup_low"], each["startup_high"],
            int(each["n"]), T_ON_LOGS,
        )
        for each in records(cost)
    ]  # fmt: skip


def _interval(row: pd.Series) -> tuple[float, float, float]:
    return float(row["worker_bytes"]), float(row["worker_low"]), float(row["worker_high"])
