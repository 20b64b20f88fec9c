"""Where a module switched the GIL on in an interpreter that had started without it."""

from __future__ import annotations

import pandas as pd


def switched_on(gil: pd.DataFrame) -> pd.DataFrame:
    """One row per interpreter and workload whose workers had the GIL although the interpreter starts without it.

    What was measured there is the free-threaded build with the GIL on.

    Args:
        gil: a row per case, as `pipeline.analysis.quality.gil_contradictions` gives them.

    Returns:
        `interpreter`, `workload`, `n` (such invocations) and `by` (what switched it on, missing where not known).
    """
    records = []
    for (interpreter, workload), group in gil.groupby(["interpreter", "workload"], sort=False):
        names = dict.fromkeys(name for names in group["by"].dropna() for name in str(names).split(", "))
        records.append((interpreter, workload, int(group["n"].sum()), ", ".join(names) or None))
    frame = pd.DataFrame(records, columns=["interpreter", "workload", "n", "by"])
    return frame.astype({"interpreter": "str", "workload": "str", "n": "int64", "by": "str"})
