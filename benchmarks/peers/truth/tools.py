"""What every comparison with a known truth needs: programs put in place, cells of readings, rows of tools."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.command import PeerFailed
from benchmarks.peers.environment import Settings

PROGRAMS = Path(__file__).parent / "programs"
OFTEN = 3
MIB = 1 << 20
Readings = Mapping[str, Mapping[str, Sequence[float]]]
"""By the metric's name and the program's, what a tool has read; a program that it couldn't measure is missing."""


@dataclass(frozen=True)
class Command:
    """A tool's command line."""

    parts: Sequence[str | Path]
    env: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Tool:
    """One tool, and how it is made to measure."""

    name: str
    memory: Callable[[Settings, Path, int], Readings]
    """Reads the memory of each function of `needs.py` so many times, in bytes."""
    cpu: Callable[[Settings, Path, int], Readings]
    """Reads the CPU time of `orphan.py` so many times, in seconds."""
    hanging: Callable[[Settings, Path], Command]
    """Makes everything ready in a folder, and returns the command that runs `hang.py` with a timeout."""
    reported: Callable[[Path, str, int], str]
    """What the tool says of the program that hung: from the folder, what it printed, and its exit code."""


def often(settings: Settings) -> int:
    """How many times everything is measured."""
    return 1 if settings.quick else OFTEN


def prepare(folder: Path, *calls: str) -> Path:
    """The folder of one run, made, with all programs in it and the calls, `module:function`, that it is about."""
    folder.mkdir(parents=True)
    for program in PROGRAMS.glob("*.py"):
        shutil.copy(program, folder)
    (folder / "calls.json").write_text(json.dumps(calls), encoding="utf-8")
    return folder


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Median and, where it isn't the same, the range."""
    middle, low, high = (f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def against(values: Sequence[float], truth: float, digits: int = 0) -> str:
    """The readings, and how far their median is off, as a share of the truth."""
    error = statistics.median(values) / truth - 1
    return f"{spread(values, digits)}: {error:+.1%}".replace("%", " %").replace("-", "−")


def last_line(output: str, containing: str = "") -> str:
    """The last line that isn't empty and contains the word; empty if there is none."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and containing in line]
    return lines[-1] if lines else ""


def cell(text: str) -> str:
    """Text that fits into a cell of a table."""
    return " ".join(text.replace("|", "/").split())[:160]


def attempted(measured: Callable[[], Readings]) -> Readings | str:
    """The readings, or why there are none: whatever goes wrong with one tool must not lose the others."""
    try:
        return measured()
    except PeerFailed as failure:
        return cell(f"failed: {failure}")
    except Exception as failure:  # noqa: BLE001 - a tool's output can be broken in any way
        return cell(f"failed: {type(failure).__name__}: {failure}")
