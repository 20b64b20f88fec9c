"""Whether all strategies did the same work: their results' checksums against those of serial."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.cases import group_columns
from pipeline.analysis.frames import with_columns
from pipeline.analysis.invocation_times import CONTAMINATED, OK

SAME, DIFFERENT, NOT_DETERMINISTIC, UNKNOWN = "same", "different", "not deterministic", "unknown"


def checksum_agreement(invocations: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """One row per group of cases that share a baseline.

    Returns:
        The columns of `group_columns`, `results`: `same`; `different` (some case's results aren't those of
        serial: tasks were lost, doubled or changed); `not deterministic` (serial itself gives varying
        results, so nothing can be said); `unknown` (no checksum of serial, or none beside it); `n`
        (invocations with a checksum) and `differing`, the names of the cases that differ.
    """
    rows = with_columns(invocations, ("case_id", "checksum", "status"))[["case_id", "checksum", "status"]]
    rows = rows[rows["status"].isin((OK, CONTAMINATED)) & rows["checksum"].notna()]
    found = {case_id: set(group) for case_id, group in rows.groupby("case_id")["checksum"]}
    counts = rows.groupby("case_id").size().to_dict()
    columns = group_columns(described)
    shared = described.drop_duplicates("baseline_id")[columns].reset_index(drop=True)
    records = []
    for baseline_id, group in described[["baseline_id", "case_id", "name"]].groupby("baseline_id", sort=False):
        names = dict(zip(group["case_id"], group["name"], strict=True))
        known = {case_id: found[case_id] for case_id in names if case_id in found}
        reference = known.pop(str(baseline_id), set())
        differing = [names[case_id] for case_id, sums in known.items() if sums != reference]
        n = sum(counts.get(case_id, 0) for case_id in names)
        results = _results(reference, known, differing)
        records.append((results, n, tuple(differing) if results == DIFFERENT else ()))
    told = pd.DataFrame(records, columns=["results", "n", "differing"])
    return shared.join(told.astype({"results": "str", "n": "int64"}))


def _results(reference: set[str], known: dict[str, set[str]], differing: list[str]) -> str:
    if len(reference) > 1:
        return NOT_DETERMINISTIC
    if not reference or not known:
        return UNKNOWN
    return DIFFERENT if differing else SAME
