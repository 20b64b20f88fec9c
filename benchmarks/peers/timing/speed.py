"""Wall time until the 95 % interval of a speed-up is narrow enough, tool by tool."""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.peers.environment import Settings
from benchmarks.peers.section import Section, spread
from benchmarks.peers.timing import kernels
from benchmarks.peers.timing.record import CHECK, TARGET, Record, Task
from benchmarks.peers.timing.tools import TOOLS, Tool, attempt
from benchmarks.tables import Table

TASK_S = 0.010
MEASURED = ("int_loop", "hash_blocks")
CASES = ("processes", "threads")
FULL = (12, 3)
QUICK = (6, 1)
SHOWN = ("time, s", "n", "± after all", "projected, s")
"""Processes of each case, and repetitions."""


@dataclass(frozen=True)
class Trial:
    """One run of one tool."""

    tool: Tool
    kernel: str
    found: Record | str
    """What it measured, or what went wrong."""
    defaults: bool = False
    """Whether the tool decided by itself how often to measure."""


def sized(kernel: str) -> int:
    """Steps or blocks of a task that takes about `TASK_S` here."""
    function, size = kernels.KERNELS[kernel], 1
    while True:
        taken = min(_seconds(function, size) for _ in range(3))
        if taken >= TASK_S / 2:
            return max(1, round(size * TASK_S / taken))
        size *= 2


def _seconds(function: Callable[[kernels.Item], object], size: int) -> float:
    start = time.perf_counter()
    function((1, size))
    return time.perf_counter() - start


def measure(settings: Settings, progress: Callable[[str], None]) -> list[Trial]:
    """Every kernel with every tool, in random order in each repetition; at the end, each with its own defaults."""
    processes, repetitions = QUICK if settings.quick else FULL
    order, sizes = random.Random(settings.seed), {kernel: sized(kernel) for kernel in MEASURED}  # noqa: S311
    asked = [(tool, kernel) for tool in TOOLS if tool.timer for kernel in MEASURED]
    trials = []
    for repetition in [*range(repetitions), *(() if settings.quick else ("defaults",))]:
        often = None if repetition == "defaults" else processes
        order.shuffle(asked)
        for tool, kernel in asked:
            if often is None and kernel != MEASURED[0]:
                continue  # one kernel shows what the defaults are
            folder = settings.folder / f"speed-{repetition}-{tool.name}-{kernel}"
            task = Task(kernel, sizes[kernel], processes=often)
            timer = tool.timer
            assert timer is not None
            found = attempt(timer.measure, settings, task, folder)
            trials.append(Trial(tool, kernel, found, defaults=often is None))
            took = found if isinstance(found, str) else f"{found.wall_s:.0f} s"
            progress(f"{kernel} with {tool.name}, {'defaults' if often is None else f'{often} processes'}: {took}")
    return trials


@dataclass(frozen=True)
class Outcome:
    """How one trial fared with one case."""

    spent_s: float
    """Wall time until the interval was narrow enough, or all of it."""
    reached: bool
    half_width: float
    """With all processes."""
    needed: int | None
    projected_s: float
    """Time until the interval would be narrow enough, from all processes: width falls with the root of their number."""


def outcome(record: Record, case: str, *, checks: bool = True) -> Outcome:
    """Replays a run process by process, with or without what the tool spent on checking itself."""
    needed, total = record.needed(case), record.pairs(case)
    spent = record.spent_s(case, needed or total, checks=checks)
    width = record.half_width(case)
    share = (math.log1p(width) / math.log1p(TARGET)) ** 2 if math.isfinite(width) else math.inf
    projected = record.spent_s(case, total, checks=checks) * share
    return Outcome(spent, needed is not None, width, needed, projected)


def section(trials: Sequence[Trial]) -> Section:
    """The tables, and one sentence per tool."""
    asked = [trial for trial in trials if not trial.defaults]
    tables = [Table(_title(kernel), *_rows(asked, kernel)) for kernel in MEASURED]
    by_default = [trial for trial in trials if trial.defaults]
    if by_default:
        tables.append(Table("With the tools' own defaults", *_default_rows(by_default)))
    return Section(
        "Time until a speed-up is known within ±3 %", _about(asked), tuple(tables), _summary(asked), _notes()
    )


def _title(kernel: str) -> str:
    return {"int_loop": "Integer loop (bytecode)", "hash_blocks": "SHA-256 of 1 MiB blocks (releases the GIL)"}[kernel]


def _about(trials: Sequence[Trial]) -> str:
    runs = max((sum(1 for t in trials if (t.tool, t.kernel) == (o.tool, o.kernel)) for o in trials), default=0)
    return (
        f"Eight tasks of about {TASK_S * 1000:.0f} ms each, run by `serial`, two threads or two forked processes; the "
        "pool is ready before the clock starts. One value per process (the median of its batches). Wall time of the "
        "tool, with its start and end, calibration and checks, for the processes of `serial` and of the case, until "
        f"the 95 % interval of their ratio was narrower than ±{TARGET:.0%} and stayed so for three more processes, or "
        "to the end of the run: found by replaying the values in order. *Projected* is the time that follows from the "
        "width after all processes, which falls with the root of their number: for those that didn't get there. "
        f"n = {runs} runs of each tool, in random order; median and range. "
        "The interval is the same t interval on logarithms for all: paired where a tool lets the cases take turns, "
        "Welch's where it runs them one after the other. A replay knows in hindsight when to stop, from two processes "
        "on: no user could stop whichpool before 8 blocks. All had the same number of processes, not of seconds."
    )


def _of(trials: Sequence[Trial], tool: Tool, kernel: str) -> list[Trial]:
    return [trial for trial in trials if trial.tool is tool and trial.kernel == kernel]


def _rows(trials: Sequence[Trial], kernel: str) -> tuple[tuple[str, ...], list[list[str]]]:
    header = ("tool", *(f"{case}(2) / serial: {what}" for case in CASES for what in SHOWN))
    rows = []
    for tool in dict.fromkeys(trial.tool for trial in trials):
        mine = _of(trials, tool, kernel)
        failed = [trial.found for trial in mine if isinstance(trial.found, str)]
        records = [trial.found for trial in mine if isinstance(trial.found, Record)]
        if not records:
            rows.append([tool.name, *(f"failed: {failed[0]}" if failed else "", *[""] * (len(SHOWN) * len(CASES) - 1))])
            continue
        names = {tool.name: True}
        if any(unit.case == CHECK for record in records for unit in record.units):
            names[f"{tool.name}, less its oracles"] = False
        for name, checks in names.items():
            row = [name + (f" ({len(failed)} failed: {failed[0]})" if failed else "")]
            for case in CASES:
                row += _cells([outcome(record, case, checks=checks) for record in records])
            rows.append(row)
    return header, sorted(rows)


def _cells(outcomes: Sequence[Outcome]) -> list[str]:
    reached = [one for one in outcomes if one.reached]
    missed = [one for one in outcomes if not one.reached]
    time_s = spread([one.spent_s for one in reached]) if reached else ""
    if missed:
        never = f"more than {spread([one.spent_s for one in missed])}"
        time_s = f"{time_s}; {len(missed)} of {len(outcomes)}: {never}" if reached else never
    needed = spread([one.needed for one in reached if one.needed], 0) if reached else "–"
    projected = [one.projected_s for one in outcomes if math.isfinite(one.projected_s)]
    widths = _percents([one.half_width for one in outcomes])
    return [time_s, needed, widths, spread(projected, 0) if projected else "–"]


def _percents(shares: Sequence[float]) -> str:
    known = [100 * share for share in shares if math.isfinite(share)]
    return f"{spread(known)} %" if known else "no interval"


def _default_rows(trials: Sequence[Trial]) -> tuple[tuple[str, ...], list[list[str]]]:
    header = ("tool", "kernel", "defaults", "whole run, s", *(f"{case}(2), n and ±" for case in CASES))
    rows = []
    for trial in trials:
        assert trial.tool.timer is not None
        row = [trial.tool.name, trial.kernel, trial.tool.timer.DEFAULTS]
        if isinstance(trial.found, str):
            rows.append([*row, f"failed: {trial.found}", "", ""])
            continue
        found = trial.found
        widths = [f"{found.pairs(case)}: {_percents([found.half_width(case)])}" for case in CASES]
        rows.append([*row, f"{found.wall_s:.1f}", *widths])
    return header, sorted(rows)


def _summary(trials: Sequence[Trial]) -> tuple[str, ...]:
    sentences = []
    for tool in dict.fromkeys(trial.tool for trial in trials):
        records = [trial.found for trial in trials if trial.tool is tool and isinstance(trial.found, Record)]
        outcomes = [outcome(record, case) for record in records for case in CASES]
        if outcomes:
            reached = sum(one.reached for one in outcomes)
            middle = statistics.median(one.spent_s if one.reached else math.inf for one in outcomes)
            took = f"the median took {middle:.1f} s" if math.isfinite(middle) else "most did not get there"
            took += f" (projected: {statistics.median(one.projected_s for one in outcomes):.0f} s)"
            sentences.append(f"{tool.name} knew {reached} of {len(outcomes)} speed-ups within ±{TARGET:.0%}; {took}")
    return (f"**Time to an answer.** {'. '.join(sorted(sentences))}.",)


def _notes() -> tuple[str, ...]:
    timers = [(tool.name, tool.timer) for tool in TOOLS if tool.timer]
    return tuple(f"{name}: {timer.NOTE}. How often: {timer.OPTIONS}." for name, timer in timers)
