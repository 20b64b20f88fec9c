"""Whether functions and data could travel to another process, and if not, why, in words."""

from __future__ import annotations

import pickle
import re

from experiments.probe import clocks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

LIMIT_S = 1.0
"""How long items are looked at: pickling all of them may take longer than the work itself."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
MOST_CHARACTERS = 300


def why_function_stays(function: Any, called: str) -> str | None:
    """Why a function, which the user knows as `called`, can't be pickled, and how to mend that; None if it can."""
    try:
        pickle.dumps(function)
    except Exception as error:  # noqa: BLE001 - pickling runs code of the user's
        name = str(getattr(function, "__qualname__", ""))
        if name.endswith("<lambda>"):
            return f"{called} is a lambda; give it a def and a name at module level"
        if "<locals>" in name:
            outer = name.partition(".<locals>")[0]
            return f"{called} is made inside {outer}; define it at module level (a decorator needs functools.wraps)"
        return f"{called}: {_words(error)}"
    return None


class Travel:
    """What pickling some values showed: the first obstacle in words, and the mean size of those before it."""

    def __init__(self, kind: str, values: Sequence[Any]) -> None:
        self.obstacle: str | None = None
        total, count = 0, 0
        deadline = clocks.now() + LIMIT_S
        for index, value in enumerate(values):
            try:
                total += len(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
            except Exception as error:  # noqa: BLE001 - pickling runs code of the value's class
                self.obstacle = f"{kind} {index}, a {type(value).__name__}: {_words(error)}"
                break
            count += 1
            if clocks.now() > deadline:
                break
        self.mean_bytes = total / count if count else None


def _words(error: BaseException) -> str:
    """The message, without addresses; for what pickle looks for by its name, with what helps."""
    said = ADDRESS.sub("", f"{error}").strip().replace("\n", " ")[:MOST_CHARACTERS]
    by_name = "local object" in said or "attribute lookup" in said or "not the same object" in said
    return f"{said}; define it at module level, under its own name" if by_name else said or type(error).__name__
