"""How much of a user's function to measure, so that a budget suffices for an answer: arithmetic on a first trial.

Racing (`until: decided`) needs `FIRST_LOOK` blocks before it says anything, and each block has one invocation of every
case. Where a budget holds so many, tasks are as many as it allows, iterations as well. Where it doesn't, the least
likely candidates are left out; where even that isn't enough, a fixed small number of blocks is measured, whose
intervals are wider.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config.units import format_duration
from pipeline.errors import UserError
from pipeline.plan.candidates import Trial

FIRST_LOOK = 8
"""Blocks before which a race says nothing (`pipeline.statistics.sequence`)."""
MOST_BLOCKS = 60
MEMORY_BLOCKS = 3
FEWEST_BLOCKS = 3
"""Without which there is no interval to speak of."""
USABLE_SHARE = 0.7
"""Of the budget: oracles may take a tenth, and predictions are rough."""
USABLE_SHARE_OF_SLOW = 0.85
"""The same where tasks are so slow that there is little else to predict."""
TASKS_PER_WORKER = 2
FEWEST_TASKS = 2
MOST_ITERATIONS = 5
ENOUGH_S = 0.05
"""A pass of this length is timed well enough."""
PROCESS_S = 0.13
"""An invocation without its strategy and tasks: interpreter, the least warm-up, clean-up."""
TIMEOUT_SHARE = 1 / 8
"""Of the budget: a pool that hangs may cost so much before the others go on."""
LEAST_TIMEOUT_S = 4.0
SLOW_DOWN = 6
"""So many times longer than predicted an invocation may take."""
TOO_SLOW = (
    "one task takes about {task}, so that even the shortest measurement takes {needed}: "
    "give --budget {whole}s, or items that take less time"
)


@dataclass(frozen=True)
class Cost:
    """What one invocation of a case takes."""

    startup_s: float
    """Until its workers are ready, and until they are gone."""
    share: float
    """One pass over the tasks, as a share of a pass in a plain loop."""
    dispatch_s: float = 0.0
    """Added to each task."""


@dataclass(frozen=True)
class Sizing:
    """How to measure."""

    cases: int
    """The first so many of the given ones fit."""
    tasks: int
    iterations: int
    warmup: int
    fewest_blocks: int
    most_blocks: int
    race: bool
    """Whether the run may look after every block and stop as soon as the answer is sure."""
    memory: bool


def size(trial: Trial, costs: Sequence[Cost], *, needed: int, workers: int, budget_s: float) -> Sizing:
    """The sizing for a function and the costs of the cases, the plain loop first, then the most likely ones.

    Args:
        trial: what one task takes.
        costs: one per case.
        needed: how many of the cases an answer can't do without.
        workers: a number of them for which there must be tasks enough.
        budget_s: for everything.

    Raises:
        UserError: the budget doesn't hold even the smallest measurement.
    """
    usable_s = USABLE_SHARE * budget_s
    least_tasks = min(trial.items, max(FEWEST_TASKS, TASKS_PER_WORKER * workers))
    aim = min(trial.items, max(least_tasks, math.ceil(ENOUGH_S / trial.task_s)))
    for count in range(len(costs), needed - 1, -1):
        tasks = _tasks_that_fit(trial, costs[:count], usable_s)
        if tasks >= aim:
            return _race(trial, costs[:count], min(trial.items, _even(tasks, workers)), usable_s)
    return _fixed(trial, costs[:needed], workers, budget_s)


def timeout_s(trial: Trial, cost: Cost, sizing: Sizing, budget_s: float) -> float:
    """Wall-clock time after which an invocation is given up."""
    passes = sizing.warmup + sizing.iterations
    expected_s = _invocation_s(trial, cost, sizing.tasks, passes)
    in_a_loop_s = passes * max(sizing.tasks * trial.task_s, trial.slowest_s) + trial.open_s
    generous_s, affordable_s = SLOW_DOWN * max(expected_s, in_a_loop_s), max(TIMEOUT_SHARE * budget_s, 2 * expected_s)
    return _rounded_up(max(LEAST_TIMEOUT_S, min(generous_s, affordable_s)))


def _rounded_up(seconds: float) -> float:
    """To one of few values, so that many cases share one."""
    return LEAST_TIMEOUT_S * 2.0 ** math.ceil(math.log2(seconds / LEAST_TIMEOUT_S))


def _race(trial: Trial, costs: Sequence[Cost], tasks: int, usable_s: float) -> Sizing:
    iterations = 1
    while iterations < MOST_ITERATIONS and _run_s(trial, costs, tasks, iterations + 1) <= usable_s:
        iterations += 1
    return Sizing(len(costs), tasks, iterations, 1, FIRST_LOOK, MOST_BLOCKS, race=True, memory=True)


def _fixed(trial: Trial, costs: Sequence[Cost], workers: int, budget_s: float) -> Sizing:
    """As many blocks as the budget holds, without a warm-up; fewer tasks only where that makes room for more blocks."""

    def blocks_with(count: int) -> int:
        return int(USABLE_SHARE_OF_SLOW * budget_s / _block_s(trial, costs, count, 1))

    one_each = min(trial.items, max(FEWEST_TASKS, workers))
    tasks = trial.items
    while tasks > one_each and blocks_with(tasks) < min(FIRST_LOOK, blocks_with(one_each)):
        tasks = max(one_each, tasks // 2)
    while (blocks := blocks_with(tasks)) < FEWEST_BLOCKS:
        if tasks <= FEWEST_TASKS:
            needed_s = FEWEST_BLOCKS * _block_s(trial, costs, tasks, 1) / USABLE_SHARE_OF_SLOW
            raise UserError(
                TOO_SLOW.format(task=_about(trial.task_s), needed=_about(needed_s), whole=math.ceil(needed_s))
            )
        tasks = max(FEWEST_TASKS, tasks // 2)
    return Sizing(len(costs), tasks, 1, 0, min(blocks, FIRST_LOOK), min(blocks, FIRST_LOOK), race=False, memory=False)


def _tasks_that_fit(trial: Trial, costs: Sequence[Cost], usable_s: float) -> int:
    """The most tasks with which a race gets to its first look: costs are linear in the tasks."""
    none_s = _run_s(trial, costs, 0, 1)
    each_s = _run_s(trial, costs, 1, 1) - none_s
    return max(0, int((usable_s - none_s) / each_s)) if each_s > 0 else trial.items


def _run_s(trial: Trial, costs: Sequence[Cost], tasks: int, iterations: int) -> float:
    timing_s = FIRST_LOOK * _block_s(trial, costs, tasks, 1 + iterations)
    return timing_s + MEMORY_BLOCKS * _block_s(trial, costs, tasks, 1)


def _block_s(trial: Trial, costs: Sequence[Cost], tasks: int, passes: int) -> float:
    return sum(_invocation_s(trial, cost, tasks, passes) for cost in costs)


def _invocation_s(trial: Trial, cost: Cost, tasks: int, passes: int) -> float:
    pass_s = tasks * (trial.task_s * cost.share + cost.dispatch_s)
    return PROCESS_S + trial.open_s + cost.startup_s + passes * pass_s


def _even(tasks: int, workers: int) -> int:
    """So many that each worker has as much to do as any other, where that is possible."""
    return tasks - tasks % workers if tasks > workers else tasks


def _about(seconds: float) -> str:
    return format_duration(float(f"{seconds:.2g}"))
