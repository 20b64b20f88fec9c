"""A configuration's grids to cases: every combination, less what is excluded, plus the baselines that are missing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace

from experiments.catalogue import strategies, workloads
from experiments.workloads.base import Workload
from experiments.workloads.user import UserFunction
from pipeline.config.choices import WorkloadChoice
from pipeline.config.expressions import evaluate
from pipeline.config.fields import Scalar
from pipeline.config.grid import Grid
from pipeline.config.models import Config
from pipeline.plan.case import Case
from pipeline.plan.oracles import with_oracles
from pipeline.plan.plan import Exclusion, InterpreterFacts, Plan, workload_class
from pipeline.plan.possible import why_impossible

SMALLEST_BATCH = 16
TASKS_PER_CPU = 4


def make_plan(config: Config, *, cpus: int, interpreters: Mapping[str, InterpreterFacts], seed: int) -> Plan:
    """The plan of a configuration on a machine with `cpus` effective CPUs.

    `interpreters` has the facts of every interpreter that the configuration names, or under `error` why it can't be
    used; such cases, and those that a strategy can't do, stay in the plan as unsupported.
    """
    cases: dict[str, Case] = {}
    exclusions: dict[Exclusion, None] = {}
    for grid in config.grids:
        for case in _combinations(grid, cpus, interpreters):
            rule = next((rule for rule in grid.exclude if rule.matches(case, cpus=cpus)), None)
            if rule is not None:
                exclusions[Exclusion(case.label, rule.reason or f"excluded at {rule.place}")] = None
            else:
                cases.setdefault(case.case_id, case)
    names = {choice.label: choice.use for grid in config.grids for choice in grid.interpreters}
    for case in list(cases.values()):
        baseline = case.baseline(unsupported=None)
        reason = _why_unsupported(baseline, interpreters[case.interpreter], names[case.interpreter])
        cases.setdefault(case.baseline_id, replace(baseline, unsupported=reason))
    plan = Plan(
        config=config,
        cpus=cpus,
        seed=seed,
        interpreters=dict(interpreters),
        cases=tuple(cases.values()),
        exclusions=tuple(exclusions),
    )
    return with_oracles(plan)


def _combinations(grid: Grid, cpus: int, interpreters: Mapping[str, InterpreterFacts]) -> Iterator[Case]:
    """Every combination that a grid names; a strategy without parallelism has one worker."""
    counts = [evaluate(expression, cpus=cpus) for expression in grid.workers]
    for choice, strategy, interpreter in itertools.product(grid.workloads, grid.strategies, grid.interpreters):
        strategy_class = strategies()[strategy.use]
        for values, options in itertools.product(choice.points(), strategy.points()):
            for count in counts:
                # One without parallelism does the same work as each of the others, whose tasks may depend on workers.
                workers = count if strategy_class.parallel else 1
                case = Case(
                    workload=choice.use,
                    parameters=_completed(values, choice, cpus, count),
                    strategy=strategy.use,
                    options=options,
                    workers=workers,
                    interpreter=interpreter.label,
                    measure=grid.measure,
                    user=choice.user,
                )
                yield replace(
                    case, unsupported=_why_unsupported(case, interpreters[interpreter.label], interpreter.use)
                )


def _completed(values: dict[str, Scalar], choice: WorkloadChoice, cpus: int, workers: int) -> dict[str, Scalar]:
    """The parameters with a number of tasks, and for a user's function with its task list."""
    tasks = values["tasks"]
    if isinstance(tasks, int | str):
        tasks = evaluate(tasks, cpus=cpus, workers=workers)
    elif choice.user is None:
        tasks = _usual_tasks(_workload_class(choice), cpus)
    if choice.user is None:
        return {**_swept(values, _workload_class(choice)), "tasks": tasks}
    items: dict[str, Scalar] = {"items": f"{choice.user.items_file.name}:{choice.user.items}"}
    if choice.user.setup_file is not None:
        items["setup"] = f"{choice.user.setup_file.name}:{choice.user.setup}"
    return {**values, "tasks": tasks, **items}


def _swept(values: dict[str, Scalar], workload_class: type[Workload]) -> dict[str, Scalar]:
    """The parameters without those that aren't set, and without the size that a task time takes the place of."""
    # What isn't set is left out: a parameter that a workload gains later must not make another case of it.
    calibrated = {name for name, one in workload_class.parameters().items() if one.target_s is not None}
    used = {name: value for name, value in values.items() if value is not None or name in calibrated}
    if "task_time" not in used:
        return used
    return {name: value for name, value in used.items() if name not in calibrated}


def _usual_tasks(workload_class: type[Workload], cpus: int) -> int:
    """The workload's own number, else one that divides evenly over the CPUs."""
    return workload_class.default_tasks or cpus * max(TASKS_PER_CPU, -(-SMALLEST_BATCH // cpus))


def _workload_class(choice: WorkloadChoice) -> type[Workload]:
    return UserFunction if choice.user is not None else workloads()[choice.use]


def _why_unsupported(case: Case, facts: InterpreterFacts, name: str) -> str | None:
    """What is known before anything is imported."""
    strategy = strategies()[case.strategy]
    users = case.user is not None
    workload = workload_class(case)
    return why_impossible(workload, case.parameters, strategy, case.options, facts=facts, name=name, users=users)
