"""Claim 10: what stays of a worker's leak when the worker has ended, and whom it hurts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.analysis.claims.finding import SHARE, Finding, from_mean, share_of
from pipeline.analysis.claims.grounds import Grounds
from pipeline.analysis.claims.sharing import counts
from pipeline.analysis.claims.verdict import Judgement, combined
from pipeline.statistics.margin import ABOVE, BELOW
from pipeline.statistics.mean import plain_mean_interval

WORKLOAD = "leak"
RETAINED, FAILED = "share of the leak that stayed", "share of trials in which a sibling failed"
VICTIM = "what leaks"


def leaks_damage_siblings(grounds: Grounds) -> Judgement:
    """Claim 10: a thread's leak stays and makes a sibling fail; a process takes its leak along, and nobody fails."""
    margins = grounds.margins
    found: list[Finding] = []
    for _, group in grounds.told(WORKLOAD).groupby("case_id", sort=False):
        victim = str(group.iloc[0]["param_victim"])
        stays: dict[str, Any] = {"margin": margins.leak_share, "side": ABOVE}
        fails: dict[str, Any] = {"margin": margins.damage_share, "side": ABOVE}
        if victim == "process":
            stays, fails = {"margin": margins.leak_none, "side": BELOW}, {"margin": margins.damage_share, "side": BELOW}
        elif victim != "thread":
            stays, fails = {}, {}
        factors = {VICTIM: victim}
        found += _retained(group, victim, stays | {"factors": factors})
        failed, trials = counts(group, "sibling_failed")
        if trials:
            found.append(share_of(failed, trials, victim, FAILED, factors=factors, **fails))
    return combined(found)


def _retained(group: pd.DataFrame, victim: str, wanted: dict[str, Any]) -> list[Finding]:
    kept, size = (group[group["metric"] == name].set_index("invocation")["median"] for name in ("retained", "size"))
    shares = (kept / size).dropna()
    return [from_mean(plain_mean_interval(shares), victim, RETAINED, SHARE, "t", **wanted)] if len(shares) else []
