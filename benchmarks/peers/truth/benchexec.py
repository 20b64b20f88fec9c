"""BenchExec's `runexec`, as its documentation tells for one command: the kernel's own accounts of a control group."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.command import PeerFailed, run
from benchmarks.peers.environment import Settings
from benchmarks.peers.truth.programs.needs import TOUCHED_MIB
from benchmarks.peers.truth.tools import Command, Readings, Tool, prepare

TIMEOUT_S = 3


def memory(settings: Settings, folder: Path, times: int) -> Readings:
    """`memory` of `runexec`.

    Raises:
        PeerFailed: BenchExec failed.
    """
    prepare(folder)
    found = {
        name: [_value(settings, folder, "memory", ["needs.py", name]) for _ in range(times)] for name in TOUCHED_MIB
    }
    return {"`memory`": found}


def cpu(settings: Settings, folder: Path, times: int) -> Readings:
    """`cputime` of `runexec`.

    Raises:
        PeerFailed: BenchExec failed.
    """
    prepare(folder)
    return {"`cputime`": {"orphan": [_value(settings, folder, "cputime", ["orphan.py"]) for _ in range(times)]}}


def hanging(settings: Settings, folder: Path) -> Command:
    """`runexec` with `--walltimelimit`."""
    prepare(folder)
    return _command(settings, ["hang.py"], "--walltimelimit", str(TIMEOUT_S))


def reported(_folder: Path, output: str, code: int) -> str:
    """Why it ended the program."""
    return f"exit code {code}: terminationreason={results(output).get('terminationreason')}"


def results(output: str) -> dict[str, str]:
    """What `runexec` prints, one `name=value` per line."""
    return {name: value for line in output.splitlines() for name, found, value in [line.partition("=")] if found}


def number(value: str) -> float:
    """A value without its unit, `s` or `B`."""
    return float(value.rstrip("sB"))


def _value(settings: Settings, folder: Path, key: str, program: Sequence[str]) -> float:
    found = results(run(_command(settings, program).parts, folder).output)
    if found.get("returnvalue") != "0" or key not in found:
        raise PeerFailed(f"no {key} of {program[0]}: {found}")
    return number(found[key])


def _command(settings: Settings, program: Sequence[str], *options: str) -> Command:
    runexec = settings.python.with_name("runexec")
    return Command([runexec, "--quiet", "--no-container", *options, "--", settings.python, *program])


TOOL = Tool("BenchExec", memory, cpu, hanging, reported)
