"""A resolved configuration as a person would write it: short, and a configuration again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from experiments import catalogue
from pipeline.config.claims import ClaimMargins
from pipeline.config.units import format_duration, format_size, parse_duration, parse_size

WIDTH = 92
"""Characters of a line, as far as possible."""
_KINDS = {
    "timeout": "duration",
    "budget": "duration",
    "memory_limit": "size",
    "precision": "share",
    "lateness": "duration",
}


def written(resolved: Mapping[str, Any]) -> str:
    """YAML text that says what `run.json` says about the configuration, without places and repetitions.

    What is null is left out where that means "decided by the plan"; what a grid's `measure` repeats is left out.
    Durations and sizes are written with their units where that changes nothing.
    """
    shared = _mapping(resolved.get("measure"))
    apart = ("path", "measure", "grids", "claims")
    kept = {key: value for key, value in resolved.items() if key not in apart and value}
    margins = {key: value for key, value in _mapping(resolved.get("claims")).items() if value != _usual().get(key)}
    kept |= {"claims": _measure(margins)} if margins else {}
    # A run without a precision never stops early, so that null says something; no limit is the default.
    measure = _measure({key: value for key, value in shared.items() if value is not None or key == "precision"})
    grids = [_grid(_mapping(grid), shared) for grid in _list(resolved.get("grids"))]
    whole = {**kept, "measure": measure, "grids": grids}
    return yaml.dump(_without_empty(whole), Dumper=_Compact, sort_keys=False, allow_unicode=True, width=WIDTH + 28)


@cache
def _usual() -> dict[str, Any]:
    """The margins of claims that needn't be written."""
    return ClaimMargins().model_dump(mode="json", by_alias=True)


def _grid(grid: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in _mapping(grid.get("measure")).items() if shared.get(key) != value}
    found: dict[str, Any] = {
        "workloads": _single([_choice(_mapping(each)) for each in _list(grid.get("workloads"))]),
        "strategies": _single([_choice(_mapping(each)) for each in _list(grid.get("strategies"))]),
        "workers": _single(grid.get("workers")),
        "interpreters": _single([_interpreter(each) for each in _list(grid.get("interpreters"))]),
        "exclude": [_exclude(_mapping(each)) for each in _list(grid.get("exclude"))],
        "measure": _measure(own),
    }
    return _without_empty(found)


def _choice(choice: Mapping[str, Any]) -> Any:
    use = choice.get("use")
    axes = {
        key: _single([_value(_kinds().get((str(use), key), ""), each) for each in value])
        if isinstance(value, list)
        else value
        for key, value in choice.items()
        if key not in ("use", "place") and value not in (None, [None])
    }
    return {"use": use, **axes} if axes else use


def _interpreter(choice: Any) -> Any:
    named = isinstance(choice, Mapping)
    return {key: value for key, value in choice.items() if key != "place"} if named else choice


def _exclude(exclude: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _single(value) for key, value in exclude.items() if key != "place" and value not in (None, "")}


def _measure(measure: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: _value(_KINDS.get(key, ""), value) for key, value in measure.items()}
    blocks = _mapping(found.get("blocks"))
    if blocks and blocks.get("min") == blocks.get("max"):
        found["blocks"] = blocks["min"]
    return found


def _value(kind: str, value: Any) -> Any:
    """The value with its unit, or as it is where the text would mean something else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if kind == "share":
        text = f"{value * 100:.4g}%"
        return text if float(text[:-1]) / 100 == value else value
    if kind not in ("duration", "size"):
        return value
    write, parse = (format_duration, parse_duration) if kind == "duration" else (format_size, parse_size)
    try:
        return write(value) if parse(write(value)) == value else value
    except ValueError:
        return value


@cache
def _kinds() -> dict[tuple[str, str], str]:
    known = (*catalogue.workloads().items(), *catalogue.strategies().items())
    return {(use, key): parameter.kind for use, class_ in known for key, parameter in class_.parameters().items()}


def _single(values: Any) -> Any:
    return values[0] if isinstance(values, list) and len(values) == 1 and values[0] is not None else values


def _without_empty(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value not in (None, [], {})}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


class _Compact(yaml.SafeDumper):
    """Writes what fits into a line as one line."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Nothing is an alias: repetitions are written out."""
        return True

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:  # noqa: ARG002
        """A list, on one line if it is short."""
        return super().represent_sequence(tag, sequence, flow_style=len(str(sequence)) <= WIDTH)

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:  # noqa: ARG002
        """A mapping, on one line if it is short; the outermost never is."""
        short = len(str(mapping)) <= WIDTH and "grids" not in mapping and "workloads" not in mapping
        return super().represent_mapping(tag, mapping, flow_style=short)
