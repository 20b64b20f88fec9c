"""What becomes of a program that hangs, and of what it has started, when a tool's timeout of 3 s is over."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.environment import Settings
from benchmarks.peers.truth.contenders import TOOLS
from benchmarks.peers.truth.tools import Command, Tool, cell, often, spread
from benchmarks.tables import Table

LIMIT_S = 9.0
"""From the program's start. After that, what keeps the tool is taken away from it."""
START_S = 30.0
"""How long a tool may take until the program starts."""
GRACE_S = 0.5
"""For processes that were killed just before the tool ended."""
END_S = 5.0
"""How long processes may take to end once they are killed."""
PAUSE_S = 0.02
FIRST_FIELDS = 19
"""Fields of `/proc/PID/stat` between the program's name and the time of its start."""
HEADER = ("tool", "back after, s", "survivors", "what it reports")
NOTES = f"""\
The program hangs, its forked child too, and so does a descendant that was forked twice, has a session of its own and
holds the pipes that the program inherited. Time counts from the program's start until the tool's command has ended; the
timeout is 3 s for all. Survivors are counted {GRACE_S} s after that, by process id and time of start. A tool that isn't
back after {LIMIT_S:.0f} s is recorded as such with what is alive at that moment; then the processes are ended from
outside, and the table says whether that brought it back.

* **whichpool**: `timeout: 3s`, one invocation; documented as the wall-clock time after which an invocation is ended,
  with everything that it started.
* **BenchExec**: `runexec --no-container --walltimelimit 3`; documented to kill the run, which is a control group.
* **pyperf**: `--timeout 3`, documented as the time for one execution of the benchmark, after which pyperf exits with
  code 124. It doesn't say what becomes of processes that the benchmark has started.
* **asv**: the attribute `timeout`, documented as the time after which a benchmark is killed. asv kills the process
  group, and then waits until nobody holds the pipe any more.
* **ReBench**: `max_invocation_time: 3`, documented as the time after which an invocation is terminated. ReBench kills
  the process and all that `pgrep -P` finds below it, and then waits until nobody holds the pipe any more.
"""


@dataclass(frozen=True)
class Noted:
    """One process of the program, as it wrote itself down."""

    role: str
    pid: int
    started_ticks: int
    at_s: float
    """On the wall clock."""

    def alive(self) -> bool:
        """Whether this very process still runs; a zombie doesn't."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return int(fields[FIRST_FIELDS]) == self.started_ticks and fields[0] not in "ZX"

    def kill(self) -> None:
        """Ends it, if it still runs."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


@dataclass(frozen=True)
class Outcome:
    """One run of a tool with the program that hangs."""

    back_s: float | None
    """From the program's start to the tool's end; None if it wasn't back in time."""
    survivors: tuple[str, ...]
    """Their roles."""
    report: str


def tables(settings: Settings) -> Iterator[Table]:
    """What each tool did."""
    yield Table("peers-timeout", HEADER, [_row(settings, tool) for tool in TOOLS])


def _row(settings: Settings, tool: Tool) -> list[str]:
    try:
        outcomes = [_outcome(settings, tool, number) for number in range(often(settings))]
    except Exception as failure:  # noqa: BLE001 - one tool's failure must not lose the others
        return [tool.name, cell(f"failed: {type(failure).__name__}: {failure}"), "", ""]
    return row(tool.name, outcomes)


def row(name: str, outcomes: Sequence[Outcome]) -> list[str]:
    """The cells of one tool."""
    back = [outcome.back_s for outcome in outcomes if outcome.back_s is not None]
    late = len(outcomes) - len(back)
    times = [spread(back, 1)] if back else []
    if late:
        times.append(f"not within {LIMIT_S:.0f}" + (f" ({late} of {len(outcomes)})" if back else ""))
    survivors = {", ".join(outcome.survivors) or "none" for outcome in outcomes}
    reports = dict.fromkeys(outcome.report for outcome in outcomes)
    return [name, "; ".join(times), "; or ".join(sorted(survivors)), cell("; or ".join(reports))]


def noted(folder: Path) -> list[Noted]:
    """All processes that wrote themselves down anywhere below the folder."""
    lines = [line.split() for file in folder.rglob("processes.txt") for line in file.read_text("utf-8").splitlines()]
    return [Noted(role, int(pid), int(ticks), float(at)) for role, pid, ticks, at in lines]


def end_all(folder: Path) -> None:
    """Ends all that still run, and returns when they are gone; gives up after a while."""
    deadline = time.monotonic() + END_S
    while (left := [process for process in noted(folder) if process.alive()]) and time.monotonic() < deadline:
        for process in left:
            process.kill()
        time.sleep(PAUSE_S)


def _outcome(settings: Settings, tool: Tool, number: int) -> Outcome:
    folder = settings.folder / f"timeout-{tool.name}-{number}"
    command = tool.hanging(settings, folder)
    output = settings.folder / f"{folder.name}.txt"
    back_s, survivors, code = watched(command, folder, output)
    report = tool.reported(folder, output.read_text(encoding="utf-8", errors="replace"), code)
    if back_s is None:
        report = f"back only once they were gone: {report}"
    return Outcome(back_s, survivors, report)


def watched(command: Command, folder: Path, output: Path) -> tuple[float | None, tuple[str, ...], int]:
    """Runs the command; returns seconds until it was back or None, the roles of survivors, and its exit code.

    Nothing of the program is left afterwards, whatever happens.

    Raises:
        TimeoutError: the program wasn't started in time, or the tool didn't end even without it.
    """
    parts = [str(part) for part in command.parts]
    # A file, not a pipe: a pipe's end would be held by survivors.
    with output.open("wb") as sink:
        tool = subprocess.Popen(
            parts,
            cwd=folder,
            env=command.env,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        back_s = _wait(tool, folder)
        if back_s is not None:
            time.sleep(GRACE_S)
        survivors = tuple(sorted({process.role for process in noted(folder) if process.alive()}))
        end_all(folder)
        try:
            return back_s, survivors, tool.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            raise TimeoutError("it didn't end even when the program was gone") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(tool.pid, signal.SIGKILL)
        tool.wait()
        end_all(folder)


def _wait(tool: subprocess.Popen[bytes], folder: Path) -> float | None:
    """Until the tool has ended, or for as long as it may take."""
    begin = time.time()
    start: float | None = None
    while tool.poll() is None:
        if start is None:
            start = min((process.at_s for process in noted(folder) if process.role == "program"), default=None)
        if start is None and time.time() - begin > START_S:
            raise TimeoutError("it didn't start the program")
        if start is not None and time.time() - start > LIMIT_S:
            return None
        time.sleep(PAUSE_S)
    end = time.time()
    first = min((process.at_s for process in noted(folder) if process.role == "program"), default=None)
    if first is None:
        raise TimeoutError("it ended without having started the program")
    return end - first
