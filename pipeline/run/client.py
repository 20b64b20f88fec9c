"""The orchestrator's end of the spawner."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import experiments
import pipeline
from pipeline.errors import OurFailure, UserError
from pipeline.machine import cgroup, processes

BOOTSTRAP = "import sys; sys.path.insert(0, sys.argv[1]); from pipeline.run.spawner.main import main; main()"
STOP_PATIENCE_S = 5.0
ANSWER_PATIENCE_S = 5.0
"""How much later than the invocation's timeout an answer may come: removing a process tree takes a moment."""
ORPHANS_PATIENCE_S = 2.0
TEMPORARY = "t"
"""Short, because the path of a fork server's socket may have hardly a hundred characters."""


class SpawnerDied(OurFailure):
    """The spawner ended in the middle of a request; what it measured is lost."""


class Spawner:
    """Starts the thin process on entry, sends it requests, and starts it anew should it ever die.

    The measured code is a copy of the `experiments` package that lives as long as the spawner: measured processes
    can import nothing else of ours from there, and editing the package doesn't change a run that is under way.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._code_folder: Path | None = None
        self._number = 0

    def __enter__(self) -> Self:
        self._ensure_started()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        """Sends one request and waits for the answer; the spawner keeps the time.

        Raises:
            SpawnerDied: if the answer never came; what the spawner had started is gone then.
        """
        process = self._ensure_started()
        known = set(processes.children(os.getpid()))
        self._number += 1
        assert self._code_folder is not None
        environment = {**request["environment"], "TMPDIR": str(self._code_folder / TEMPORARY)}
        given = {"number": self._number, "code_folder": str(self._code_folder), "environment": environment}
        line = json.dumps({**request, **given})
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
            # A spawner that was stopped, by a task that signals its parent, would never answer.
            ready, _, _ = select.select([process.stdout], [], [], request["timeout_s"] + ANSWER_PATIENCE_S)
            answer = process.stdout.readline() if ready else b""
            how = "was killed" if ready else "stopped answering"
        except BrokenPipeError:
            answer, how = b"", "was killed"
        if not answer.endswith(b"\n"):
            process.kill()
            self.stop()
            _remove_orphans(known)
            cgroup.remove_all(f"whichpool-{process.pid}-")
            raise SpawnerDied(f"the process that supervises measurements {how}")
        result: dict[str, Any] = json.loads(answer)
        return result

    @property
    def process_id(self) -> int | None:
        """Of the spawner itself, while it runs."""
        return self._process.pid if self._process else None

    def stop(self) -> None:
        """Ends the spawner, and with it whatever it is measuring."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.close()
            except BrokenPipeError:
                pass  # it has died already
            try:
                process.wait(STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        if self._code_folder is not None:
            shutil.rmtree(self._code_folder, ignore_errors=True)
            self._code_folder = None

    def _ensure_started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            processes.become_subreaper()  # for what is left of a spawner that was killed outright
            try:
                self._code_folder = Path(tempfile.mkdtemp(prefix="whichpool-"))
                _copy_measured_code(self._code_folder)
            except OSError as error:
                self.stop()
                where = os.environ.get("TMPDIR") or "the folder for temporary files"
                reason = error.strerror or "the measured code could not be copied"
                raise UserError(f"{where}: cannot be written: {reason}; name another folder in TMPDIR") from None
            root = str(Path(pipeline.__file__).parents[1])
            # Elsewhere than on Linux, memory is read through psutil, which lives in site-packages.
            options = ["-I", "-S"] if sys.platform == "linux" else ["-I"]
            self._process = subprocess.Popen(
                [sys.executable, *options, "-c", BOOTSTRAP, root, str(self._code_folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        return self._process


def _remove_orphans(known: set[int]) -> None:
    """Kills every child that isn't known: what a killed spawner had started now belongs to this process."""
    deadline = time.monotonic() + ORPHANS_PATIENCE_S
    while (orphans := set(processes.children(os.getpid())) - known) and time.monotonic() < deadline:
        for orphan in orphans:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(orphan, signal.SIGKILL)
                os.waitpid(orphan, 0)


def _copy_measured_code(folder: Path) -> None:
    """Fills the folder with the measured code and a place for the temporary files of the measured processes."""
    source = Path(experiments.__file__).parent
    (folder / TEMPORARY).mkdir()
    shutil.copytree(source, folder / "experiments", ignore=shutil.ignore_patterns("__pycache__", "*.toml"))
