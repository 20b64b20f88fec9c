"""Timing whole processes, in turns."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
BARE = (sys.executable, "-I", "-S", "-c", "pass")
"""The least that starting this interpreter takes."""


def seconds(command: Sequence[str]) -> float:
    """Wall time of one run of a command, its output thrown away."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - start


def medians(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, float]:
    """Median wall time of each command, all of them run in turn `rounds` times after one warm-up."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        seconds(command)
    for _ in range(rounds):
        for name, command in commands.items():
            taken[name].append(seconds(command))
    return {name: statistics.median(values) for name, values in taken.items()}
