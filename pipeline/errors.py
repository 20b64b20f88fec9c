"""Errors that are shown as one message without a traceback, and whose they are to mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class WhichpoolError(Exception):
    """Base of all errors whose message says everything there is to say."""


class UserError(WhichpoolError):
    """A mistake of the user's, or something about their machine: what is wrong, where, and how to mend it."""


class OurFailure(WhichpoolError):
    """The program could not do what it should have done."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean "threads"?` for the nearest known name, or an empty text if none is near."""
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{nearest[0]}"?' if nearest else ""
