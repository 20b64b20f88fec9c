"""What a run of a tool comes to: one value per process, and the wall time that went by meanwhile."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.command import PeerFailed
from benchmarks.peers.timing import kernels
from pipeline.statistics.ratio import independent_ratio, paired_ratio

TARGET = 0.03
"""Half-width of the interval, relative, that the comparison asks for."""
FURTHER = 3
"""So many more processes the interval has to stay narrow, so that a lucky moment doesn't count."""
FEWEST = 2
CHECK = "check"
"""What a process measured that was started to check the measuring itself."""


@dataclass(frozen=True)
class Unit:
    """One process that measured one case."""

    case: str
    begin_s: float
    """On the wall clock."""
    end_s: float
    value_s: float | None
    """Median of the batches that it timed; None for a process that only calibrated."""


@dataclass(frozen=True)
class Record:
    """A whole run of one tool."""

    start_s: float
    """On the wall clock, when the tool's command was started; and when it had ended."""
    end_s: float
    units: tuple[Unit, ...]
    """In order of time."""
    paired: bool
    """Whether the tool lets the cases take turns, so that the i-th processes of two cases belong together."""

    @property
    def wall_s(self) -> float:
        """The whole run."""
        return self.end_s - self.start_s

    def values(self, case: str) -> list[float]:
        """Seconds of a case, by process in order of time."""
        return [unit.value_s for unit in self.units if unit.case == case and unit.value_s is not None]

    def pairs(self, case: str) -> int:
        """How many processes measured both `serial` and the case."""
        return min(len(self.values("serial")), len(self.values(case)))

    def half_width(self, case: str, count: int | None = None) -> float:
        """Relative half-width of the 95 % interval of `case` / `serial` from the first `count` processes of each.

        Paired t on log ratios where the cases take turns, Welch's t on logs where they don't; infinite where there
        are too few values for an interval.
        """
        count = self.pairs(case) if count is None else count
        if count < FEWEST:
            return math.inf
        ratio = paired_ratio if self.paired else independent_ratio
        return ratio(self.values(case)[:count], self.values("serial")[:count]).half_width

    def spent_s(self, case: str, count: int, *, checks: bool = True) -> float:
        """Wall time that the tool takes for `count` processes of `serial` and as many of `case`, and of nothing else.

        Starting and ending the tool, and each process from its beginning to that of the next one: with calibration and
        repeats, and with `checks` of the measuring itself, which are charged to the processes that they follow.
        """
        units = [unit for unit in self.units if unit.case != CHECK] if checks else list(self.units)
        first, last = units[0].begin_s, self.units[-1].end_s
        next_begins = [unit.begin_s for unit in units[1:]] + [last]
        left = {"serial": count, case: count}
        spent = (first - self.start_s) + (self.end_s - last)
        for unit, next_begin in zip(units, next_begins, strict=True):
            if left.get(unit.case, 0) > 0:
                spent += next_begin - unit.begin_s
                left[unit.case] -= unit.value_s is not None
        return spent

    def needed(self, case: str, target: float = TARGET) -> int | None:
        """With how many processes each the interval is narrower than the target, and stays so as long as is known."""
        total = self.pairs(case)
        narrow = [count >= FEWEST and self.half_width(case, count) < target for count in range(total + 1)]
        for count in range(FEWEST, total + 1):
            if all(narrow[count : count + FURTHER + 1]):
                return count
        return None


@dataclass(frozen=True)
class Task:
    """What a tool is asked to measure."""

    kernel: str
    size: int
    """Steps or blocks of each of the kernel's tasks."""
    cases: tuple[str, ...] = kernels.CASES
    processes: int | None = None
    """For each case; None for whatever the tool does by default."""
    checks: bool = True
    """Whether a tool that checks its own measuring by default does so here."""


def prepare(folder: Path, task: Task) -> Path:
    """The folder of one run, made, with the kernels in it and what they are to do."""
    folder.mkdir(parents=True)
    shutil.copy(kernels.__file__, folder / "kernels.py")
    run = {"kernel": task.kernel, "size": task.size, "cases": task.cases}
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    return folder


def processes_log(folder: Path) -> list[tuple[str, float, float]]:
    """Case, beginning and end of each process that used the kernels, in order of their beginning."""
    lines = (folder / kernels.PROCESSES_LOG).read_text(encoding="utf-8").splitlines()
    return sorted((tuple(json.loads(line)) for line in lines), key=lambda line: line[1])


def in_order(log: Sequence[tuple[str, float, float]], values: Mapping[str, Sequence[float | None]]) -> tuple[Unit, ...]:
    """Processes and values put together: the i-th process of a case gave the i-th value.

    Raises:
        PeerFailed: there are more of the one than of the other.
    """
    for case in kernels.CASES:
        found = sum(1 for line in log if line[0] == case)
        if found != len(values.get(case, ())):
            raise PeerFailed(f"{found} processes measured {case}, but {len(values.get(case, ()))} values were found")
    waiting = {case: iter(of_case) for case, of_case in values.items()}
    return tuple(Unit(case, begin, end, next(waiting[case])) for case, begin, end in log)
