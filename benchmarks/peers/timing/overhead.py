"""What a tool takes for itself, for each process that measures."""

from __future__ import annotations

import json
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.command import PeerFailed
from benchmarks.peers.environment import Settings
from benchmarks.peers.section import Section, spread
from benchmarks.peers.timing import whichpool
from benchmarks.peers.timing.record import CHECK, Task
from benchmarks.peers.timing.speed import sized
from benchmarks.peers.timing.tools import TOOLS, Timer, attempt
from benchmarks.tables import Table
from benchmarks.timing import seconds

FEW, MANY = 3, 9
REPETITIONS = 3


@dataclass(frozen=True)
class Cost:
    """One run."""

    name: str
    asked: int
    """Processes that the tool was asked for."""
    processes: int
    """Those that it started to measure the kernel, calibration included."""
    own_s: float
    """Wall time of the run less the time in the tasks."""


@dataclass(frozen=True)
class Costs:
    """Everything that was measured."""

    bare_s: tuple[float, ...]
    """Starts of the bare interpreter, in turns with the tools."""
    costs: tuple[Cost, ...]
    failures: dict[str, str]


def measure(settings: Settings, progress: Callable[[str], None]) -> Costs:
    """Each tool with few and with many processes, the bare interpreter before each of them."""
    size, order = sized("int_loop"), random.Random(settings.seed)  # noqa: S311
    bare: list[float] = []
    costs: list[Cost] = []
    failures: dict[str, str] = {}
    contenders: list[tuple[str, Timer, bool]] = [(tool.name, tool.timer, True) for tool in TOOLS if tool.timer]
    contenders.append(("whichpool, `oracles: false`", whichpool, False))
    for repetition in range(1 if settings.quick else REPETITIONS):
        asked = [(*contender, count) for contender in contenders for count in (FEW, MANY)]
        order.shuffle(asked)
        for name, timer, checks, count in asked:
            bare += [seconds([str(settings.python), "-I", "-S", "-c", "pass"]) for _ in range(5)]
            task = Task("logged_loop", size, cases=("serial",), processes=count, checks=checks)
            folder = settings.folder / f"overhead-{repetition}-{len(costs)}-{len(failures)}-{count}"
            found = attempt(_cost, settings, name, timer, task, folder)
            if isinstance(found, str):
                failures[name] = found
            else:
                costs.append(found)
            progress(f"{name}, {count} processes: {found if isinstance(found, str) else f'{found.own_s:.2f} s'}")
    return Costs(tuple(bare), tuple(costs), failures)


def _cost(settings: Settings, name: str, timer: Timer, task: Task, folder: Path) -> Cost:
    record = timer.measure(settings, task, folder)
    logs = list(folder.rglob("tasks.log"))
    if not logs:
        raise PeerFailed("the tasks left no log")
    inside_s = sum(json.loads(line)[0] for line in logs[0].read_text(encoding="utf-8").splitlines())
    processes = sum(unit.case != CHECK for unit in record.units)
    assert task.processes is not None
    return Cost(name, task.processes, processes, record.wall_s - inside_s)


def section(found: Costs) -> Section:
    """One row per tool."""
    bare_s = statistics.median(found.bare_s)
    header = ("tool", f"per process in a run of {MANY}", "each further process", "whole run, s", "n")
    rows, sentences = [], []
    for name in dict.fromkeys([*(cost.name for cost in found.costs), *found.failures]):
        mine = [cost for cost in found.costs if cost.name == name]
        many = [cost for cost in mine if cost.asked == MANY]
        few = [cost for cost in mine if cost.asked == FEW]
        if not many or not few:
            rows.append([name, f"failed: {found.failures.get(name, '')}", "", "", ""])
            continue
        each = [cost.own_s / cost.processes / bare_s for cost in many]
        further = _further(few, many, bare_s)
        rows.append([name, spread(each), spread(further), spread([cost.own_s for cost in many]), f"{len(many)}"])
        sentences.append(f"{name} {statistics.median(further):.1f}")
    summary = (
        f"**Overhead.** In starts of a bare interpreter, each further process costs: {', '.join(sorted(sentences))}."
    )
    return Section("Overhead for each process", _about(found.bare_s), (Table("", header, sorted(rows)),), (summary,))


def _further(few: Sequence[Cost], many: Sequence[Cost], bare_s: float) -> list[float]:
    """Slopes between the runs with few and with many processes: what the tool needs once drops out."""
    return [(b.own_s - a.own_s) / (b.processes - a.processes) / bare_s for a, b in zip(few, many, strict=False)]


def _about(bare_s: Sequence[float]) -> str:
    milliseconds = spread([1000 * one for one in bare_s])
    return (
        "Wall time of a run that measures one serial case, less the time in its tasks (warm-up and calibration "
        "included, each task writes down how long it took), over the number of processes. In units of `python -I -S -c "
        f"pass`, which took {milliseconds} ms in turns with the tools (n = {len(bare_s)}). "
        f"*Each further process* is the slope between runs of {FEW} and of {MANY}. whichpool's oracles take time and "
        "are not counted as processes. BenchExec doesn't repeat, and isn't part of this table."
    )
