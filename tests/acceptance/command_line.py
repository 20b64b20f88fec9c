"""The real command line, started as a user starts it, and everything that it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import NamedTuple

import psutil

MARK = "WHICHPOOL_ACCEPTANCE_MARK"
PATIENCE_S = 120.0
"""How long one command may take on a machine that is busy with other things."""
GONE_WITHIN_S = 3.0
"""How soon after the end of the orchestrator nothing of it may be left."""

DROPPED = ("PYTHONDONTWRITEBYTECODE", "COLUMNS", "LINES")
"""A user's shell has none of these; without bytecode on disk every command would compile its libraries anew."""


class Seen(NamedTuple):
    """A process at the moment when it was looked at."""

    pid: int
    parent: int
    status: str
    command: str

    @property
    def is_spawner(self) -> bool:
        return "pipeline.run.spawner" in self.command


PIPES = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def _hear_signals():
    """A test run that was started in the background ignores Ctrl-C and closed terminals, and would hand that on."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class Whichpool:
    """Runs commands in one folder; whatever they start carries a mark in its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Not below `folder`: the path of a fork server's socket may have hardly a hundred characters.
        self.temporary = Path(tempfile.mkdtemp(prefix="acceptance-"))
        self._mark = uuid.uuid4().hex

    def start(self, *arguments: object, cwd: Path | None = None, prefix=(), environment=None, **options):
        """Starts a command without waiting; its output goes to pipes."""
        return subprocess.Popen(
            [*prefix, sys.executable, "-m", "pipeline", *map(str, arguments)],
            cwd=cwd or self.folder,
            env=self.environment() | (environment or {}),
            **({**PIPES, "preexec_fn": _hear_signals} | options),
            text=True,
        )

    def __call__(self, *arguments: object, expect: int | None = 0, **options) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, and checks its exit code unless `expect` is None."""
        return self.finish(self.start(*arguments, **options), expect=expect)

    def finish(self, process, *, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Waits for a started command."""
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        assert "Traceback" not in (err or ""), err
        assert expect is None or process.returncode == expect, (process.returncode, out, err)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in DROPPED}
        return {**kept, MARK: self._mark, "TMPDIR": str(self.temporary)}

    def processes(self) -> list[Seen]:
        """Every living process that a command of this folder has started, however indirectly."""
        return [seen for process in psutil.process_iter() if (seen := self._seen(process))]

    def survivors(self, within_s: float = GONE_WITHIN_S) -> list[Seen]:
        """What is still there after a while; empty as soon as nothing is."""
        deadline = time.monotonic() + within_s
        while (found := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def end_everything(self) -> None:
        """At the end of a test, whether or not it has failed."""
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        shutil.rmtree(self.temporary, ignore_errors=True)

    def _seen(self, process: psutil.Process) -> Seen | None:
        try:
            if process.environ().get(MARK) != self._mark:
                return None
            return Seen(process.pid, process.ppid(), process.status(), " ".join(process.cmdline()))
        except (psutil.Error, OSError):
            return None  # it has ended meanwhile, or belongs to someone else


def wait_for(condition, what: str, patience_s: float = PATIENCE_S):
    """The first true value of `condition()`."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what} did not happen within {patience_s:g} s")


def journal(bundle: Path) -> list[dict]:
    """The whole lines of a journal."""
    path = bundle / "journal.jsonl"
    content = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in content[: content.rfind(b"\n") + 1].splitlines()]


def invocations(bundle: Path) -> list[tuple[str, int, str]]:
    """Case, block and pass of every invocation in a journal, in the order of the journal."""
    return [
        (entry["case_id"], entry["block"], entry["pass"]) for entry in journal(bundle) if entry["kind"] == "invocation"
    ]


def run_of(bundle: Path) -> dict:
    """The content of `run.json`."""
    return json.loads((bundle / "run.json").read_text())


BARE = "measure: {oracles: false, disturbed: ignore, "


def write(folder: Path, text: str, name: str = "config.yaml", *, bare: bool = True) -> Path:
    """A configuration file; `bare` leaves out what would make the number of invocations depend on the machine."""
    text = re.sub(r"^measure: \{", BARE, text, flags=re.MULTILINE) if bare else text
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def contents(folder: Path) -> list[str]:
    """Every file and folder below."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
