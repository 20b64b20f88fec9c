"""Runs a kernel through pyperf, as its documentation tells for code that needs a set-up."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.peers.command import run
from benchmarks.peers.environment import Settings
from benchmarks.peers.timing.record import Record, Task, in_order, prepare, processes_log

SCRIPT = Path(__file__).parent / "scripts" / "pyperf_script.py"
NOTE = (
    "`Runner.bench_time_func`, the pool started by the first call of a process; calibration, one warm-up and three "
    "values of at least 100 ms per process (defaults). Benchmarks run one after the other, pyperf has no other order: "
    "Welch's t"
)
OPTIONS = "`-p {processes}`"
DEFAULTS = "20 processes per benchmark"


def measure(settings: Settings, task: Task, folder: Path) -> Record:
    """One run of all cases of the task.

    Raises:
        PeerFailed: pyperf failed.
    """
    prepare(folder, task)
    shutil.copy(SCRIPT, folder)
    processes = [] if task.processes is None else ["-p", str(task.processes)]
    done = run([settings.python, SCRIPT.name, "--quiet", "-o", "results.json", *processes], folder)
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return Record(done.start_s, done.end_s, in_order(processes_log(folder), _values(results)), paired=False)


def _values(results: Mapping[str, Any]) -> dict[str, list[float | None]]:
    """By case, the median of each process's values in order; None for one that calibrated.

    Where there is a single benchmark its name is among the file's metadata, else among its own.
    """
    common = results.get("metadata", {})
    return {
        {**common, **benchmark.get("metadata", {})}["name"]: [
            statistics.median(found) if (found := process.get("values")) else None for process in benchmark["runs"]
        ]
        for benchmark in results["benchmarks"]
    }
