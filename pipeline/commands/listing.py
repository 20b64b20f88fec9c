"""`whichpool list`: what can be written in a configuration."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from experiments.catalogue import strategies, workloads
from experiments.parameters import Parameterised
from pipeline.commands.tables import table
from pipeline.config.units import format_duration, format_size
from pipeline.machine.interpreters import discover


def show_catalogue(what: str, console: Console) -> None:
    """Every workload or strategy with its parameters."""
    listed = table("name", "what it is", "parameters")
    for name, class_ in (workloads() if what == "workloads" else strategies()).items():
        listed.add_row(name, escape(class_.summary()), escape(", ".join(_parameters(class_))))
    console.print(listed)


def show_interpreters(console: Console) -> None:
    """Every Python found on this machine that can be measured, and what it can do."""
    listed = table("name", "version", "GIL", "start methods", "pool of subinterpreters", "executable")
    for found in discover():
        gil = "on" if found.gil_enabled else "off"
        listed.add_row(
            found.name,
            f"{found.implementation} {found.version}",
            f"{gil} (free-threaded build)" if found.free_threaded else gil,
            ", ".join(found.start_methods),
            "yes" if found.interpreter_pool else "no",
            escape(found.executable),
        )
    console.print(listed)


def _parameters(class_: type[Parameterised]) -> list[str]:
    described = []
    for parameter in class_.parameters().values():
        if parameter.target_s is not None:
            value = f"calibrated to {format_duration(parameter.target_s)}"
        elif parameter.kind == "duration":
            value = format_duration(parameter.default)
        elif parameter.kind == "size":
            value = format_size(parameter.default)
        else:
            value = "/".join(parameter.choices) or str(parameter.default)
        if parameter.default is not None or parameter.target_s is not None:
            described.append(f"{parameter.name}={value}")
    return described
