"""Python interpreters on this machine: what there is, and which one a configuration means."""

from __future__ import annotations

import glob
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import did_you_mean
from pipeline.machine.asking import InterpreterError
from pipeline.machine.interpreter_facts import NO_SWITCHES, Interpreter, identify
from pipeline.machine.libraries import library_facts
from pipeline.machine.switches import Switches

__all__ = ["Interpreter", "InterpreterError", "discover", "facts_of", "find", "identify", "resolve"]

CURRENT = "current"
EXTRA_VARIABLE = "WHICHPOOL_TEST_INTERPRETERS"
"""Environment variable with executables to consider too, separated by spaces or as in PATH."""
AT_ONCE = 4
SHIMS = "shims"
"""Folders of this name hold scripts of a version manager that look up and start the real interpreter."""
USUAL_FOLDERS = (
    "/usr/local/bin",
    "/usr/bin",
    "/opt/homebrew/bin",
    "/opt/*/bin",
    "/opt/*/*/bin",
    "/Library/Frameworks/Python.framework/Versions/*/bin",
    "~/.local/bin",
    "~/.asdf/installs/python/*/bin",
    "~/.local/share/mise/installs/python/*/bin",
    "~/miniconda3/bin",
    "~/anaconda3/bin",
    "~/miniforge3/bin",
    "~/AppData/Local/Programs/Python/*",
)


def find(name: str, *, config_dir: Path) -> Path | None:
    """The executable that a configuration means; None if there is none of that name.

    `current` is the interpreter that runs this program. What has a slash, or begins with `~` or a full stop, is the
    path of an executable or of a virtual environment, relative to the configuration's folder; it is returned whether or
    not it exists. Everything else is a name (`python3.13t`, `3.12`, `3.12.4`, `pypy3`), looked up on PATH, then in the
    environment variable `WHICHPOOL_TEST_INTERPRETERS`, among the versions of pyenv and uv, and in the usual folders.
    What doesn't start, or turns out to be another version, is passed over.
    """
    return _direct(name, config_dir) or _search(name)[0]


def resolve(name: str, *, config_dir: Path, switches: Switches = NO_SWITCHES) -> Interpreter:
    """The interpreter that a configuration means, as it is with these options and variables.

    Raises:
        InterpreterError: if there is none, or it can't be used; the message says why and names what there is.
    """
    path = _direct(name, config_dir)
    unusable: list[str] = []
    if path is None:
        path, unusable = _search(name)
    if path is not None:
        return identify(path, switches)
    known = list(dict.fromkeys(found.name for found in discover()))
    hint = f": {unusable[0]}" if unusable else did_you_mean(name, known)
    raise InterpreterError(
        f'no usable interpreter "{name}" was found on this machine{hint} '
        f"(found: {', '.join([CURRENT, *known])}; a path to an executable works too)"
    )


class Named(Protocol):
    """A value of the interpreter axis."""

    @property
    def label(self) -> str: ...
    @property
    def use(self) -> str: ...
    @property
    def switches(self) -> Switches: ...


@dataclass(frozen=True)
class Bare:
    """A value of the interpreter axis that is a mere name."""

    use: str
    switches: Switches = NO_SWITCHES

    @property
    def label(self) -> str:
        """The name."""
        return self.use


def facts_of(
    names: Iterable[str | Named], *, config_dir: Path, libraries: Iterable[str] = (), users: bool = False
) -> dict[str, dict[str, Any]]:
    """For each label the fields of `Interpreter`, or under `error` why it can't be used; asked at the same time.

    Where there are options and variables, `options` and `environment` say so. Where `libraries` are needed, by the
    `users` own functions or not, `libraries` says who has which version.
    """
    choices = [Bare(name) if isinstance(name, str) else name for name in names]
    wanted = {choice.label: choice for choice in reversed(choices)}
    needed = sorted(set(libraries))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = pool.map(lambda choice: _facts(choice, config_dir, needed, users), wanted.values())
        facts = dict(zip(wanted, told, strict=True))
    return {choice.label: facts[choice.label] for choice in choices}


def discover() -> list[Interpreter]:
    """Every usable interpreter in the places where `find` looks, each installation once, oldest version first.

    The one that runs this program stands for its own. What is too old or doesn't start is left out.
    """
    paths: dict[str, Path] = {}
    for path in (Path(sys.executable), *_listed(), *_installed_executables()):
        if path.parent.name != SHIMS and os.access(path, os.X_OK):
            paths.setdefault(os.path.realpath(path), path)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(_identified, paths.values()))
    usable = {(found.installation, found.build): found for found in reversed(answers) if found}
    return sorted(
        usable.values(),
        key=lambda found: (found.implementation, found.version_info, found.free_threaded, found.executable),
    )


@dataclass(frozen=True)
class _Wanted:
    """What a name asks for."""

    name: str
    implementation: str | None = None
    """None for a name that is only looked up as it stands."""
    version: tuple[int, ...] = ()
    free_threaded: bool = False

    @classmethod
    def of(cls, name: str) -> _Wanted:
        match = re.fullmatch(r"(python|cpython|pypy|graalpy)?[-@]?(\d+(?:\.\d+){0,2})?(t)?", name, re.IGNORECASE)
        if match is None or not name:
            return cls(name)
        kind = (match[1] or "python").lower()
        version = tuple(int(part) for part in (match[2] or "").split(".") if part)
        return cls(name, "cpython" if kind == "python" else kind, version, bool(match[3]))

    @property
    def executables(self) -> list[str]:
        """File names to look for, the most telling first."""
        if self.implementation is None:
            return [self.name]
        stem = "python" if self.implementation == "cpython" else self.implementation
        suffix = "t" if self.free_threaded else ""
        if len(self.version) >= 2:
            return [f"{stem}{self.version[0]}.{self.version[1]}{suffix}"]
        names = [f"{stem}{self.version[0]}" if self.version else stem, f"{stem}3"]
        return [f"{name}{suffix}" for name in dict.fromkeys(names)]

    def is_met_by(self, found: Interpreter, *, exactly: bool) -> bool:
        """Whether this is the interpreter asked for.

        On PATH, a plain `python3.13` is what the user's own shell would start, even if that is free-threaded; elsewhere
        it isn't (`exactly`), because free-threaded installations have a `python3.13` too.
        """
        if self.implementation is None:
            return True
        if found.implementation.lower() != self.implementation:
            return False
        if found.version_info[: len(self.version)] != self.version:
            return False
        return found.free_threaded == self.free_threaded or (found.free_threaded and not exactly)


def _direct(name: str, config_dir: Path) -> Path | None:
    """The executable, if the name is a path or `current`."""
    if name == CURRENT:
        return Path(sys.executable)
    if "/" in name or os.sep in name or name.startswith(("~", ".")):
        return _path(Path(name).expanduser(), config_dir)
    return None


def _search(name: str) -> tuple[Path | None, list[str]]:
    """The executable called so, and why those before it couldn't be used, shims apart: what they say helps nobody."""
    wanted = _Wanted.of(name)
    unusable = []
    for path, is_on_path in _candidates(wanted):
        try:
            found = identify(path)
        except InterpreterError as error:
            if path.parent.name != SHIMS:
                unusable.append(str(error))
            continue
        if wanted.is_met_by(found, exactly=not is_on_path):
            return Path(found.executable), unusable
    return None, unusable


def _path(path: Path, config_dir: Path) -> Path:
    path = Path(os.path.abspath(config_dir / path))
    for inside in ("bin/python", "Scripts/python.exe", "python.exe"):
        if (path / inside).is_file():
            return path / inside
    return path


def _candidates(wanted: _Wanted) -> Iterator[tuple[Path, bool]]:
    """Executables that may be meant, and whether they are on PATH."""
    for folder in dict.fromkeys(os.get_exec_path()):
        for name in wanted.executables:
            if found := shutil.which(name, path=folder or "."):
                yield Path(found), True
    if wanted.implementation is None:
        return
    for path in _listed():
        yield path, False
    for folder in _installation_folders():
        for name in wanted.executables:
            if found := shutil.which(name, path=folder):
                yield Path(found), False
    # Some are called nothing but `python`.
    yield from ((Path(found.executable), False) for found in discover())


def _listed() -> list[Path]:
    """The executables named by the environment variable."""
    separators = rf"[\s{re.escape(os.pathsep)}]+"
    return [Path(entry) for entry in re.split(separators, os.environ.get(EXTRA_VARIABLE, "")) if entry]


def _installation_folders() -> list[str]:
    """Folders with executables beyond PATH, those of the newest versions first."""
    pyenv = os.environ.get("PYENV_ROOT") or "~/.pyenv"
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    uv = os.environ.get("UV_PYTHON_INSTALL_DIR") or f"{data}/uv/python"
    windows = [f"{os.environ['APPDATA']}/uv/python/*"] if "APPDATA" in os.environ else []
    patterns = [f"{pyenv}/versions/*/bin", f"{uv}/*/bin", *windows, *USUAL_FOLDERS]
    return [
        folder for pattern in patterns for folder in sorted(glob.glob(os.path.expanduser(pattern)), key=_by_numbers)
    ]


def _by_numbers(folder: str) -> list[int]:
    return [-int(number) for number in re.findall(r"\d+", folder)]


def _installed_executables() -> Iterator[Path]:
    """Everything in those folders and on PATH that is called like an interpreter."""
    pattern = re.compile(r"(python|pypy|graalpy)\d*(\.\d+)?t?(\.exe)?")
    for folder in dict.fromkeys([*os.get_exec_path(), *_installation_folders()]):
        try:
            names = sorted(os.listdir(folder or "."))
        except OSError:
            continue
        yield from (Path(folder, name) for name in names if pattern.fullmatch(name))


def _facts(choice: Named, config_dir: Path, libraries: list[str], users: bool) -> dict[str, Any]:
    switches = choice.switches
    try:
        found = resolve(choice.use, config_dir=config_dir, switches=switches)
    except InterpreterError as error:
        return {"error": str(error)}
    facts = found.to_json()
    if switches.options:
        facts["options"] = list(switches.options)
    if switches.environment:
        facts["environment"] = dict(switches.environment)
    if libraries:
        facts["libraries"] = library_facts(found.name, found.executable, libraries, users=users)
    return facts


def _identified(path: Path) -> Interpreter | None:
    try:
        return identify(path)
    except InterpreterError:
        return None
