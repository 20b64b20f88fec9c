"""Runs a kernel through asv, in an existing environment as its documentation tells for code that needs no build."""

from __future__ import annotations

import json
import os
import shutil
import statistics
from pathlib import Path
from typing import Any

from benchmarks.peers.environment import Settings
from benchmarks.peers.timing.record import PeerFailed, Record, Task, in_order, prepare, processes_log, run

SCRIPT = Path(__file__).parent / "scripts" / "asv_suite.py"
NOTE = (
    "`asv run -E existing --set-commit-hash … --record-samples`, a parameter for the case, the pool started by "
    "`setup`; warm-up for 0.1 s and up to five samples of one call per process (defaults). asv starts the processes "
    "(*rounds*) of its benchmarks in turns: paired t"
)
OPTIONS = "`-a rounds={processes}`"
DEFAULTS = "two rounds"
MACHINE = "peers"
SUITE = "suite"


def measure(settings: Settings, task: Task, folder: Path) -> Record:
    """One run of all cases of the task.

    Raises:
        PeerFailed: asv failed.
    """
    suite = prepare(folder / SUITE, task)
    (suite / "__init__.py").touch()
    shutil.copy(SCRIPT, suite)
    command, env = installed(settings, folder)
    rounds = [] if task.processes is None else ["-a", f"rounds={task.processes}"]
    done = run([*command, "--record-samples", *rounds], folder, env=env)
    log = processes_log(suite)
    return Record(done.start_s, done.end_s, in_order(log, _values(folder, log)), paired=True)


def installed(settings: Settings, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Makes a project of a folder with a suite in it; returns the command that runs all of it, and its environment."""
    (folder / "asv.conf.json").write_text(json.dumps(_configuration()), encoding="utf-8")
    commit = _repository(folder)
    # asv keeps what it knows of the machine in the home folder, and asks for it where that is missing.
    env = {**os.environ, "HOME": str(folder)}
    asv = str(settings.python.with_name("asv"))
    run([asv, "machine", "--yes", "--machine", MACHINE], folder, env=env)
    existing = ["-E", f"existing:{settings.python}", "--set-commit-hash", commit, "--machine", MACHINE]
    return [asv, "run", *existing], env


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """By benchmark, the columns that asv has written down.

    Raises:
        PeerFailed: it has written none.
    """
    files = [file for file in (folder / "results" / MACHINE).glob("*.json") if file.name != "machine.json"]
    if not files:
        raise PeerFailed("asv wrote no results")
    told = json.loads(files[0].read_text(encoding="utf-8"))
    return {name: dict(zip(told["result_columns"], row, strict=False)) for name, row in told["results"].items()}


def _configuration() -> dict[str, object]:
    return {
        "version": 1,
        "project": "peers",
        "project_url": "",
        "repo": ".",
        "branches": ["HEAD"],
        "environment_type": "existing",
        "benchmark_dir": SUITE,
        "results_dir": "results",
    }


def _repository(folder: Path) -> str:
    """Makes the repository without which asv doesn't run; returns its one commit's hash."""
    author = ["-c", "user.name=peers", "-c", "user.email=peers@localhost"]
    for command in (["init", "--quiet"], [*author, "commit", "--quiet", "--allow-empty", "--message", "peers"]):
        run(["git", *command], folder)
    return run(["git", "rev-parse", "HEAD"], folder).output.strip()


def _values(folder: Path, log: list[tuple[str, float, float]]) -> dict[str, list[float | None]]:
    """By case, the median of each process's samples; asv keeps the samples of all processes of a case in one list."""
    benchmark = next(iter(results(folder).values()))
    values: dict[str, list[float | None]] = {}
    for case, samples in zip(benchmark["params"][0], benchmark["samples"], strict=True):
        name, processes = case.strip("'"), sum(1 for line in log if line[0] == case.strip("'"))
        if samples is None or processes == 0 or len(samples) % processes:
            raise PeerFailed(f"{name}: {len(samples or ())} samples from {processes} processes")
        each = len(samples) // processes
        values[name] = [statistics.median(samples[at : at + each]) for at in range(0, len(samples), each)]
    return values
