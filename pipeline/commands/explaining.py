"""All there is to say about a workload or a strategy, from its class: one page of Markdown.

`whichpool list --explain` shows these pages in the terminal and `make docs` writes them to `docs/`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from experiments.catalogue import strategies, workloads
from experiments.parameters import Parameter, Parameterised
from experiments.strategies.base import Strategy
from experiments.workloads.base import Workload
from pipeline.commands.example import example, written_value
from pipeline.config.units import format_duration
from pipeline.errors import UserError, did_you_mean

CATALOGUES: dict[str, Callable[[], Mapping[str, type[Parameterised]]]] = {
    "workloads": workloads,
    "strategies": strategies,
}
SINGULAR = {"workloads": "workload", "strategies": "strategy"}

ALLOWED = {
    "duration": "a time such as `10ms` or `1.5s`",
    "size": "a size such as `64KiB` or `1MB`",
    "task_time": "a time such as `10ms`, or `noop`",
    "text": "any text",
}
KINDS = {"integer": "whole number", "duration": "time", "task_time": "time"}
"""Kinds of parameters as people call them; the others are words already."""
TASKS_ALLOWED = "a whole number from 1, or an expression such as `8*cpus` or `4*workers`"


def chosen(what: str, names: list[str]) -> dict[str, type[Parameterised]]:
    """The classes with these names, all of them if there are none. `what` is a key of `CATALOGUES`.

    Raises:
        UserError: There is none of that name.
    """
    known = CATALOGUES[what]()
    for name in names:
        if name not in known:
            seen = f"`whichpool list {what}` shows those there are"
            raise UserError(f'unknown {SINGULAR[what]} "{name}"; {seen}{did_you_mean(name, known)}')
    return {name: known[name] for name in names or known}


def page(class_: type[Parameterised]) -> str:
    """Name, docstring, what kind of thing it is, parameters and an example, in Markdown."""
    name = class_.name  # type: ignore[attr-defined]
    parts = [f"# {name}", *_paragraphs(class_), _facts(class_), "## Parameters", _table(class_), "## Example"]
    return "\n\n".join([*parts, f"```yaml\n{example(class_)}```"]) + "\n"


def default_text(parameter: Parameter) -> str | None:
    """The default as a configuration would write it; None where there is none."""
    if parameter.target_s is not None:
        return f"calibrated to {format_duration(parameter.target_s)}"
    return None if parameter.default is None else str(written_value(parameter, parameter.default))


def _paragraphs(class_: type[Parameterised]) -> list[str]:
    return inspect.cleandoc(class_.__doc__ or "").split("\n\n")


def _facts(class_: type[Parameterised]) -> str:
    """What the code knows besides its docstring, in one line."""
    if issubclass(class_, Workload):
        facts = [
            f"Resource: {class_.needs}",
            f"asynchronous form: {'yes' if class_.coroutine is not None else 'no'}",
        ]
    elif issubclass(class_, Strategy):
        at_once = class_.parallel and class_.bypasses_gil
        facts = [
            f"Several workers: {'yes' if class_.parallel else 'no'}",
            f"runs Python code on several CPUs where there is a GIL: {'yes' if at_once else 'no'}",
            f"tasks are coroutines: {'yes' if class_.asynchronous else 'no'}",
        ]
    else:
        raise TypeError(class_)
    needed = class_.libraries({name: parameter.default for name, parameter in class_.parameters().items()})
    facts += [f"the interpreter must have: {', '.join(needed)}"] if needed else []
    return f"{'; '.join(facts)}."


def _table(class_: type[Parameterised]) -> str:
    parameters = class_.parameters().values()
    if not parameters:
        return "None."
    rows = [
        (f"`{one.name}`", KINDS.get(one.kind, one.kind), _default(one, class_), _allowed(one), one.help)
        for one in parameters
    ]
    heading = ("parameter", "kind", "default", "allowed", "meaning")
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _default(parameter: Parameter, class_: type[Parameterised]) -> str:
    text = default_text(parameter)
    if text is not None:
        return text if parameter.target_s is not None else f"`{text}`"
    if parameter.name != "tasks" or not issubclass(class_, Workload):
        return "not set"
    return f"`{class_.default_tasks}`" if class_.default_tasks else "divides evenly over the CPUs"


def _allowed(parameter: Parameter) -> str:
    if parameter.name == "tasks":
        return TASKS_ALLOWED
    if parameter.choices:
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    if parameter.kind == "integer":
        least = parameter.minimum
        return "any whole number" if least is None else f"a whole number from {least:g}"
    return ALLOWED[parameter.kind]
