"""The cases of two interpreters that do the same work in the same way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.frames import prefixed, text_or_none
from pipeline.analysis.invocation_times import LogTimes
from pipeline.analysis.speedups import Estimator
from pipeline.statistics.holm import holm
from pipeline.statistics.ratio import NO_ESTIMATE, RatioEstimate, log_ratio
from pipeline.statistics.student import Floats

Row = Mapping[str, Any]


def work_columns(described: pd.DataFrame) -> list[str]:
    """What makes two cases the same kind of work, as columns of `cases`."""
    return ["workload", "setting", *prefixed(described, "param_")]


def way_columns(described: pd.DataFrame) -> list[str]:
    """What makes two cases the same way of doing it."""
    return ["strategy", "start_method", "label", "workers", *prefixed(described, "option_")]


def counterparts(described: pd.DataFrame, interpreter: str, against: str) -> Iterator[tuple[Row, Row]]:
    """Rows of `cases` under two interpreters that do the same work in the same way, in the order of the first."""
    keys = [*work_columns(described), *way_columns(described)]
    sides = [described[described["interpreter"] == name].to_dict("records") for name in (interpreter, against)]
    others = {_key(row, keys): row for row in sides[1]}
    for row in sides[0]:
        other = others.get(_key(row, keys))
        if other is not None:
            yield _named(row), _named(other)


def difference(logs: LogTimes, case_id: str, other_id: str) -> Floats:
    """By block: log of how many times as long the first case takes as the second; NaN where one is missing."""
    if case_id not in logs or other_id not in logs:
        return np.empty(0)
    return logs[case_id] - logs[other_id]


def ratio(differences: Floats, estimate: Estimator = log_ratio) -> RatioEstimate:
    """The ratio of geometric means from such differences; without any, an estimate without numbers."""
    known = differences[np.isfinite(differences)]
    return estimate(known) if len(known) else NO_ESTIMATE


def family(found: Sequence[RatioEstimate]) -> list[dict[str, float]]:
    """What is told of ratios that are looked at side by side: columns for each of them.

    `ratio`, `low`, `high`; `mde`, the effect that would probably have shown; `p_holm`, corrected for all of them.
    """
    adjusted = holm([one.p_value for one in found])
    comparisons = max(1, sum(one.p_value == one.p_value for one in found))
    told = []
    for one, p_holm in zip(found, adjusted, strict=True):
        low, high = one.ends
        mde = one.detectable_among(comparisons)
        told.append({"ratio": one.ratio, "low": low, "high": high, "mde": mde, "p_holm": float(p_holm)})
    return told


def together(differences: Iterable[Floats]) -> Floats:
    """By block: the mean of several differences, NaN in blocks that lack one of them.

    A block that lacks one would say something about other work.
    """
    parts = [each for each in differences if np.isfinite(each).any()]
    return np.mean(parts, axis=0) if parts else np.empty(0)


def _key(row: Mapping[Any, Any], columns: list[str]) -> tuple[str | None, ...]:
    return tuple(text_or_none(row[name]) for name in columns)


def _named(row: Mapping[Any, Any]) -> Row:
    return {str(name): value for name, value in row.items()}
