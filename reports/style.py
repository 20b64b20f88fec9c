"""One colour, one marker and one line per strategy, the same in every figure, table and page.

The colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with any colour vision
tell apart; the darker and lighter relatives exist for text and for dark pages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

INK = "#1f2429"
"""Text of a figure."""
QUIET = "#646b73"
"""Axes, ticks, notes of a figure."""
GRID = "#e4e7ea"
"""Grid lines of a figure."""

PAPER = "#fefefe"
"""Behind words that may lie on lines; on a page of another colour it becomes that colour."""

DARK_PAGE: Mapping[str, str] = {INK: "#e6e9ec", QUIET: "#9aa4ae", GRID: "#2c333a"}
"""The same three on a dark page."""


@dataclass(frozen=True)
class Look:
    """How a strategy is drawn."""

    colour: str
    """Lines and markers."""
    text: str
    """Words in the strategy's colour: dark enough to be read on white (contrast 4.5 or better)."""
    dark: str
    """Lines, markers and words on a dark page."""
    marker: str


LOOKS: Mapping[str, Look] = {
    "serial": Look("#6b7280", "#565d69", "#a9b1bb", "o"),
    "threads": Look("#0072b2", "#00629a", "#56b4e9", "o"),
    "processes": Look("#d55e00", "#b34f00", "#ff8c42", "s"),
    "mp_pool": Look("#e69f00", "#8a5f00", "#f2b632", "D"),
    "asyncio": Look("#009e73", "#00785a", "#2fc99b", "^"),
    "subinterpreters": Look("#cc79a7", "#a2487c", "#e59cc4", "v"),
    "joblib": Look("#56b4ea", "#1c6d9c", "#8fd0f7", "P"),
    "loky": Look("#882255", "#882256", "#e07aa6", "X"),
    "dask": Look("#117733", "#117734", "#6cc784", "<"),
    "ray": Look("#7f3b08", "#7f3b09", "#d9a066", ">"),
    "thread_per_task": Look("#4b0082", "#4b0083", "#b48cf2", "h"),
    "process_per_task": Look("#b03060", "#b03061", "#f08ab0", "*"),
    "asyncio_threads": Look("#808000", "#6b6b00", "#c9c94a", "p"),
}
"""The strategies of the tool."""

_SPARE = (
    Look("#333399", "#333398", "#9a9af0", "H"),
    Look("#a0522d", "#a0522e", "#e39a75", "8"),
    Look("#008b8b", "#00787a", "#4fd0d0", "d"),
)

LINES: Mapping[str, tuple[float, ...]] = {"fork": (), "forkserver": (4.0, 1.6), "spawn": (1.2, 1.4)}
"""Dashes by start method; solid for everything else."""


def look(strategy: str) -> Look:
    """The look of a strategy; one that the tool doesn't know yet gets a spare one, by its name."""
    return LOOKS.get(strategy) or _SPARE[_spare(strategy)]


def variable(strategy: str) -> str:
    """The CSS custom property that holds the strategy's colour."""
    return f"--s-{strategy}" if strategy in LOOKS else f"--s-spare-{_spare(strategy)}"


def variables() -> dict[str, tuple[str, str]]:
    """Every CSS custom property with its colours on a light and on a dark page."""
    found = {
        "--page": (PAPER, "#12161a"),
        "--ink": (INK, DARK_PAGE[INK]),
        "--quiet": (QUIET, DARK_PAGE[QUIET]),
        "--grid": (GRID, DARK_PAGE[GRID]),
    }
    named = {f"--s-{name}": one for name, one in LOOKS.items()}
    for name, one in (named | {f"--s-spare-{index}": one for index, one in enumerate(_SPARE)}).items():
        found[name] = (one.colour, one.dark)
        found[f"{name}-text"] = (one.text, one.dark)
    return found


def _spare(strategy: str) -> int:
    return hashlib.sha256(strategy.encode(errors="replace")).digest()[0] % len(_SPARE)
