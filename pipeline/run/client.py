"""The orchestrator's end of the spawner."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import experiments
import pipeline
from pipeline.errors import OurFailure

BOOTSTRAP = "import sys; sys.path.insert(0, sys.argv[1]); from pipeline.run.spawner.main import main; main()"
STOP_PATIENCE_S = 5.0


class SpawnerDied(OurFailure):
    """The spawner ended in the middle of a request; what it measured is lost."""


class Spawner:
    """Starts the thin process on first use, sends it requests, and starts it anew should it ever die.

    The measured code is a copy of the `experiments` package that lives as long as the spawner: measured processes
    can import nothing else of ours from there, and editing the package doesn't change a run that is under way.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._code_folder: Path | None = None
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        """Sends one request and waits for the answer; the spawner keeps the time.

        Raises:
            SpawnerDied: if the answer never came.
        """
        process = self._ensure_started()
        self._number += 1
        line = json.dumps({**request, "number": self._number, "code_folder": str(self._code_folder)})
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        if not answer.endswith(b"\n"):
            self.stop()
            raise SpawnerDied("the process that supervises measurements was killed")
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
            self._code_folder = _copy_measured_code()
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


def _copy_measured_code() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="whichpool-"))
    source = Path(experiments.__file__).parent
    shutil.copytree(source, folder / "experiments", ignore=shutil.ignore_patterns("__pycache__", "*.toml"))
    return folder
