"""`whichpool list`: what can be written in a configuration."""

from __future__ import annotations

import re

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape

from experiments.parameters import Parameterised
from pipeline.commands.explaining import CATALOGUES, chosen, default_text, page
from pipeline.commands.interpreters import known_libraries
from pipeline.commands.tables import table
from pipeline.machine.interpreters import Interpreter, discover
from pipeline.machine.libraries import environment_folder, environment_python, installed

PAGE_WIDTH = 120
"""Longer lines of prose are hard to read."""


def show_catalogue(what: str, console: Console) -> None:
    """Every workload or strategy with its parameters."""
    listed = table("name", "what it is", "parameters")
    for name, class_ in CATALOGUES[what]().items():
        listed.add_row(name, escape(class_.summary()), escape(", ".join(_parameters(class_))))
    console.print(listed)


def show_pages(what: str, names: list[str], console: Console) -> None:
    """All there is to say about these workloads or strategies, about every one if none is named."""
    for class_ in chosen(what, names).values():
        console.print(Markdown(page(class_)), width=min(console.width, PAGE_WIDTH))
        console.print()


def show_interpreters(console: Console) -> None:
    """Every Python found on this machine that can be measured, what it can do, and where it is.

    The second table has what takes a line of its own: together they would need 200 columns.
    """
    everyone = discover()
    listed = table("name", "version", "build", "GIL", "JIT", "start methods", "asyncio", "subinterpreters")
    for found in everyone:
        can = (", ".join(found.start_methods), _yes(found.asyncio), _subinterpreters(found))
        listed.add_row(*map(escape, (found.name, found.version, _build(found), _gil(found), _jit(found), *can)))
    console.print(listed)
    places = table("name", "executable", "libraries prepared here")
    for found in everyone:
        places.add_row(found.name, escape(found.executable), escape(_prepared(found)))
    console.print(places)


def _build(found: Interpreter) -> str:
    """How it was compiled, in a few words; the optimisations are not recorded everywhere."""
    parts = {"debug": found.debug, "PGO": found.optimised, "LTO": found.link_time_optimised}
    compiler = re.search(r"(GCC|Clang|MSC v\.)\s*([\d.]+)", found.compiler or "")
    return ", ".join([*(word for word, is_so in parts.items() if is_so), *([compiler[0]] if compiler else [])]) or "–"


def _gil(found: Interpreter) -> str:
    return "on" if found.gil_enabled else "off"


def _jit(found: Interpreter) -> str:
    """`available`: there is one, and `PYTHON_JIT=1` would switch it on. PyPy's is always on."""
    if found.implementation == "PyPy":
        return "on"
    if found.jit is None:
        return "–"
    return "on" if found.jit else "available" if found.jit_available else "off"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _subinterpreters(found: Interpreter) -> str:
    return "yes, with a pool" if found.interpreter_pool else _yes(found.subinterpreters)


def _prepared(found: Interpreter) -> str:
    python = environment_python(environment_folder(found.name, found.executable))
    versions = installed(str(python), known_libraries()) if python else {}
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _parameters(class_: type[Parameterised]) -> list[str]:
    described = []
    for parameter in class_.parameters().values():
        value = "/".join(parameter.choices) if parameter.default and parameter.choices else default_text(parameter)
        if value is not None:
            described.append(f"{parameter.name}={value}")
    return described
