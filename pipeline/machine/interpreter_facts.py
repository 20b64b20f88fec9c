"""What an interpreter says of itself when it is asked once."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.machine import asking
from pipeline.machine.asking import InterpreterError, output_of, quoted, signal_name
from pipeline.machine.switches import Switches, broken_promises

OLDEST = (3, 9)
MARK = "whichpool-interpreter "
NO_SWITCHES = Switches()

QUESTION = """
import sys
sys.path[:] = [folder for folder in sys.path if folder]
import json
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
        jit_available=jit.is_available() if jit else None,
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
"""Understood by every Python 3, so that those that are too old can be told by name. The current folder, which may have
modules called like those of the standard library, is left out first: `-I` isn't given with variables."""


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
    jit_available: bool | None
    """Whether there is one that could be switched on."""
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


def identify(path: Path, switches: Switches = NO_SWITCHES) -> Interpreter:
    """Runs the interpreter once, with the given options and variables, and returns what it says of itself.

    Raises:
        InterpreterError: if it is missing, isn't executable, crashes, is no Python, is older than Python 3.9, or
            doesn't do what the switches ask for.
    """
    path = Path(os.path.abspath(path))  # not `resolve`: a virtual environment's python is a link
    if path.is_dir():
        raise InterpreterError(f"{path} is a folder: name the python executable in it")
    if not path.exists():
        raise InterpreterError(f"there is no interpreter at {path}")
    if not os.access(path, os.X_OK):
        raise InterpreterError(f"{path} isn't executable: chmod +x makes it so, if it is an interpreter")
    status = path.stat()
    return _identify(str(path), switches, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _identify(path: str, switches: Switches, modified_ns: int, size: int) -> Interpreter:
    """Cached as long as the file is the same; starting a shim takes a tenth of a second."""
    del modified_ns, size
    found = _asked(path, switches)
    if os.path.realpath(found.executable) != os.path.realpath(path):
        # Something that starts the interpreter. Asked directly it may lack what that something prepares.
        try:
            return _asked(found.executable, switches)
        except InterpreterError:
            return replace(found, executable=path)
    return found


def _asked(path: str, switches: Switches) -> Interpreter:
    command = [path, *switches.isolated(), "-c", QUESTION, MARK]
    output, exit_code = output_of(command, switches.variables(os.environ))
    match = re.search(rf"^{MARK}(.*)$", output, re.MULTILINE)
    shown = f"{path} {switches}".strip()
    if match is None:
        raise InterpreterError(_why_no_answer(path, shown, output, exit_code))
    try:
        found = _interpreter(path, json.loads(match[1]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InterpreterError(f"{shown} gives no sensible answer: {quoted(match[1])}") from None
    for broken in broken_promises(switches, gil_enabled=found.gil_enabled, jit=found.jit):
        raise InterpreterError(f"{shown}: {broken}")
    return found


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


def _why_no_answer(path: str, shown: str, output: str, exit_code: int | None) -> str:
    when = "when it was asked for its version"
    if exit_code is None:
        return f"{shown} didn't answer within {asking.TIMEOUT_S:g} s {when}"
    if "nknown option: -I" in output:  # as Python 2 says
        version, _ = output_of([path, "-V"])
        return _too_old(path, version.strip().removeprefix("Python "))
    if exit_code < 0:
        return f"{shown} was killed by {signal_name(-exit_code)} {when}"
    if exit_code > 0:
        return f"{shown} failed with exit code {exit_code} {when}: {quoted(output)}"
    return f"{shown} is no Python interpreter: asked for its version, it said {quoted(output)}"


def _too_old(path: str, version: str) -> str:
    oldest = ".".join(map(str, OLDEST))
    return f"{path} is Python {version}; only {oldest} and newer can be measured"
