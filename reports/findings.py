"""What a figure shows, in one sentence for its caption: rows in, words out."""

from __future__ import annotations

import pandas as pd

from reports import numbers
from reports.document import Words, code, plain, strong, words
from reports.drawing import Scale
from reports.sentences import work_name

KIND = ["workload", "setting", "baseline_id"]


def speedups(parallel: pd.DataFrame) -> Words:
    """For how many kinds of work some pool is faster with its whole interval, and the highest speed-up.

    Args:
        parallel: rows of one use with a speed-up, serial left out.
    """
    if parallel.empty:
        return ()
    kinds = parallel.groupby(KIND, sort=False, dropna=False)
    faster = int((kinds["low"].max() > 1).sum())
    best = parallel.sort_values("speedup").iloc[-1].to_dict()
    ends = numbers.interval(best["low"], best["high"])
    return words(
        f"Some pool is faster than serial, its whole interval above 1, for {faster} of "
        f"{numbers.count(kinds.ngroups, 'kind', 'kinds')} of work. Highest speed-up: ",
        strong(numbers.ratio(best["speedup"])), f"{ends and f' ({ends})'}, ", plain(best["name"]), " for ",
        *work_name(best), ". ",
    )  # fmt: skip


def extremes(pools: pd.DataFrame, value: str, scale: Scale) -> str:
    """The lowest and the highest of what is drawn, with the pools they belong to."""
    known = pools[pools[value] > 0].sort_values(value)
    return "; ".join(
        f"{word} {scale.write(row[value])}, {row['label']} with {numbers.count(int(row['workers']), 'worker')}"
        for word, row in (("lowest", known.iloc[0]), ("highest", known.iloc[-1]))
    )


def front(points: pd.DataFrame) -> Words:
    """Which strategy stands on the front most often; points as `time_and_memory` returns them."""
    if points.empty:
        return ()
    kinds = points["baseline_id"].nunique()
    # Serial is always the lightest, which says nothing.
    named = points[points["front"] & (points["strategy"] != "serial")]
    if named.empty:
        return words("Serial alone is on every front. ")
    counts = named.drop_duplicates(["baseline_id", "label"])["label"].value_counts()
    often = int(counts.iloc[0])
    return words(
        "Most often on the front, besides serial: ", plain(counts.index[0]), f", for {often} of {kinds} kinds of work. "
    )


def most_varying(cases: pd.DataFrame, value: str) -> Words:
    """The case that varies most."""
    known = cases[cases[value] > 0]
    if known.empty:
        return ()
    row = known.sort_values(value).iloc[-1].to_dict()
    return words(
        "Most varies ", plain(row["name"]), " for ", code(row["workload"]), f": {numbers.percent(row[value])}. "
    )
