"""The one family of errors that are the user's to mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Says what is wrong, where, and how to mend it; shown without a traceback, exit code 2."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean "threads"?` for the nearest known name, or an empty text if none is near."""
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{nearest[0]}"?' if nearest else ""
