"""Claims whose verdict the interpreter decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.analysis.claims.verdict import DEPENDS
from pipeline.analysis.interpreters.relations import LOCK, Facts, relations
from pipeline.statistics.margin import REFUTED, SUPPORTED

DECIDED = (SUPPORTED, REFUTED, DEPENDS)
COLUMNS = ("claim", "key", "supported", "refuted", "depends", "same_program")


def flips(verdicts: pd.DataFrame, facts: Mapping[str, Facts]) -> pd.DataFrame:
    """One row per claim that is decided otherwise under one interpreter than under another.

    Args:
        verdicts: of `Claims`.
        facts: `interpreters` of `run.json`.

    Returns:
        `claim`, `key`; `supported`, `refuted` and `depends`, each a tuple of interpreters; `same_program`: whether two
        of those that differ are one program, with its GIL on and off, so that nothing else can be the reason.
    """
    rows: list[dict[str, Any]] = []
    for (claim, key), group in verdicts.groupby(["claim", "key"], sort=False):
        named = {each: tuple(group.loc[group["verdict"] == each, "interpreter"]) for each in DECIDED}
        if sum(bool(names) for names in named.values()) < 2:
            continue
        verdict_of = {name: each for each, names in named.items() for name in names}
        pairs = relations(list(verdict_of), facts)
        same = any(pair.kind == LOCK and verdict_of[pair.interpreter] != verdict_of[pair.against] for pair in pairs)
        rows.append({"claim": claim, "key": key, **named, "same_program": same})
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"claim": "int64", "key": "str", "same_program": "bool"})
