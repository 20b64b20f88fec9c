"""pydantic's errors as sentences that say what is allowed, each at the line that it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.fields import written
from pipeline.config.mistakes import Mistake
from pipeline.config.sections import Section, locate
from pipeline.errors import did_you_mean

_WORDS: dict[str, Callable[[dict[str, Any], str], str]] = {
    "string_type": lambda _, found: f"must be text, not {found}; put it in quotes",
    "bool_type": lambda _, found: f"must be true or false, not {found}",
    "tuple_type": lambda _, found: f"must be a list, not {found}",
    "greater_than_equal": lambda limits, found: f"must be at least {limits['ge']}, not {found}",
    "less_than_equal": lambda limits, found: f"must be at most {limits['le']}, not {found}",
    "string_too_long": lambda limits, _: f"must be at most {limits['max_length']} characters long",
}


def mistakes_of(error: ValidationError, root: Section) -> list[Mistake]:
    """One mistake for each of pydantic's errors, at its line in the file that `root` was read from."""
    return [Mistake(locate(root, details["loc"]), _message(details, root)) for details in error.errors()]


def _message(details: ErrorDetails, root: Section) -> str:
    kind, limits = details["type"], details.get("ctx", {})
    names = [str(step) for step in details["loc"] if isinstance(step, str)]
    key = names[-1] if names else "the configuration"
    if kind == "sentence":
        return str(limits["message"])
    if kind == "missing":
        return f'"{key}" is missing'
    if kind == "extra_forbidden":
        known = _section_around(root, details["loc"]).known_keys
        return f'unknown key "{key}"; allowed: {", ".join(known)}{did_you_mean(key, known)}'
    if kind in ("model_type", "dict_type"):
        what = f'"{key}"' if details["loc"] and isinstance(details["loc"][-1], str) else f'an entry of "{key}"'
        return f"{what} must be a mapping such as `key: value`, not {written(details['input'])}"
    if kind == "literal_error":
        allowed = limits["expected"].replace("'", '"')
        hint = did_you_mean(str(details["input"]), allowed.replace(" or ", ", ").replace('"', "").split(", "))
        return f'"{key}" must be {allowed}, not {written(details["input"])}{hint}'
    if kind == "value_error":
        return f'"{key}" {limits["error"]}'
    if kind in _WORDS:
        return f'"{key}" {_WORDS[kind](limits, written(details["input"]))}'
    return f'"{key}": {details["msg"]}'


def _section_around(root: Section, loc: tuple[int | str, ...]) -> Section:
    here: Any = root
    around = root
    for step in loc[:-1]:
        if isinstance(here, Section) and step in here:
            here = here[str(step)]
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
        around = here if isinstance(here, Section) else around
    return around
