"""Whether the answers hang on invocations that somebody else's work disturbed."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from pipeline.analysis.winners import NOT_MEASURED

KEY = ["baseline_id", "use"]
SAID = ["outcome", "recommended_case_id"]


def changed_without_disturbed(
    winners: pd.DataFrame, times: pd.DataFrame, decide: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """The rows of `winners` whose answer is another if disturbed invocations are left out.

    Args:
        winners: what `decide` made of `times`.
        times: as `invocation_times.times` returns them.
        decide: times in, winners out.

    Returns:
        Those rows, as far as anything is left to decide by, with `outcome_without` and `recommended_without`, the
        name of the case that would be recommended.
    """
    without = winners if not times["contaminated"].any() else decide(times[~times["contaminated"]])
    merged = winners.merge(
        without[[*KEY, *SAID, "recommended_name"]], on=KEY, suffixes=("", "_without"), validate="one_to_one"
    ).rename(columns={"recommended_name_without": "recommended_without"})
    same = [
        merged[name].eq(merged[f"{name}_without"]) | (merged[name].isna() & merged[f"{name}_without"].isna())
        for name in SAID
    ]
    told = merged["outcome_without"] != NOT_MEASURED
    return merged.loc[told & ~(same[0] & same[1]), [*winners.columns, "outcome_without", "recommended_without"]]
