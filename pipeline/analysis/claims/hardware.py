"""Claim 11: what a second hardware thread of a core adds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.claims.finding import Finding
from pipeline.analysis.claims.grounds import FEWEST_BLOCKS, Grounds, ratio_finding
from pipeline.analysis.claims.verdict import Judgement, combined, not_testable
from pipeline.statistics.margin import ABOVE
from pipeline.statistics.ratio import log_ratio

WORKLOAD, RATE = "hardware_threads", "rate"
ONE, SIBLINGS, CORES = "one", "siblings", "cores"
NO_SIBLINGS = "this machine shows no hardware threads that share a core"


def hardware_threads(grounds: Grounds) -> Judgement:
    """Claim 11: two hardware threads of one core do more work than one.

    The control is that two cores do: where they don't, something else holds the machine back.
    """
    rates = grounds.told(WORKLOAD)
    rates = rates[rates["metric"] == RATE]
    if ONE not in set(rates.get("param_placement", pd.Series(dtype="str"))):
        return combined([])
    margins = grounds.margins
    test = _ratio(rates, SIBLINGS, "two hardware threads of one core", margin=margins.smt_yield, side=ABOVE)
    control = _ratio(rates, CORES, "two cores", margin=margins.no_speedup, side=ABOVE, control=True)
    if test:
        return combined([*test, *control])
    reason = grounds.why_not([WORKLOAD])
    return not_testable(reason[1] if reason and reason[0] == "unsupported" else NO_SIBLINGS)


def _ratio(rates: pd.DataFrame, placement: str, stratum: str, **wanted: Any) -> list[Finding]:
    table = rates[rates["median"] > 0].pivot_table(index="block", columns="param_placement", values="median")
    if placement not in table or ONE not in table:
        return []
    both = table[[placement, ONE]].dropna()
    found = log_ratio(np.log(both[placement].to_numpy("float64")) - np.log(both[ONE].to_numpy("float64")))
    return [ratio_finding(found, stratum, "work done, over that of one", **wanted)] if found.n >= FEWEST_BLOCKS else []
