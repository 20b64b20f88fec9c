"""How a budget is spent on a function of the user's: candidates, tasks, blocks and timeouts."""

import pytest

from pipeline.errors import UserError
from pipeline.plan.candidates import DOMINATED, Trial, candidates
from pipeline.plan.selection import key_of, select
from tests.support.configs import CPYTHON

BUDGET_S = 60.0


def trial(**told):
    usual = {"items": 100, "task_s": 0.01, "slowest_s": told.get("task_s", 0.01), "cpu_share": 1.0}
    return Trial(**{**usual, **told})


def chosen(about, *, cpus=4, budget_s=BUDGET_S, workers=(), impossible=()):
    possible = candidates(CPYTHON, about, cpus=cpus, workers=workers)
    return select(about, possible, set(impossible), cpus=cpus, gil_enabled=True, budget_s=budget_s)


def names(selection):
    return {(one.strategy, one.options.get("start_method")) for one, _ in selection.timed}


def test_computing_takes_as_many_workers_as_cpus_and_waiting_takes_more():
    assert {one.workers for one in candidates(CPYTHON, trial(), cpus=4)} == {4}
    waiting = candidates(CPYTHON, trial(cpu_share=0.02), cpus=4)
    assert {one.workers for one in waiting if one.strategy == "threads"} == {8, 32}
    assert {one.workers for one in waiting if one.strategy == "processes"} == {16}


def test_no_more_workers_than_items():
    assert {one.workers for one in candidates(CPYTHON, trial(items=3), cpus=16)} == {3}


def test_every_start_method_that_there_is_is_a_candidate_and_what_is_dominated_is_not():
    found = candidates(CPYTHON, trial(), cpus=4)
    methods = {one.options["start_method"] for one in found if one.strategy == "processes"}
    assert methods == {"fork", "forkserver", "spawn"}
    assert not {one.strategy for one in found} & DOMINATED.keys()
    without = candidates({**CPYTHON, "start_methods": ["spawn"]}, trial(), cpus=4)
    assert {one.options.get("start_method") for one in without} == {None, "spawn"}


def test_workers_that_were_asked_for_are_used():
    assert {one.workers for one in candidates(CPYTHON, trial(), cpus=4, workers=(1, 3))} == {1, 3}


@pytest.mark.parametrize("task_s", [2e-6, 1e-3, 0.01, 0.1])
def test_usual_functions_are_raced(task_s):
    found = chosen(trial(task_s=task_s))
    assert found.sizing.race
    assert found.sizing.fewest_blocks == 8
    assert {"threads", "processes"} <= {strategy for strategy, _ in names(found)}


def test_all_items_are_measured_where_they_fit():
    assert chosen(trial(task_s=1e-4)).sizing.tasks == 100


def test_a_function_of_three_seconds_gets_few_tasks_and_fixed_blocks():
    found = chosen(trial(task_s=3.0), cpus=2)
    sizing = found.sizing
    assert 2 <= sizing.tasks < 100
    assert not sizing.race
    assert not sizing.memory
    in_a_loop_s = sizing.fewest_blocks * sizing.tasks * 3.0
    assert in_a_loop_s < BUDGET_S
    assert sizing.fewest_blocks == sizing.most_blocks >= 3
    assert {"threads", "processes"} <= {strategy for strategy, _ in names(found)}
    assert found.no_time_for


def test_where_starting_is_what_costs_all_items_are_measured():
    found = chosen(trial(task_s=1e-3, import_s=3.0, open_s=3.0), cpus=2)
    assert not found.sizing.race
    assert found.sizing.tasks == 100


def test_a_longer_budget_leaves_less_out():
    short, long = (chosen(trial(task_s=0.5), budget_s=budget_s) for budget_s in (60.0, 600.0))
    assert len(long.timed) > len(short.timed) or len(long.no_time_for) < len(short.no_time_for)
    assert long.sizing.tasks >= short.sizing.tasks


def test_a_function_that_is_too_slow_for_the_budget_says_which_would_do():
    with pytest.raises(UserError, match=r"give --budget \d+s") as caught:
        chosen(trial(task_s=30.0), cpus=2)
    wanted_s = float(str(caught.value).partition("--budget ")[2].partition("s")[0])
    chosen(trial(task_s=30.0), cpus=2, budget_s=wanted_s)


def test_what_is_impossible_stays_for_its_reason_and_costs_nothing():
    possible = candidates(CPYTHON, trial(), cpus=4)
    pools = {key_of(one.strategy, one.workers, one.options) for one in possible if one.strategy != "threads"}
    found = chosen(trial(task_s=0.5), impossible=pools)
    assert len(found.timed) == len(possible)
    assert not found.no_time_for


@pytest.mark.parametrize("task_s", [1e-6, 0.01, 1.0, 3.0])
def test_a_pool_that_hangs_leaves_time_for_the_others_and_a_slow_one_is_not_cut_off(task_s):
    found = chosen(trial(task_s=task_s), cpus=2)
    passes = found.sizing.warmup + found.sizing.iterations
    for one, timeout_s in found.timed:
        assert timeout_s >= 4.0
        assert timeout_s > passes * found.sizing.tasks * task_s / min(2, one.workers)
        assert timeout_s < BUDGET_S / 3
