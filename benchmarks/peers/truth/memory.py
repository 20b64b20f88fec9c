"""What each tool reads as the memory of programs that are known to need so much."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.peers.command import PeerFailed
from benchmarks.peers.environment import Settings
from benchmarks.peers.truth.contenders import TOOLS
from benchmarks.peers.truth.programs.needs import TOUCHED_MIB
from benchmarks.peers.truth.tools import MIB, Readings, Tool, against, attempted, cell, often, prepare
from benchmarks.tables import Table
from pipeline.machine import cgroup
from pipeline.machine.control_group import join

PATIENCE_S = 60
HEADER = (
    "tool",
    "metric",
    "two children, 300 MiB each",
    "100 MiB, three forks write to 50 MiB of them",
    "100 MiB, three spawned processes with 50 MiB each",
    "200 MiB shared by two processes",
)
NOTES = """\
Readings in MiB, median and range, and how far the median is off the truth. The truth is what the programs touch, and
what their interpreters need: the kernel's own peak of a control group in which the same program runs as a plain script
and touches nothing (median of several). Everyone keeps what they have for 0.3 s, so that a tool that samples has a
chance. Where a tool calls a function in a process of its own, its modules are in the reading, as they are for its
users: some MiB.

* **whichpool**: `whichpool run` with the functions as the user's own under `serial`; memory is on by default, in
  invocations of its own, three per case.
* **BenchExec**: `runexec --no-container`, `memory`, documented as the peak of the run, which is a control group.
* **pyperf**: `--track-memory` with one value of one loop per process and no warm-up, documented as the private pages of
  `/proc/self/smaps`, of the current process therefore; `mem_max_rss`, which it records beside it, the maximum resident
  set of that process; and `pyperf command --track-memory`, which takes that of the command. pyperf offers nothing for a
  tree of processes.
* **asv**: a `peakmem_` benchmark, documented as the maximum resident set of the process that runs it. asv takes one
  reading per run, hence several runs of `asv run -E existing`.
* **ReBench**: the adapter `Time`, `MaxRSS`: the maximum resident set as `/usr/bin/time -f %M` tells it.

A maximum resident set is that of one process. For a command it is that of its largest process, never a sum; that is the
whole memory only where one process sees all of it, as with the shared memory.
"""


def tables(settings: Settings) -> Iterator[Table]:
    """The readings of each tool and metric, by program."""
    try:
        truth = _truth(settings, prepare(settings.folder / "memory-truth"))
    except PeerFailed as failure:
        yield Table("peers-memory", HEADER, [["*truth*", cell(str(failure)), *("" for _ in TOUCHED_MIB)]])
        return
    rows = [["*truth*", "touched, and the interpreters", *(f"{needed:.0f}" for needed in truth.values())]]
    for tool in TOOLS:
        folder = settings.folder / f"memory-{tool.name}"
        rows += _rows(tool, attempted(partial(tool.memory, settings, folder, often(settings))), truth)
    yield Table("peers-memory", HEADER, rows)


def _rows(tool: Tool, found: Readings | str, truth: Mapping[str, float]) -> list[list[str]]:
    if isinstance(found, str):
        return [[tool.name, found, *("" for _ in truth)]]
    rows = []
    for metric, readings in found.items():
        cells = [
            against([value / MIB for value in readings[name]], needed) if readings.get(name) else "no reading"
            for name, needed in truth.items()
        ]
        rows.append([tool.name, metric, *cells])
    return rows


def _truth(settings: Settings, folder: Path) -> dict[str, float]:
    """By program, MiB.

    Raises:
        PeerFailed: this user may have no control group of its own here.
    """
    plain = {name: [_plain_mib(settings, folder, name) for _ in range(often(settings))] for name in TOUCHED_MIB}
    return {name: touched + statistics.median(plain[name]) for name, touched in TOUCHED_MIB.items()}


def _plain_mib(settings: Settings, folder: Path, name: str) -> float:
    """The kernel's peak of a program that touches nothing."""
    group = cgroup.create(f"peers-{os.getpid()}")
    if group is None:
        raise PeerFailed("no control group can be made here, so that the truth about the interpreters isn't known")
    try:
        subprocess.run(
            [settings.python, "needs.py", name, "0"],
            cwd=folder,
            check=True,
            timeout=PATIENCE_S,
            preexec_fn=lambda: join(group.join_files),
        )
        return (group.peak_bytes() or 0) / MIB
    finally:
        group.kill()
        group.remove()
