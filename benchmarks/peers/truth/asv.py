"""asv, as its documentation tells for peak memory, other clocks and timeouts."""

from __future__ import annotations

import contextlib
from pathlib import Path

from benchmarks.peers import asv_project
from benchmarks.peers.command import PeerFailed, run
from benchmarks.peers.environment import Settings
from benchmarks.peers.truth.programs.needs import TOUCHED_MIB
from benchmarks.peers.truth.tools import Command, Readings, Tool, last_line, prepare

TIMEOUT_S = 3
PATIENT_S = 60


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
    """The suite, the project around it, and the command that runs one kind of benchmark."""
    prepare(folder / asv_project.SUITE, *calls)
    command, env = asv_project.make(settings, folder)
    return Command([*command, "--bench", method, "--attribute", f"timeout={timeout_s}", "--show-stderr"], env)


def values(folder: Path, method: str) -> dict[str, float]:
    """By function, what asv has recorded; a benchmark that failed is missing.

    Raises:
        PeerFailed: there are no results.
    """
    found = [columns for name, columns in asv_project.results(folder).items() if name.endswith(method)]
    if not found:
        raise PeerFailed(f"asv recorded nothing of {method}")
    benchmark = found[0]
    readings = benchmark["result"] or [None] * len(benchmark["params"][0])
    return {
        call.strip("'").partition(":")[2]: float(value)
        for call, value in zip(benchmark["params"][0], readings, strict=True)
        if value is not None
    }


TOOL = Tool("asv", memory, cpu, hanging, reported)
