"""`whichpool interpreters prepare`: an environment with libraries for an interpreter."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from experiments.catalogue import strategies, workloads
from experiments.parameters import Parameterised
from pipeline.errors import UserError, did_you_mean
from pipeline.machine.interpreters import resolve
from pipeline.machine.libraries import environment_python, installed
from pipeline.machine.prepared import prepare

NOT_MEASURED = ("build", "dev")
"""Extras that no measured process needs."""
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def prepare_interpreter(name: str, libraries: Sequence[str], console: Console) -> Path:
    """Makes or completes the environment of an interpreter and returns its folder; says on the way what it does.

    Args:
        name: As a configuration names the interpreter; a path is relative to the current folder.
        libraries: Names, each of which may be several with commas between.
        console: For the progress.

    Raises:
        UserError: no such interpreter or library, or what was said by the one who couldn't install it.
    """
    wanted = list(dict.fromkeys(part.strip() for text in libraries for part in text.split(",") if part.strip()))
    requirements = requirements_for(wanted)
    found = resolve(name, config_dir=Path.cwd())
    with console.status(f"preparing {escape(found.name)} …") as status:
        folder = prepare(found, requirements, lambda line: status.update(escape(line)))
        python = environment_python(folder)
        versions = installed(str(python), wanted)
    if missing := [each for each in wanted if each not in versions]:
        raise UserError(f"{folder}: was installed without a complaint, but has no {', '.join(missing)}")
    shown = ", ".join(f"{each} {versions[each]}" for each in wanted)
    console.print(escape(f"{found.name} ({found.executable}) can use {shown}"))
    return folder


def requirements_for(libraries: Iterable[str]) -> list[str]:
    """What to install for libraries: as whichpool's own extras bound them.

    A library that some strategy or workload imports, but no extra mentions, is taken in any version.

    Raises:
        UserError: nothing that can be measured needs a library of that name.
    """
    extras, known = _extras(), known_libraries()
    wanted: dict[str, None] = {}
    for name in libraries:
        if name not in known:
            allowed = f"allowed: {', '.join(known) or 'none'}"
            raise UserError(f'nothing here can use a library "{name}"; {allowed}{did_you_mean(name, known)}')
        wanted |= dict.fromkeys(extras.get(name, [name]))
    if not wanted:
        raise UserError("name the libraries: --with joblib,dask")
    return list(wanted)


def known_libraries() -> list[str]:
    """Names that `--with` takes: of whichpool's extras and of what strategies and workloads import."""
    return sorted({*_extras(), *_imported()})


def _extras() -> dict[str, list[str]]:
    """Requirements by the name of what they bring: of each extra, and of each package that only some extra brings."""
    found: dict[str, list[str]] = {}
    packages: dict[str, list[str]] = {}
    for line in _requires():
        requirement, _, marker = line.partition(";")
        extra = _EXTRA.search(marker)
        name = _NAME.match(requirement)
        if extra is None or name is None or extra[1] in NOT_MEASURED or name[0] == "whichpool":
            continue
        found.setdefault(extra[1], []).append(requirement.strip())
        packages.setdefault(name[0].lower(), [requirement.strip()])
    return {**packages, **found}


def _requires() -> list[str]:
    """What whichpool's own package requires; nothing where it isn't installed as one."""
    try:
        return metadata.requires("whichpool") or []
    except metadata.PackageNotFoundError:
        return []


def _imported() -> set[str]:
    """Import names of everything that some strategy or workload needs with some of its values."""
    classes: list[type[Parameterised]] = [*strategies().values(), *workloads().values()]
    return {name for class_ in classes for values in _values(class_) for name in class_.libraries(values)}


def _values(class_: type[Parameterised]) -> Iterable[dict[str, object]]:
    parameters = class_.parameters().values()
    axes = [one.choices if one.choices else (one.default,) for one in parameters]
    return (dict(zip(class_.parameters(), point, strict=True)) for point in itertools.product(*axes))
