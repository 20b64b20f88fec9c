"""A configuration that measures one workload or strategy, as its page shows it."""

from __future__ import annotations

import itertools
from typing import Any

import yaml

from experiments.parameters import Parameter, Parameterised
from experiments.strategies.base import Strategy
from experiments.workloads.base import Workload
from pipeline.config.units import format_duration, parse_duration

MOST_CHOICES = 4
"""Of a parameter whose choices are all listed: more would make many cases."""
SIZE_UNITS = {"GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "B": 1}


def written_value(parameter: Parameter, value: Any) -> Any:
    """The value as a configuration writes it: reading that gives the value again."""
    if parameter.kind == "duration":
        text = format_duration(value)
        return text if parse_duration(text) == value else value
    if parameter.kind == "size":
        return next((f"{value // factor}{unit}" for unit, factor in SIZE_UNITS.items() if not value % factor), value)
    return value


def example(class_: type[Parameterised]) -> str:
    """A whole configuration in YAML, with the class's parameters at their defaults or as axes of all choices."""
    name = class_.name  # type: ignore[attr-defined]
    written = {key: _written(values) for key, values in axes(class_).items()}
    if issubclass(class_, Workload):
        also = ", asyncio" if class_.coroutine is not None else ""
        others = f"    strategies: [serial, threads, processes{also}]\n"
        return f"name: {name}\ngrids:\n  - workloads:{_use(name, written)}{others}"
    assert issubclass(class_, Strategy)
    workload = "sleep" if class_.asynchronous else "int_loop"
    workers = "    workers: [2, cpus]\n" if class_.parallel else ""
    return f"name: {name}\ngrids:\n  - workloads: {workload}\n    strategies:{_use(name, written)}{workers}"


def axes(class_: type[Parameterised]) -> dict[str, list[Any]]:
    """Values of each parameter that has a default: this one, or all choices where they go with everything else."""
    found = {name: [one.default] for name, one in class_.parameters().items() if one.default is not None}
    for name in found:
        wider = {**found, name: _choices(class_.parameters()[name])}
        if _go_together(class_, wider):
            found = wider
    return {
        name: [written_value(class_.parameters()[name], value) for value in values] for name, values in found.items()
    }


def _choices(parameter: Parameter) -> list[Any]:
    few = 0 < len(parameter.choices) <= MOST_CHOICES
    return list(parameter.choices) if few else [parameter.default]


def _go_together(class_: type[Parameterised], values: dict[str, list[Any]]) -> bool:
    if not issubclass(class_, Workload):
        return True
    points = [dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())]
    return not any(class_.contradiction(point) for point in points)


def _written(values: list[Any]) -> str:
    """One value or a list, in YAML."""
    value = values[0] if len(values) == 1 else values
    return yaml.safe_dump(value, default_flow_style=True, width=1000).partition("\n")[0]


def _use(name: str, written: dict[str, str]) -> str:
    """The name alone, or below it a mapping with the parameters."""
    if not written:
        return f" {name}\n"
    lines = [f"use: {name}", *(f"{key}: {value}" for key, value in written.items())]
    return "\n" + "".join(f"      {line}\n" for line in lines)
