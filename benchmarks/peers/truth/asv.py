"""asv, as its documentation tells for peak memory, other clocks and timeouts."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from benchmarks.peers.environment import Settings
from benchmarks.peers.timing.record import PeerFailed, run
from benchmarks.peers.truth.programs.needs import TOUCHED_MIB
from benchmarks.peers.truth.tools import Command, Readings, Tool, last_line, prepare

MACHINE = "peers"
SUITE = "suite"
TIMEOUT_S = 3
PATIENT_S = 60
CONFIGURATION = {
    "version": 1,
    "project": "peers",
    "project_url": "",
    "repo": ".",
    "branches": ["HEAD"],
    "environment_type": "existing",
    "benchmark_dir": SUITE,
    "results_dir": "results",
}


def memory(settings: Settings, folder: Path, times: int) -> Readings:
    """A `peakmem_` benchmark of each function; asv takes one reading per run, so it is run several times.

    Raises:
        PeerFailed: asv failed.
    """
    return {"`peakmem_`": _repeated(settings, folder, times, "peakmem_call", [f"needs:{name}" for name in TOUCHED_MIB])}


def cpu(settings: Settings, folder: Path, times: int) -> Readings:
    """A `time_` benchmark whose `timer` is `time.process_time`.

    Raises:
        PeerFailed: asv failed.
    """
    return {
        "`time_` with `timer = time.process_time`": _repeated(settings, folder, times, "time_call", ["orphan:orphan"])
    }


def hanging(settings: Settings, folder: Path) -> Command:
    """A benchmark with the attribute `timeout`."""
    return _ready(settings, folder, ["hang:hang"], "time_call", TIMEOUT_S)


def reported(folder: Path, output: str, code: int) -> str:
    """What it printed, and what it recorded."""
    said = last_line(output, "timed out") or last_line(output, "failed") or last_line(output)
    with contextlib.suppress(PeerFailed):
        if values(folder, "time_call") == {}:
            said += ", result: null"
    return f"exit code {code}: {said}"


def _repeated(settings: Settings, folder: Path, times: int, method: str, calls: list[str]) -> dict[str, list[float]]:
    command = _ready(settings, folder, calls, method, PATIENT_S)
    found: dict[str, list[float]] = {}
    for _ in range(times):
        # It ends with an error if one benchmark of several fails; the others' results are there.
        with contextlib.suppress(PeerFailed):
            run(command.parts, folder, env=command.env)
        for name, value in values(folder, method).items():
            found.setdefault(name, []).append(value)
    return found


def _ready(settings: Settings, folder: Path, calls: list[str], method: str, timeout_s: int) -> Command:
    """The suite, the repository without which asv doesn't run, and the command that runs one kind of benchmark."""
    suite = prepare(folder / SUITE, *calls)
    (suite / "__init__.py").touch()
    (folder / "asv.conf.json").write_text(json.dumps(CONFIGURATION), encoding="utf-8")
    author = ["-c", "user.name=peers", "-c", "user.email=peers@localhost"]
    run(["git", "init", "--quiet"], folder)
    run(["git", *author, "commit", "--quiet", "--allow-empty", "--message", "peers"], folder)
    commit = run(["git", "rev-parse", "HEAD"], folder).output.strip()
    # asv keeps what it knows of the machine in the home folder, and asks for it where that is missing.
    env = {**os.environ, "HOME": str(folder)}
    asv = settings.python.with_name("asv")
    run([asv, "machine", "--yes", "--machine", MACHINE], folder, env=env)
    existing = ["-E", f"existing:{settings.python}", "--set-commit-hash", commit, "--machine", MACHINE]
    options = ["--bench", method, "--attribute", f"timeout={timeout_s}", "--show-stderr"]
    return Command([asv, "run", *existing, *options], env)


def values(folder: Path, method: str) -> dict[str, float]:
    """By function, what asv has recorded; a benchmark that failed is missing.

    Raises:
        PeerFailed: there are no results.
    """
    files = [file for file in (folder / "results" / MACHINE).glob("*.json") if file.name != "machine.json"]
    if not files:
        raise PeerFailed("asv recorded nothing")
    results = json.loads(files[0].read_text(encoding="utf-8"))
    rows = [row for name, row in results["results"].items() if name.endswith(method)]
    if not rows:
        raise PeerFailed(f"asv recorded nothing of {method}")
    benchmark = dict(zip(results["result_columns"], rows[0], strict=False))
    readings = benchmark["result"] or [None] * len(benchmark["params"][0])
    return {
        call.strip("'").partition(":")[2]: float(value)
        for call, value in zip(benchmark["params"][0], readings, strict=True)
        if value is not None
    }


TOOL = Tool("asv", memory, cpu, hanging, reported)
