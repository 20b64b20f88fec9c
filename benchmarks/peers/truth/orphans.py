"""What CPU time each tool reports of a program whose orphaned grandchild does the work."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from functools import partial

from benchmarks.peers.environment import Settings
from benchmarks.peers.truth.contenders import TOOLS
from benchmarks.peers.truth.programs.orphan import BURN_S
from benchmarks.peers.truth.tools import Tool, attempted, often, spread
from benchmarks.tables import Table

DIGITS = 2
SEEN = 0.9
HEADER = ("tool", "metric", "CPU time, s", "saw the orphan")
NOTES = f"""\
The grandchild is forked twice, so that it belongs to nobody, and uses {BURN_S} s of CPU time by its own clock; the
program only looks every 20 ms whether it is done. On top of that comes what an interpreter needs to start, up to some
tenths of a second.

* **whichpool**: `cpu` of the whole invocation, by the method that the run recorded; and of the phase `steady`, which is
  documented as that of the measured process and its workers, so that no orphan is in it.
* **BenchExec**: `cputime` of `runexec --no-container`, documented as the CPU time of the run, which is a control group.
* **pyperf** documents no metric of CPU time: both a function and a command are measured by wall time.
* **asv**: `timer = time.process_time` of a `time_` benchmark; its documentation offers the choice of a clock. This one
  counts the benchmark's own process.
* **ReBench**: the adapter `TimeManual` with `/usr/bin/time -p` as the executor, `user` and `sys`, which are of the
  program and of what it has waited for. Its adapter `Time` asks GNU time for wall time and memory alone.
"""


def tables(settings: Settings) -> Iterator[Table]:
    """The CPU time by tool and metric."""
    rows: list[list[str]] = [["*truth*", "the grandchild's own clock", f"{BURN_S:.{DIGITS}f}", ""]]
    for tool in TOOLS:
        rows += _rows(settings, tool)
    yield Table("peers-orphans", HEADER, rows)


def _rows(settings: Settings, tool: Tool) -> list[list[str]]:
    found = attempted(partial(tool.cpu, settings, settings.folder / f"orphans-{tool.name}", often(settings)))
    if isinstance(found, str):
        return [[tool.name, found, "", ""]]
    return [[tool.name, metric, *_cells(readings.get("orphan", ()))] for metric, readings in found.items()]


def _cells(values: Sequence[float]) -> list[str]:
    if not values:
        return ["no reading", "no"]
    return [spread(values, DIGITS), "yes" if statistics.median(values) >= SEEN * BURN_S else "no"]
