"""Making an environment with libraries for an interpreter, so that nothing is installed into the interpreter."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import UserError
from pipeline.machine.asking import LONGEST_QUOTE
from pipeline.machine.interpreter_facts import Interpreter
from pipeline.machine.libraries import environment_folder, environment_python

Tell = Callable[[str], None]
UNREACHABLE = ("connection broken", "failed to establish a new connection", "error sending request", "dns error")
"""What installers say of an index that doesn't answer, in lower case."""
NO_INSTALLER = (
    f"there is neither uv nor pip to install with: give whichpool's own environment one "
    f"({sys.executable} -m ensurepip), or install uv"
)


class PreparationError(UserError):
    """An environment that couldn't be made or added to, and why."""


def prepare(interpreter: Interpreter, requirements: Sequence[str], tell: Tell) -> Path:
    """Makes the interpreter's environment unless it is there, and installs into it.

    An environment that this call has made doesn't outlive its failure.

    Args:
        interpreter: For which.
        requirements: As an installer reads them: `joblib>=1.4`.
        tell: Is called with every line that says how far it is.

    Returns:
        The folder of the environment.

    Raises:
        PreparationError: the interpreter can't make environments, there is no installer, or installing failed.
    """
    installer = _installer()
    folder = environment_folder(interpreter.name, interpreter.executable)
    with _environment(folder, interpreter, tell) as python:
        tell(f"installing {', '.join(requirements)}")
        output = _run([*installer(python), *requirements], tell)
        if output is not None:
            raise PreparationError(f"{', '.join(requirements)} can't be installed for {interpreter.name}: {output}")
    return folder


@contextmanager
def _environment(folder: Path, interpreter: Interpreter, tell: Tell) -> Iterator[Path]:
    """The executable in the environment, which is removed again if it is new and what is done with it fails."""
    python = environment_python(folder)
    if python is not None and _runs(python):
        yield python
        return
    try:
        tell(f"making {folder}")
        command = [interpreter.executable, "-I", "-m", "venv", "--without-pip", "--clear", str(folder)]
        output = _run(command, tell)
        python = environment_python(folder)
        if output is not None or python is None:
            raise PreparationError(f"{interpreter.executable} can't make an environment: {output or 'no python in it'}")
        yield python
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if folder.parent.is_dir() and not any(folder.parent.iterdir()):
            folder.parent.rmdir()
        raise


def _runs(python: Path) -> bool:
    """Whether the environment is whole: the interpreter that it was made from may have gone."""
    try:
        return subprocess.run([python, "-I", "-c", ""], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _installer() -> Callable[[Path], list[str]]:
    """What installs into another environment: the command without the requirements.

    Only what is ready-made: building a library from its source would need compilers and minutes, and what fails
    there says so in a thousand lines.
    """
    options = ["--only-binary", ":all:"]
    if uv := shutil.which("uv"):
        return lambda python: [uv, "pip", "install", "--python", str(python), *options]
    if importlib.util.find_spec("pip") is None:
        raise PreparationError(NO_INSTALLER)
    quietly = ["--disable-pip-version-check", "--no-input", "--retries", "2"]
    pip = [sys.executable, "-P", "-m", "pip"]
    return lambda python: [*pip, "--python", str(python), "install", *quietly, "--progress-bar", "off", *options]


def _run(command: Sequence[str], tell: Tell) -> str | None:
    """Runs a command, telling each line; None if it succeeded, else what it says about its failure."""
    around = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "__PYVENV_LAUNCHER__")}
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=around,
        )
    except OSError as error:
        return f"{command[0]} can't be started: {error.strerror}"
    lines = []
    with process:
        assert process.stdout is not None
        try:
            for line in filter(None, map(str.strip, process.stdout)):
                lines.append(line)
                tell(line)
        except BaseException:
            process.kill()
            raise
    return None if process.returncode == 0 else _reason(lines)


def _reason(lines: Sequence[str]) -> str:
    """The last line that tells of a mistake, and whether the index could be reached."""
    errors = [line for line in lines if line.lower().startswith(("error", "×"))]
    said = (errors or list(lines) or ["it said nothing"])[-1].removeprefix("ERROR: ")[:LONGEST_QUOTE]
    spoken = "\n".join(lines).lower()
    offline = any(words in spoken for words in UNREACHABLE)
    return f"the package index can't be reached ({said})" if offline else said
