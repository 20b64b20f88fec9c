"""The options and variables that an interpreter is started with, besides what keeps it apart from the user's."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ISOLATED = "-I"
"""Ignores every `PYTHON…` variable, the user's own site-packages and the current folder."""
NO_SITE = "-S"
NO_USER_SITE = "-s"
PREFIX = "PYTHON"
SAFE_PATH = "PYTHONSAFEPATH"
"""Does what `-P` does, and is ignored where that doesn't exist yet (before 3.11)."""


@dataclass(frozen=True)
class Switches:
    """What makes two values of the interpreter axis of one executable."""

    options: tuple[str, ...] = ()
    """As on the command line."""
    environment: tuple[tuple[str, str], ...] = ()
    """`PYTHON…` variables with their values."""

    def __str__(self) -> str:
        """As one would type them behind the interpreter's name: `-X gil=1 PYTHON_JIT=1`."""
        written = [*self.options, *(f"{name}={value}" for name, value in self.environment)]
        return " ".join(map(shlex.quote, written))

    def isolated(self, *, site: bool = False) -> list[str]:
        """The options for code that needs nothing of the user's, with the interpreter's site-packages or without.

        `-I` would hide the variables as well. Where there are some, the parts of it are asked for one by one, and
        `variables` leaves out everything else that the user's environment says to Python.
        """
        apart = NO_USER_SITE if self.environment else ISOLATED
        return [apart, *([] if site else [NO_SITE]), *self.options]

    def variables(self, around: Mapping[str, str]) -> dict[str, str]:
        """The environment for `isolated`, made from the one around."""
        if not self.environment:
            return dict(around)
        kept = {name: value for name, value in around.items() if not name.startswith(PREFIX)}
        return {**kept, SAFE_PATH: "1", **dict(self.environment)}


def switches_of(facts: Mapping[str, Any]) -> Switches:
    """What the facts about an interpreter say that it is started with."""
    return Switches(tuple(facts.get("options", ())), tuple(facts.get("environment", {}).items()))


def broken_promises(switches: Switches, *, gil_enabled: bool, jit: bool | None) -> Iterator[str]:
    """What was asked for and is not so: interpreters pass over what they don't know.

    Args:
        switches: What the interpreter was started with.
        gil_enabled: What it then says of the GIL.
        jit: What it then says of its just-in-time compiler; None if nothing.
    """
    environment = dict(switches.environment)
    if gil_enabled and ("gil=0" in _extended(switches.options) or environment.get("PYTHON_GIL") == "0"):
        yield "the GIL can't be switched off in this build"
    if environment.get("PYTHON_JIT") == "1" and not jit:
        yield "this build has no just-in-time compiler that PYTHON_JIT could switch on"


def _extended(options: Iterable[str]) -> Iterator[str]:
    """What follows each `-X`."""
    before = ""
    for option in options:
        if before == "-X":
            yield option
        elif option.startswith("-X") and len(option) > len("-X"):
            yield option.removeprefix("-X")
        before = option
