"""Claim 6: whether a worker that hangs can be stopped from outside."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.analysis.claims.finding import SECONDS, T_ON_LOGS, Finding, always, from_mean, never, share_of
from pipeline.analysis.claims.grounds import Grounds, first
from pipeline.analysis.claims.sharing import counts
from pipeline.analysis.claims.verdict import Judgement, combined
from pipeline.statistics.mean import any_mean_interval

WORKLOAD = "stopping"
STOPPED, ALIVE, LATENCY = (
    "share stopped in time",
    "share of healthy siblings that went on",
    "time to stop, 95th percentile",
)
VICTIM, MEANS, HANG = "what hangs", "means", "how it hangs"
FORCE = ("terminate", "kill", "terminate_workers")
"""Means against a process that no code of it can ignore unless it blocks the signal."""
SPARES_NOBODY = ("terminate_workers",)
"""Means that stop the healthy siblings, too, as they are meant to."""


def threads_not_killable(grounds: Grounds) -> Judgement:
    """Claim 6: processes are always stopped, threads that wait or swallow exceptions never.

    That an asynchronous exception ends a loop of Python code is told, and no part of the claim.
    """
    found: list[Finding] = []
    for _, group in grounds.told(WORKLOAD).groupby("case_id", sort=False):
        case = first(group)
        factors = {VICTIM: str(case["param_victim"]), MEANS: str(case["param_means"]), HANG: str(case["param_hang"])}
        stopped, trials = counts(group, "stopped")
        if not trials:
            continue
        wanted = _wanted(grounds, case)
        found.append(share_of(stopped, trials, _words(case), STOPPED, factors=factors, **wanted))
        alive, trials = counts(group, "siblings_alive")
        if trials and wanted and case["param_means"] not in SPARES_NOBODY:
            control = always(grounds.margins.logic_share) | {"control": True}
            found.append(share_of(alive, trials, _words(case), ALIVE, factors=factors, **control))
        found += _latency(group, case)
    return combined(found)


def _wanted(grounds: Grounds, case: dict[str, Any]) -> dict[str, Any]:
    share = grounds.margins.logic_share
    if case["param_victim"] == "process" and case["param_means"] in FORCE:
        return always(share)
    if case["param_victim"] != "thread":
        return {}
    return {} if (case["param_means"], case["param_hang"]) == ("async_exception", "loop") else never(share)


def _latency(group: pd.DataFrame, case: dict[str, Any]) -> list[Finding]:
    values = group.loc[group["metric"] == "stop_latency_p95", "median"].dropna()
    if values.empty:
        return []
    return [from_mean(any_mean_interval(values), _words(case), LATENCY, SECONDS, T_ON_LOGS)]


def _words(case: dict[str, Any]) -> str:
    return f"{case['param_victim']} in {case['param_hang']}, {case['param_means']}"
