"""pyperf, as its documentation tells for memory, commands and timeouts."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.peers.command import run
from benchmarks.peers.environment import Settings
from benchmarks.peers.truth.programs.needs import TOUCHED_MIB
from benchmarks.peers.truth.tools import Command, Readings, Tool, last_line, prepare

SCRIPT = "pyperf_calls.py"
RESULTS = "results.json"
ONCE = ["--quiet", "--loops", "1", "--values", "1", "--warmups", "0"]
TIMEOUT_S = 3


def memory(settings: Settings, folder: Path, times: int) -> Readings:
    """`--track-memory` of a script and of a command, and `mem_max_rss`, which pyperf records by itself.

    Raises:
        PeerFailed: pyperf failed.
    """
    prepare(folder, *(f"needs:{name}" for name in TOUCHED_MIB))
    often = [*ONCE, "--processes", str(times)]
    run([settings.python, SCRIPT, *often, "--track-memory", "-o", RESULTS], folder)
    commands: dict[str, list[float]] = {}
    for name in TOUCHED_MIB:
        file = f"command-{name}.json"
        command = [str(settings.python), "needs.py", name]
        run([settings.python, "-m", "pyperf", "command", *often, "--track-memory", "-o", file, "--", *command], folder)
        commands[name] = next(iter(values(folder / file).values()))
    return {
        "`--track-memory` of a function": values(folder / RESULTS),
        "`mem_max_rss` of a function": values(folder / RESULTS, "mem_max_rss"),
        "`pyperf command --track-memory` (`command_max_rss`)": commands,
    }


def values(file: Path, metadata: str | None = None) -> dict[str, list[float]]:
    """By benchmark, one value per process: the first that was measured, or what the metadata say."""
    results = json.loads(file.read_text(encoding="utf-8"))
    common = results.get("metadata", {})
    found: dict[str, list[float]] = {}
    for benchmark in results["benchmarks"]:
        shared = {**common, **benchmark.get("metadata", {})}
        processes = [process for process in benchmark["runs"] if process.get("values")]
        found[shared["name"]] = [
            process["values"][0] if metadata is None else {**shared, **process.get("metadata", {})}[metadata]
            for process in processes
        ]
    return found


def cpu(_settings: Settings, _folder: Path, _times: int) -> Readings:
    """Nothing: pyperf measures wall time alone."""
    return {"none: wall time only": {}}


def hanging(settings: Settings, folder: Path) -> Command:
    """A script with `--timeout`."""
    prepare(folder, "hang:hang")
    return Command([settings.python, SCRIPT, *ONCE, "--processes", "1", "--timeout", str(TIMEOUT_S), "-o", RESULTS])


def reported(_folder: Path, output: str, code: int) -> str:
    """Its last words."""
    return f"exit code {code}: {last_line(output, 'imed out') or last_line(output)}"


TOOL = Tool("pyperf", memory, cpu, hanging, reported)
