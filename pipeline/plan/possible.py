"""Whether a case can be run under an interpreter, and by which executable, from what is known without running it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from experiments.catalogue import strategies, workloads
from experiments.strategies.base import Strategy
from experiments.workloads.base import Workload
from pipeline.config.choices import Choice
from pipeline.config.fields import Scalar
from pipeline.config.grid import Grid
from pipeline.config.models import Config
from pipeline.machine.libraries import OWN, PREPARED, USERS

Values = Mapping[str, Scalar]
MAKES_WORKERS = "the tasks make the workers that they are about: they run under serial alone"


def needed_libraries(
    workload: type[Workload], values: Values, strategy: type[Strategy], options: Values
) -> tuple[str, ...]:
    """Import names of what a case needs beyond the standard library, each once."""
    return tuple(dict.fromkeys([*workload.libraries(values), *strategy.libraries(options)]))


def libraries_of(config: Config) -> tuple[set[str], bool]:
    """What any case of a configuration may need, and whether functions of the user's are among those that do."""
    pairs = [_libraries_of_grid(grid) for grid in config.grids]
    return set().union(*(names for names, _ in pairs)), any(users for _, users in pairs)


def _libraries_of_grid(grid: Grid) -> tuple[set[str], bool]:
    for_strategies = {name for one in grid.strategies for name in _libraries_of(one, strategies()[one.use])}
    built_in = [choice for choice in grid.workloads if choice.user is None]
    for_workloads = {name for one in built_in for name in _libraries_of(one, workloads()[one.use])}
    return for_workloads | for_strategies, bool(for_strategies) and len(built_in) < len(grid.workloads)


def _libraries_of(choice: Choice, class_: type[Workload | Strategy]) -> set[str]:
    return {name for values in choice.points() for name in class_.libraries(values)}


def provider(facts: Mapping[str, Any], libraries: tuple[str, ...], *, users: bool) -> str | None:
    """The executable that has all those libraries: the environment that was prepared, else the interpreter itself.

    Args:
        facts: Of the interpreter.
        libraries: Import names; there are some.
        users: Whether the user's own function is run: what that imports is where the user has installed it.
    """
    has = facts.get("libraries") or {}
    for place in (USERS,) if users else (PREPARED, OWN):
        if place in has and all(name in has[place]["versions"] for name in libraries):
            return str(has[place]["executable"])
    return None


def why_impossible(
    workload: type[Workload],
    values: Values,
    strategy: type[Strategy],
    options: Values,
    *,
    facts: Mapping[str, Any],
    name: str,
    users: bool = False,
) -> str | None:
    """Why such a case can't be run; None if nothing speaks against it. The user's own functions are asked later.

    Args:
        workload: Its class.
        values: Of the workload's parameters.
        strategy: Its class.
        options: Values of the strategy's parameters.
        facts: What is known of the interpreter, or under `error` why it can't be used.
        name: What the configuration calls the interpreter.
        users: Whether the workload is the user's own function.
    """
    if facts.get("error"):
        return str(facts["error"])
    if reason := workload.contradiction(values):
        return reason
    if workload.makes_workers and strategy.name != "serial":
        return MAKES_WORKERS
    if strategy.asynchronous and not users and workload.coroutine is None:
        return "no asynchronous form"
    if reason := workload.unsupported(facts, values) or strategy.unsupported(facts, options):
        return reason
    if strategy.own_interpreters and (foreign := workload.libraries(values)):
        return f"{' and '.join(foreign)} can't be imported in a subinterpreter"
    libraries = needed_libraries(workload, values, strategy, options)
    if not libraries or provider(facts, libraries, users=users):
        return None
    return _missing(facts, libraries, name, users=users)


def _missing(facts: Mapping[str, Any], libraries: tuple[str, ...], name: str, *, users: bool) -> str:
    """Which libraries are not there, and the command that brings them."""
    has = facts.get("libraries") or {}
    prepared = has.get(PREPARED, {}).get("versions", {})
    nearest = has.get(USERS if users else PREPARED if prepared else OWN, {}).get("versions", {})
    missing = [library for library in libraries if library not in nearest]
    what = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed for {name}"
    executable = str(facts.get("executable", name))
    if users:
        return f"{what} ({shlex.join([executable, '-m', 'pip', 'install', *missing])})"
    wanted = ",".join(library for library in libraries if library not in prepared)
    # A path in a configuration counts from its folder, not from the current one.
    named = executable if "/" in name or "\\" in name else name
    return f"{what} ({shlex.join(['whichpool', 'interpreters', 'prepare', named, '--with', wanted])})"
