"""Runs a kernel through ReBench, as its documentation tells for a harness of one's own."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path

import yaml

from benchmarks.peers.command import run
from benchmarks.peers.environment import Settings
from benchmarks.peers.timing.record import Record, Task, in_order, prepare, processes_log

SCRIPT = Path(__file__).parent / "scripts" / "rebench_harness.py"
WARMUP, ITERATIONS = 1, 3
NOTE = (
    "a harness that prints the log format of the `RebenchLog` adapter, one warm-up and three iterations per "
    "invocation, `-s round-robin` so that the cases take turns: paired t. `-D`: no tool was allowed to change the "
    "machine's settings"
)
OPTIONS = "`invocations: {processes}`, `iterations: 4`, `warmup: 1`"
DEFAULTS = "one invocation"
DATA = "results.data"


def measure(settings: Settings, task: Task, folder: Path) -> Record:
    """One run of all cases of the task.

    Raises:
        PeerFailed: ReBench failed.
    """
    prepare(folder, task)
    shutil.copy(SCRIPT, folder)
    (folder / "rebench.yaml").write_text(yaml.safe_dump(_configuration(settings, task, folder)), encoding="utf-8")
    rebench = settings.python.with_name("rebench")
    done = run([rebench, "-D", "-s", "round-robin", "rebench.yaml"], folder)
    return Record(done.start_s, done.end_s, in_order(processes_log(folder), _values(folder / DATA)), paired=True)


def _configuration(settings: Settings, task: Task, folder: Path) -> dict[str, object]:
    often = {} if task.processes is None else {"invocations": task.processes}
    return {
        "default_experiment": "peers",
        "default_data_file": DATA,
        "runs": {**often, "iterations": WARMUP + ITERATIONS, "warmup": WARMUP},
        "benchmark_suites": {
            "kernels": {
                "gauge_adapter": "RebenchLog",
                "command": f"{SCRIPT.name} %(benchmark)s %(iterations)s",
                "location": str(folder),
                "benchmarks": list(task.cases),
            }
        },
        "executors": {"python": {"path": str(settings.python.parent), "executable": settings.python.name}},
        "experiments": {"peers": {"suites": ["kernels"], "executions": ["python"]}},
    }


def rows(file: Path) -> list[dict[str, str]]:
    """What ReBench has written down, one row per value."""
    lines = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if line[:1] not in "#"]
    header = next(line for line in lines if "invocation" in line)
    return [dict(zip(header, line, strict=True)) for line in lines if line is not header and len(line) == len(header)]


def _values(file: Path) -> dict[str, list[float | None]]:
    """By case, the median of each invocation's iterations after the warm-up, in seconds, in order."""
    found: dict[tuple[str, int], list[float]] = {}
    for row in rows(file):
        if row["criterion"] == "total" and int(row["iteration"]) > WARMUP:
            milliseconds = float(row["value"])
            found.setdefault((row["benchmark"], int(row["invocation"])), []).append(milliseconds / 1000)
    values: dict[str, list[float | None]] = {}
    for (case, _), seconds in sorted(found.items()):
        values.setdefault(case, []).append(statistics.median(seconds))
    return values
