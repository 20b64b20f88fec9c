"""Claims 1 and 9: what threads see of each other's memory, and what a parent doesn't see of its child's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pipeline.analysis.claims.finding import Finding, always, never, share_of
from pipeline.analysis.claims.grounds import START_METHOD, STRATEGY, Grounds
from pipeline.analysis.claims.verdict import Judgement, combined
from pipeline.analysis.frames import missing

WORKLOAD = "visibility"
SEEN = {
    "seen_by_worker": "late writes of the parent that the worker saw",
    "seen_argument": "changes to an argument that the parent saw",
    "seen_global": "globals set by the worker that the parent saw",
    "seen_attribute": "attributes set by the worker that the parent saw",
    "seen_environment": "environment variables set by the worker that the parent saw",
}
MADE_FOR_SHARING = {
    "returned": "values that came back by return",
    "shared_memory": "values that came through shared memory",
    "manager": "values that came through a manager",
    "queue": "values that came through a queue",
    "value": "values that came through a shared value",
}
MEMORYVIEW = {"memoryview": "values that came through a memoryview"}
HEAP = ("seen_by_worker", "seen_argument", "seen_global", "seen_attribute")
SET_IN_CHILD = ("seen_global", "seen_argument", "seen_attribute", "seen_environment")
MEANS = "what is looked at"


def shared_heap(grounds: Grounds) -> Judgement:
    """Claim 1: threads see each other's changes in both directions; processes and subinterpreters don't."""
    share = grounds.margins.logic_share
    threads = _shares(grounds, ["threads"], HEAP, SEEN, always(share))
    contrast = _shares(grounds, ["processes", "subinterpreters"], HEAP[:2], SEEN, never(share) | {"control": True})
    excepted = _shares(grounds, ["processes"], ["shared_memory"], MADE_FOR_SHARING, {})
    excepted += _shares(grounds, ["subinterpreters"], list(MEMORYVIEW), MEMORYVIEW, {})
    return combined([*threads, *contrast, *excepted] if threads else [])


def results_not_visible(grounds: Grounds) -> Judgement:
    """Claim 9: nothing that a child process sets is seen, whatever is made for sharing is; and threads show it all."""
    share = grounds.margins.logic_share
    tests = _shares(grounds, ["processes"], SET_IN_CHILD, SEEN, never(share))
    means = _shares(grounds, ["processes"], list(MADE_FOR_SHARING), MADE_FOR_SHARING, always(share) | {"control": True})
    threads = _shares(grounds, ["threads"], SET_IN_CHILD[:3], SEEN, always(share) | {"control": True})
    others = _shares(grounds, ["subinterpreters"], SET_IN_CHILD, SEEN, {})
    return combined([*tests, *means, *threads, *others] if tests else [])


def _shares(
    grounds: Grounds,
    strategies: Sequence[str],
    metrics: Sequence[str],
    names: dict[str, str],
    more: dict[str, Any],
) -> list[Finding]:
    """For each pool and each of the metrics that it has: of how many trials."""
    rows = grounds.told(WORKLOAD)
    rows = rows[rows["strategy"].isin(strategies)]
    found = []
    for (strategy, method), group in rows.groupby(["strategy", "start_method"], sort=False, dropna=False):
        label = str(strategy) if missing(method) else f"{strategy} ({method})"
        factors = {STRATEGY: str(strategy)} | ({} if missing(method) else {START_METHOD: str(method)})
        for metric in metrics:
            seen, trials = counts(group, metric)
            if trials:
                factor = {**factors, MEANS: names[metric]}
                found.append(share_of(seen, trials, label, names[metric], factors=factor, **more))
    return found


def counts(group: pd.DataFrame, metric: str) -> tuple[float, float]:
    """How often something happened, and in how many trials, over the invocations that tell it."""
    told = group[group["metric"] == metric]
    trials = group[(group["metric"] == "trials") & group["invocation"].isin(told["invocation"])]
    return float(told["total"].sum()), float(trials["total"].sum())
