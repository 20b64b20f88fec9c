"""Runs a kernel through asv, in an existing environment as its documentation tells for code that needs no build."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path

from benchmarks.peers import asv_project
from benchmarks.peers.command import PeerFailed, run
from benchmarks.peers.environment import Settings
from benchmarks.peers.timing.record import Record, Task, in_order, prepare, processes_log

SCRIPT = Path(__file__).parent / "scripts" / "asv_suite.py"
NOTE = (
    "`asv run -E existing --set-commit-hash … --record-samples`, a parameter for the case, the pool started by "
    "`setup`; warm-up for 0.1 s and up to five samples of one call per process (defaults). asv starts the processes "
    "(*rounds*) of its benchmarks in turns: paired t"
)
OPTIONS = "`-a rounds={processes}`"
DEFAULTS = "two rounds"


def measure(settings: Settings, task: Task, folder: Path) -> Record:
    """One run of all cases of the task.

    Raises:
        PeerFailed: asv failed.
    """
    suite = prepare(folder / asv_project.SUITE, task)
    shutil.copy(SCRIPT, suite)
    command, env = asv_project.make(settings, folder)
    rounds = [] if task.processes is None else ["-a", f"rounds={task.processes}"]
    done = run([*command, "--record-samples", *rounds], folder, env=env)
    log = processes_log(suite)
    return Record(done.start_s, done.end_s, in_order(log, _values(folder, log)), paired=True)


def _values(folder: Path, log: list[tuple[str, float, float]]) -> dict[str, list[float | None]]:
    """By case, the median of each process's samples; asv keeps the samples of all processes of a case in one list."""
    benchmark = next(iter(asv_project.results(folder).values()))
    values: dict[str, list[float | None]] = {}
    for case, samples in zip(benchmark["params"][0], benchmark["samples"], strict=True):
        name, processes = case.strip("'"), sum(1 for line in log if line[0] == case.strip("'"))
        if samples is None or processes == 0 or len(samples) % processes:
            raise PeerFailed(f"{name}: {len(samples or ())} samples from {processes} processes")
        each = len(samples) // processes
        values[name] = [statistics.median(samples[at : at + each]) for at in range(0, len(samples), each)]
    return values
