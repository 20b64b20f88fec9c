"""Claim 5: how punctual a thread is while others work, and where the work is on the thread itself."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.analysis.claims.finding import SECONDS, SHARE, T_ON_LOGS, Finding, from_mean
from pipeline.analysis.claims.grounds import Grounds, first
from pipeline.analysis.claims.verdict import Judgement, combined
from pipeline.analysis.frames import missing
from pipeline.statistics.margin import ABOVE, BELOW
from pipeline.statistics.mean import any_mean_interval

WORKLOAD = "heartbeat"
LATENESS, LATE_SHARE = "lateness_p99", "late_share_50ms"
QUANTITY = "99th percentile of lateness"
IDLE = "sleep"
BESIDE, COUNT = "kind of work beside", "number of tasks beside"


def threads_for_interfaces(grounds: Grounds) -> Judgement:
    """Claim 5: beside computing threads, hardly a beat is later than people notice.

    Controls: beside threads that sleep, the machine itself is punctual; and work on the beating thread does delay it.
    """
    told = grounds.told(WORKLOAD)
    line = grounds.margins.lateness_s
    others = [case for case in _cases(told) if not _on_the_beat(case)]
    threads = [case for case in others if case["strategy"] == "threads"]
    tests = _lateness([case for case in threads if case["param_beside"] != IDLE], {"margin": line, "side": BELOW})
    idle = [case for case in threads if case["param_beside"] == IDLE]
    blocked = [case for case in _cases(told) if _on_the_beat(case)]
    controls = _lateness(idle, {"margin": line, "side": BELOW, "control": True})
    controls += _lateness(blocked, {"margin": line, "side": ABOVE, "control": True})
    elsewhere = _lateness([case for case in others if case["strategy"] not in ("threads", "serial")], {})
    shares = [each for case in [*threads, *blocked] for each in _late_share(case)]
    return combined([*tests, *controls, *elsewhere, *shares] if tests else [])


def _cases(told: pd.DataFrame) -> list[dict[str, Any]]:
    """One mapping per case, with its rows under `rows`."""
    return [first(group) | {"rows": group} for _, group in told.groupby("case_id", sort=False)]


def _on_the_beat(case: dict[str, Any]) -> bool:
    return case.get("param_work_on") == "beat"


def _lateness(cases: list[dict[str, Any]], wanted: dict[str, Any]) -> list[Finding]:
    found = []
    for case in cases:
        values = case["rows"].loc[case["rows"]["metric"] == LATENESS, "median"]
        if values.empty:
            continue
        more = {**wanted, "factors": {BESIDE: str(case["param_beside"]), COUNT: _beside(case)}}
        mean = any_mean_interval(values)
        found.append(from_mean(mean, _words(case), QUANTITY, SECONDS, T_ON_LOGS, **more))
    return found


def _late_share(case: dict[str, Any]) -> list[Finding]:
    values = case["rows"].loc[case["rows"]["metric"] == LATE_SHARE, "median"]
    if values.empty:
        return []
    mean = any_mean_interval(values)
    return [from_mean(mean, _words(case), "share of time more than 50 ms late", SHARE, "t")]


def _beside(case: dict[str, Any]) -> str:
    count = 0 if missing(case.get("param_tasks")) else int(case["param_tasks"]) - 1
    return f"{count} beside"


def _words(case: dict[str, Any]) -> str:
    if _on_the_beat(case):
        return f"{case['param_beside']} on the beating thread itself"
    return f"{_beside(case).split()[0]} × {case['param_beside']} beside, {case['label']}"
