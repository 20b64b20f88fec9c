"""Where a module switched the GIL on in an interpreter that had started without it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.analysis.frames import with_columns
from pipeline.analysis.interpreters.relations import Facts


def switched_on(invocations: pd.DataFrame, facts: Mapping[str, Facts]) -> pd.DataFrame:
    """One row per interpreter and workload whose workers had the GIL although the interpreter starts without it.

    What was measured there is the free-threaded build with the GIL on.

    Args:
        invocations: the table of that name; older ones lack the column `gil_enabled_by`.
        facts: `interpreters` of `run.json`.

    Returns:
        `interpreter`, `workload`, `n` (such invocations) and `by` (what switched it on, missing where not known).
    """
    without = [name for name, each in facts.items() if each.get("gil_enabled") is False]
    rows = with_columns(invocations, ("interpreter", "workload", "gil_enabled", "gil_enabled_by"))
    found = rows[rows["interpreter"].isin(without) & rows["gil_enabled"].eq(other=True).fillna(value=False)]
    records = []
    for (interpreter, workload), group in found.groupby(["interpreter", "workload"], sort=False):
        names = list(dict.fromkeys(str(name) for name in group["gil_enabled_by"].dropna() if str(name)))
        records.append((interpreter, workload, len(group), ", ".join(names) or None))
    frame = pd.DataFrame(records, columns=["interpreter", "workload", "n", "by"])
    return frame.astype({"interpreter": "str", "workload": "str", "n": "int64", "by": "str"})
