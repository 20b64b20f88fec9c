"""ReBench, with the adapters that its documentation names for unmodified programs."""

from __future__ import annotations

from pathlib import Path

import yaml

from benchmarks.peers.command import PeerFailed, run
from benchmarks.peers.environment import Settings
from benchmarks.peers.truth.programs.needs import TOUCHED_MIB
from benchmarks.peers.truth.tools import Command, Readings, Tool, last_line, prepare

DATA = "results.data"
TIMEOUT_S = 3
TIME = Path("/usr/bin/time")
KIB = 1024


def memory(settings: Settings, folder: Path, times: int) -> Readings:
    """`MaxRSS` of the adapter `Time`.

    Raises:
        PeerFailed: ReBench failed, or GNU time isn't there.
    """
    _need_time()
    python = {"path": str(settings.python.parent), "executable": settings.python.name}
    limits = {"invocations": times}
    ready = _ready(settings, folder, list(TOUCHED_MIB), python, "Time", "needs.py %(benchmark)s", limits)
    run(ready.parts, folder)
    found: dict[str, list[float]] = {}
    for name, value in rows(folder / DATA, "MaxRSS"):
        found.setdefault(name, []).append(value * KIB)
    return {"`Time` adapter, `MaxRSS`": found}


def cpu(settings: Settings, folder: Path, times: int) -> Readings:
    """User and system time of `/usr/bin/time -p`, which the adapter `TimeManual` reads.

    Raises:
        PeerFailed: ReBench failed, or GNU time isn't there.
    """
    _need_time()
    timed = {"path": str(TIME.parent), "executable": TIME.name}
    command = f"-p {settings.python} orphan.py"
    ready = _ready(settings, folder, ["orphan"], timed, "TimeManual", command, {"invocations": times})
    run(ready.parts, folder)
    user, system = ([value / 1000 for _, value in rows(folder / DATA, name)] for name in ("user", "sys"))
    both = [sum(pair) for pair in zip(user, system, strict=True)]
    return {"`TimeManual` adapter, `user` + `sys`": {"orphan": both}}


def hanging(settings: Settings, folder: Path) -> Command:
    """A benchmark with `max_invocation_time`."""
    python = {"path": str(settings.python.parent), "executable": settings.python.name}
    limits = {"invocations": 1, "max_invocation_time": TIMEOUT_S}
    return _ready(settings, folder, ["hang"], python, "Time", "hang.py", limits)


def reported(_folder: Path, output: str, code: int) -> str:
    """What it printed."""
    return f"exit code {code}: {last_line(output, 'imed out') or last_line(output, 'imeout') or last_line(output)}"


def rows(file: Path, criterion: str) -> list[tuple[str, float]]:
    """Benchmark and value of each line of a data file that is about the criterion, in its unit."""
    lines = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if line[:1] not in "#"]
    header = next(line for line in lines if "invocation" in line)
    read = [dict(zip(header, line, strict=True)) for line in lines if line != header and len(line) == len(header)]
    return [(row["benchmark"], float(row["value"])) for row in read if row["criterion"] == criterion]


def _need_time() -> None:
    if not TIME.exists():
        raise PeerFailed(f"its adapters need {TIME}, which isn't installed here")


def _ready(
    settings: Settings,
    folder: Path,
    benchmarks: list[str],
    executor: dict[str, str],
    adapter: str,
    command: str,
    limits: dict[str, int],
) -> Command:
    prepare(folder)
    suite = {"gauge_adapter": adapter, "command": command, "location": str(folder), "benchmarks": benchmarks}
    configuration = {
        "default_experiment": "peers",
        "default_data_file": DATA,
        "runs": {"iterations": 1, **limits},
        "benchmark_suites": {"programs": suite},
        "executors": {"python": executor},
        "experiments": {"peers": {"suites": ["programs"], "executions": ["python"]}},
    }
    (folder / "rebench.yaml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return Command([settings.python.with_name("rebench"), "-D", "rebench.yaml"])


TOOL = Tool("ReBench", memory, cpu, hanging, reported)
