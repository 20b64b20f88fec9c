"""Small helpers for frames that may lack columns or rows."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd


def with_columns(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The frame with every named column; one that was missing holds missing values."""
    absent = [name for name in names if name not in frame.columns]
    return frame.assign(**dict.fromkeys(absent, None)) if absent else frame


def prefixed(frame: pd.DataFrame, prefix: str) -> list[str]:
    """The columns whose names start so, in the frame's order."""
    return [name for name in frame.columns if str(name).startswith(prefix)]


def missing(value: object) -> bool:
    """Whether a cell of a frame holds no value (None, NaN, NA)."""
    return value is None or value is pd.NA or value != value


def text_or_none(value: object) -> str | None:
    """A cell as text, None where it holds no value."""
    return None if missing(value) else str(value)
