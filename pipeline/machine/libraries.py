"""Which libraries beyond the standard one an interpreter can import, by itself or in an environment made for it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.machine.asking import InterpreterError, output_of

FOLDER = ".venvs"
"""In the current folder: environments that were made for interpreters of this machine."""
DIGITS = 8
MARK = "whichpool-libraries "
OWN, PREPARED, USERS = "own", "prepared", "users"
"""The interpreter with its site-packages; the environment made for it; it as the user would start it."""
UNKNOWN = "unknown"
"""In place of a version, of what was installed without saying one."""

QUESTION = """
import sys
sys.path[:] = [folder for folder in sys.path if folder]
import importlib.util, json
from importlib import metadata
def version(name):
    try:
        return metadata.version(name) or "unknown"
    except metadata.PackageNotFoundError:
        return "unknown"
there = [name for name in sys.argv[2:] if importlib.util.find_spec(name) is not None]
sys.stdout.write(sys.argv[1] + json.dumps({name: version(name) for name in there}) + chr(10))
"""
"""Finds without importing: an import of `dask` or `ray` takes a second."""


def environment_folder(name: str, executable: str) -> Path:
    """Where the environment of an interpreter is, if it was made: `.venvs/python3.13-1a2b3c4d`, an absolute path.

    Args:
        name: What the interpreter is usually called.
        executable: Its path; links to the same file share an environment.
    """
    digest = hashlib.sha256(os.path.realpath(executable).encode()).hexdigest()
    return Path.cwd() / FOLDER / f"{name}-{digest[:DIGITS]}"


def environment_python(folder: Path) -> Path | None:
    """The executable in an environment; None if there is none."""
    for inside in ("bin/python", "Scripts/python.exe"):
        if (folder / inside).is_file():
            return folder / inside
    return None


def installed(executable: str, libraries: Sequence[str], *, isolated: bool = True) -> dict[str, str]:
    """The versions of those libraries that the interpreter would find; empty if it doesn't answer.

    Args:
        executable: Its path.
        libraries: Import names of top-level packages.
        isolated: Whether the user's own site-packages and `PYTHON…` variables are left out.
    """
    options = ["-I"] if isolated else []
    try:
        output, _ = output_of([executable, *options, "-c", QUESTION, MARK, *libraries])
    except InterpreterError:
        return {}
    found = re.search(rf"^{MARK}(.*)$", output, re.MULTILINE)
    try:
        told = json.loads(found[1]) if found else {}
    except ValueError:
        return {}
    return {str(name): str(version) for name, version in told.items()} if isinstance(told, dict) else {}


def library_facts(name: str, executable: str, libraries: Sequence[str], *, users: bool) -> dict[str, Any]:
    """Who can provide the libraries, and in which versions.

    Args:
        name: What the interpreter is usually called.
        executable: Its path.
        libraries: Import names.
        users: Whether functions of the user's need some: those run in the user's own surroundings.

    Returns:
        By `prepared`, `own` and `users`, as far as there is such a one: `executable` and `versions`.
    """
    facts: dict[str, Any] = {}
    prepared = environment_python(environment_folder(name, executable))
    if prepared is not None:
        facts[PREPARED] = {"executable": str(prepared), "versions": installed(str(prepared), libraries)}
    facts[OWN] = {"executable": executable, "versions": installed(executable, libraries)}
    if users:
        versions = installed(executable, libraries, isolated=False)
        facts[USERS] = {"executable": executable, "versions": versions}
    return facts
