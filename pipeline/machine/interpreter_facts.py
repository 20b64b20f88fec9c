"""What an interpreter says of itself when it is asked once."""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import time
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.errors import UserError

OLDEST = (3, 9)
TIMEOUT_S = 10.0
MARK = "whichpool-interpreter "
LARGEST_ANSWER_BYTES = 1 << 16
READ_BYTES = 1 << 14

QUESTION = """
import json, sys
told = {
    "executable": sys.executable or "",
    "installation": sys.base_prefix,
    "version_info": list(sys.version_info[:3]),
    "release_level": sys.version_info[3],
    "implementation": sys.implementation.name,
    "build": sys.version,
}
if sys.version_info >= (3, 9):
    import importlib.util, multiprocessing, sysconfig
    gil = getattr(sys, "_is_gil_enabled", None)
    jit = getattr(sys, "_jit", None)
    arguments = sysconfig.get_config_var("CONFIG_ARGS")
    def has(name):
        return importlib.util.find_spec(name) is not None
    told.update(
        gil_enabled=gil() if gil else True,
        free_threaded="free-threading" in sys.version or bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        jit=jit.is_enabled() if jit else None,
        optimised=None if arguments is None else "--enable-optimizations" in arguments,
        link_time_optimised=None if arguments is None else "--with-lto" in arguments,
        debug=hasattr(sys, "gettotalrefcount"),
        start_methods=multiprocessing.get_all_start_methods(),
        asyncio=has("asyncio"),
        subinterpreters=sys.version_info >= (3, 12) and (has("_interpreters") or has("_xxsubinterpreters")),
        interpreter_pool=sys.version_info >= (3, 14) and has("concurrent.futures.interpreter"),
    )
sys.stdout.write(sys.argv[1] + json.dumps(told) + chr(10))
"""
"""Understood by every Python 3, so that those that are too old can be told by name."""


class InterpreterError(UserError):
    """An interpreter that can't be used, and why."""


@dataclass(frozen=True)
class Interpreter:
    """A usable Python interpreter."""

    executable: str
    """Absolute path, of the virtual environment's own executable where it belongs to one."""
    installation: str
    """Folder of the installation, shared by all its virtual environments."""
    version: str
    """As in `3.14.0` or `3.15.0a2`."""
    version_info: tuple[int, int, int]
    implementation: str
    """`CPython`, `PyPy`, …"""
    build: str
    """The whole of `sys.version`: branch, date of the build and compiler."""
    compiler: str | None
    gil_build: bool
    """Whether the GIL is always on; False for a free-threaded build."""
    gil_enabled: bool
    """Whether the GIL was on when the interpreter started; an import may still switch it on."""
    free_threaded: bool
    """Whether the build can run without the GIL."""
    jit: bool | None
    """Whether the just-in-time compiler of CPython is on; None where the interpreter doesn't tell."""
    optimised: bool | None
    """Whether it was built with profile-guided optimisation; None where that isn't recorded."""
    link_time_optimised: bool | None
    debug: bool
    start_methods: tuple[str, ...]
    """Of `multiprocessing`, the default one first."""
    asyncio: bool
    subinterpreters: bool
    """Whether subinterpreters can have a GIL each."""
    interpreter_pool: bool
    """Whether `concurrent.futures.InterpreterPoolExecutor` exists."""

    @property
    def name(self) -> str:
        """What a configuration may call it: `python3.13t`, `pypy3.10`."""
        stem = "python" if self.implementation == "CPython" else self.implementation.lower()
        return f"{stem}{self.version_info[0]}.{self.version_info[1]}{'t' if self.free_threaded else ''}"

    def to_json(self) -> dict[str, Any]:
        """The fields by name, as JSON has them."""
        return json.loads(json.dumps(asdict(self)))  # type: ignore[no-any-return]


def identify(path: Path) -> Interpreter:
    """Runs the interpreter once and returns what it says of itself.

    Raises:
        InterpreterError: if it is missing, isn't executable, crashes, is no Python, or is older than Python 3.9.
    """
    path = Path(os.path.abspath(path))  # not `resolve`: a virtual environment's python is a link
    if path.is_dir():
        raise InterpreterError(f"{path} is a folder: name the python executable in it")
    if not path.exists():
        raise InterpreterError(f"there is no interpreter at {path}")
    if not os.access(path, os.X_OK):
        raise InterpreterError(f"{path} isn't executable: chmod +x makes it so, if it is an interpreter")
    status = path.stat()
    return _identify(str(path), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _identify(path: str, modified_ns: int, size: int) -> Interpreter:
    """Cached as long as the file is the same; starting a shim takes a tenth of a second."""
    del modified_ns, size
    found = _asked(path)
    if os.path.realpath(found.executable) != os.path.realpath(path):
        # Something that starts the interpreter. Asked directly it may lack what that something prepares.
        try:
            return _asked(found.executable)
        except InterpreterError:
            return replace(found, executable=path)
    return found


def _asked(path: str) -> Interpreter:
    output, exit_code = _output_of([path, "-I", "-S", "-c", QUESTION, MARK])
    match = re.search(rf"^{MARK}(.*)$", output, re.MULTILINE)
    if match is None:
        raise InterpreterError(_why_no_answer(path, output, exit_code))
    try:
        return _interpreter(path, json.loads(match[1]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InterpreterError(f"{path} gives no sensible answer: {_quoted(match[1])}") from None


def _interpreter(path: str, told: dict[str, Any]) -> Interpreter:
    major, minor, micro = told.pop("version_info")
    if (major, minor) < OLDEST:
        raise InterpreterError(_too_old(path, f"{major}.{minor}.{micro}"))
    known_names = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}
    implementation = told.pop("implementation")
    level = told.pop("release_level")
    release = re.match(r"[\d.]+(?:a|b|rc)\d+", told["build"]) if level != "final" else None
    compiler = re.search(r"\[([^\]]+)\]\s*$", told["build"])
    executable = told.pop("executable")
    return Interpreter(
        executable=executable if os.path.isabs(executable) and os.path.exists(executable) else path,
        version=release[0] if release else f"{major}.{minor}.{micro}",
        version_info=(major, minor, micro),
        implementation=known_names.get(implementation, implementation),
        compiler=compiler[1] if compiler else None,
        gil_build=not told["free_threaded"],
        start_methods=tuple(told.pop("start_methods")),
        **told,
    )


def _why_no_answer(path: str, output: str, exit_code: int | None) -> str:
    if exit_code is None:
        return f"{path} didn't answer within {TIMEOUT_S:g} s when it was asked for its version"
    if "nknown option: -I" in output:  # as Python 2 says
        version, _ = _output_of([path, "-V"])
        return _too_old(path, version.strip().removeprefix("Python "))
    if exit_code < 0:
        return f"{path} was killed by {_signal_name(-exit_code)} when it was asked for its version"
    if exit_code > 0:
        return f"{path} failed with exit code {exit_code} when it was asked for its version: {_quoted(output)}"
    return f"{path} is no Python interpreter: asked for its version, it said {_quoted(output)}"


def _too_old(path: str, version: str) -> str:
    oldest = ".".join(map(str, OLDEST))
    return f"{path} is Python {version}; only {oldest} and newer can be measured"


def _quoted(output: str) -> str:
    lines = output.strip().splitlines()
    return repr(lines[-1][:200]) if lines else "nothing"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _output_of(command: list[str]) -> tuple[str, int | None]:
    """Output and exit code; None as exit code if it took too long or said far too much.

    What the command starts is in a session of its own and ends with it.
    """
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
    except OSError as error:
        raise InterpreterError(f"{command[0]} can't be started: {error.strerror}") from None
    with process:
        output, complete = _read(process, time.monotonic() + TIMEOUT_S)
        if not complete:
            _kill_session(process)
        return output.decode("utf-8", "replace"), process.wait() if complete else None


def _read(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bool]:
    """What the process says until the answer is there or it has ended; whether that was in time.

    Not until the end of file: something that it started may keep its output open.
    """
    assert process.stdout is not None
    output = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline and len(output) < LARGEST_ANSWER_BYTES:
            if selector.select(min(0.1, max(deadline - time.monotonic(), 0))):
                part = os.read(process.stdout.fileno(), READ_BYTES)
                output += part
                if not part:
                    return output, _ended(process, deadline)
            elif process.poll() is not None:
                return output, True
    return output, False


def _ended(process: subprocess.Popen[bytes], deadline: float) -> bool:
    try:
        process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
