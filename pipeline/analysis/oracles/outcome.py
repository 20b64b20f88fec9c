"""How an oracle came out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

import pandas as pd

PASSED, FAILED, UNDECIDED, NOT_RUN = "passed", "failed", "undecided", "not run"


@dataclass(frozen=True)
class Outcome:
    """What one oracle expected, and what it found."""

    name: str
    expected: str
    """What must hold, in words."""
    reading: str
    """What was measured, in words; empty if nothing was."""
    status: str
    """`passed`; `failed` (the measuring is wrong); `undecided` (too noisy, or too little, to tell); `not run`."""
    n: int = 0
    """Invocations, blocks or cases behind the reading."""
    reason: str = ""
    """Why it was not run or can't be decided, or which cases failed it."""


def as_frame(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """One row per oracle, the failed ones first; the columns are the fields of `Outcome`."""
    order = (FAILED, UNDECIDED, PASSED, NOT_RUN)
    rows = sorted(map(asdict, outcomes), key=lambda row: order.index(row["status"]))
    frame = pd.DataFrame(rows, columns=[field.name for field in fields(Outcome)])
    texts = [name for name in frame.columns if name != "n"]
    return frame.astype(dict.fromkeys(texts, "str") | {"n": "int64"})
