"""`whichpool plan`: the cases of a configuration and what they will cost."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from pipeline.commands.tables import table
from pipeline.config import Config, load_config
from pipeline.config.units import format_duration
from pipeline.errors import UserError
from pipeline.machine.cpus import effective_cpus
from pipeline.machine.interpreters import facts_of
from pipeline.plan.expand import make_plan
from pipeline.plan.oracles import SHARE
from pipeline.plan.plan import Plan
from pipeline.plan.possible import libraries_of
from pipeline.run.progress import in_words, span


def plan_for(
    path: Path, *, seed: int, measure: Mapping[str, Any] | None = None, interpreters: Sequence[str] = ()
) -> Plan:
    """The plan of a configuration file on this machine, with other values for keys of `measure`; measures nothing.

    `interpreters`, if there are any, take the place of those of every grid.

    Raises:
        ConfigError: with every mistake of the configuration.
        UserError: there is no such interpreter.
    """
    cpus = effective_cpus()
    config = with_measure(load_config(path, cpus=cpus), measure or {})
    config = with_interpreters(config, interpreters)
    choices = [choice for grid in config.grids for choice in grid.interpreters]
    libraries, users = libraries_of(config)
    facts = facts_of(choices, config_dir=config.path.parent, libraries=libraries, users=users)
    wrong = next((each["error"] for each in facts.values() if each.get("error")), None)
    if interpreters and wrong:
        raise UserError(f"--interpreter: {wrong}")
    return make_plan(config, cpus=cpus, interpreters=facts, seed=seed)


def with_measure(config: Config, changes: Mapping[str, Any]) -> Config:
    """The configuration with other values for what is measured by the whole run; a value of None changes nothing."""
    given = {name: value for name, value in changes.items() if value is not None}
    return config.model_copy(update={"measure": config.measure.model_copy(update=given)})


def with_interpreters(config: Config, texts: Sequence[str]) -> Config:
    """The configuration with these interpreters in every grid; as it is for none.

    Args:
        config: what is measured.
        texts: each as on a command line: a name, or a path relative to the current folder, and perhaps options.

    Raises:
        UserError: one of them isn't written so.
    """
    if not texts:
        return config
    from pipeline.config.interpreters import InterpreterChoice

    choices = []
    for text in dict.fromkeys(texts):
        try:
            name, *options = shlex.split(text)
            name = str(Path(name).absolute()) if "/" in name else name
            choices.append(InterpreterChoice.model_validate({"use": name, "options": options}))
        except ValueError:
            example = 'a name such as python3.13t, perhaps with options: "python3.13t -X gil=1"'
            raise UserError(f'--interpreter must be {example}; not "{text}"') from None
    grids = tuple(grid.model_copy(update={"interpreters": tuple(choices)}) for grid in config.grids)
    return config.model_copy(update={"grids": grids})


def show_plan(plan: Plan, console: Console) -> None:
    """The cases with their predicted cost, what isn't measured and why, and the total."""
    possible = table("workload", "strategy", "workers", "interpreter", "an invocation takes about")
    for case in plan.grid:
        if case.unsupported:
            continue
        cost = _rounded(plan.predicted_s(case))
        possible.add_row(
            *map(escape, (case.workload_label, case.strategy_label, str(case.workers), case.interpreter, cost))
        )
    console.print(possible)
    unsupported = [case for case in plan.grid if case.unsupported]
    if unsupported:
        impossible = table("not possible here", "reason")
        for case in unsupported:
            impossible.add_row(escape(case.label), escape(str(case.unsupported)), style="dim")
        console.print(impossible)
    if plan.exclusions:
        excluded = table("excluded", "reason")
        for exclusion in plan.exclusions:
            excluded.add_row(escape(exclusion.label), escape(exclusion.reason))
        console.print(excluded)
    console.print(escape(prediction_in_words(plan)))


def _rounded(seconds: float) -> str:
    """A prediction without digits that it can't have."""
    return format_duration(round(seconds, 2 if seconds < 1 else 1))


def plan_as_json(plan: Plan) -> str:
    """The plan for programs."""
    cases = [
        {
            "case_id": case.case_id,
            "baseline_id": case.baseline_id,
            "workload": case.workload,
            "parameters": case.parameters,
            "strategy": case.strategy,
            "options": case.options,
            "workers": case.workers,
            "interpreter": case.interpreter,
            "oracle": case.oracle or None,
            "unsupported": case.unsupported,
            "predicted_s": None if case.unsupported else plan.predicted_s(case),
        }
        for case in plan.cases
    ]
    return json.dumps(
        {
            "name": plan.config.name,
            "cpus": plan.cpus,
            "cases": cases,
            "excluded": [{"case": item.label, "reason": item.reason} for item in plan.exclusions],
            "interpreters": plan.interpreters,
            "predicted_block_s": plan.predicted_block_s(),
            "predicted_memory_s": plan.predicted_memory_s(),
            "budget_s": plan.config.measure.budget_s,
        },
        indent=2,
    )


def prediction_in_words(plan: Plan) -> str:
    """How long a run will take, and whether its budget is enough."""
    block_s, memory_s = plan.predicted_block_s(), plan.predicted_memory_s()
    grid = [case for case in plan.grid if case.unsupported is None]
    blocks = [case.measure.blocks for case in grid]
    if not blocks:
        return "Nothing can be measured on this machine."
    fewest, most = min(block.min for block in blocks), max(block.max for block in blocks)
    budget_s = plan.config.measure.budget_s
    shortest_s = min(fewest * block_s + memory_s, budget_s)
    longest_s = min(most * block_s + memory_s, budget_s)
    lines = [
        f"{len(grid)} cases; a block takes about {in_words(block_s)}, memory {in_words(memory_s)} in all.",
        _oracles(plan),
        (
            f"{span(fewest, most)} blocks: about {span(in_words(shortest_s), in_words(longest_s))} "
            f"(budget {in_words(budget_s)})."
        ),
    ]
    if fewest * block_s + memory_s > budget_s:
        held = max(0, int((budget_s - memory_s) / block_s))
        lines.append(f"The budget holds about {held} of at least {fewest} blocks: intervals will be wide.")
    return "\n".join(lines)


def _oracles(plan: Plan) -> str:
    """What is measured besides the grid, in words."""
    oracles = [case for case in plan.supported if case.oracle]
    if not oracles:
        return "No oracles, so nothing vouches for the numbers."
    wanted_s = sum(case.measure.blocks.max * plan.predicted_s(case) for case in oracles)
    seconds = min(wanted_s, SHARE * plan.config.measure.budget_s)
    return f"Besides, {len(oracles)} cases with known answers, the oracles: at most {in_words(seconds)}."
