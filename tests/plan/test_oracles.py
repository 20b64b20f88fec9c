from collections import Counter

import pytest

from pipeline.plan import oracles
from pipeline.plan.oracles import SHARE
from tests.support.configs import CPYTHON, plan_of

GRID = """
name: t
measure: {{blocks: 5, budget: {budget}}}
grids:
  - {{workloads: int_loop, strategies: [serial, threads, {{use: processes, start_method: [fork, spawn]}}], workers: 2}}
"""


def planned(folder, *, budget="4m", **options):
    plan = plan_of(folder, GRID.format(budget=budget), oracles=True, **options)
    return plan, {case.oracle: case for case in plan.cases if case.oracle}


def test_every_way_to_run_tasks_has_its_sleeps(tmp_path):
    _, found = planned(tmp_path)
    sleeps = {role: case for role, case in found.items() if role.startswith("sleep ")}
    assert set(sleeps) == {"sleep serial", "sleep threads", "sleep processes (fork)", "sleep processes (spawn)"}
    assert {case.workers for role, case in sleeps.items() if role != "sleep serial"} == {2}
    assert sleeps["sleep processes (spawn)"].options["start_method"] == "spawn"


def test_sleeps_are_long_for_costly_workers_and_travel_alone(tmp_path):
    grid = """
name: t
measure: {{blocks: 5, budget: {budget}}}
grids:
  - workloads: int_loop
    strategies:
      - {{use: processes, start_method: fork, chunk_size: [1, 8]}}
      - {{use: process_per_task, start_method: [fork, spawn]}}
"""
    plan = plan_of(tmp_path, grid.format(budget="20m"), oracles=True)
    sleeps = {case.oracle: case for case in plan.cases if case.oracle.startswith("sleep ")}
    assert {role for role in sleeps if "chunk" in role} == set()
    assert sleeps["sleep processes (fork)"].parameters["seconds"] == oracles.SLEEP_S
    assert sleeps["sleep process_per_task (spawn)"].parameters["seconds"] >= 1


def test_oracles_are_cases_of_their_own_and_leave_the_grid_alone(tmp_path):
    plan, found = planned(tmp_path)
    without = plan_of(tmp_path, GRID.format(budget="4m"))
    assert [case.case_id for case in plan.grid] == [case.case_id for case in without.cases]
    assert all(case.baseline_id == case.case_id for case in found.values())
    assert max(Counter(case.case_id for case in plan.cases).values()) == 1
    assert found["reference_a"].parameters == found["reference_b"].parameters
    assert found["slower"].parameters["steps"] == pytest.approx(1.1 * found["reference_a"].parameters["steps"])
    assert plan.predicted_block_s() == pytest.approx(without.predicted_block_s())


def test_their_least_blocks_fit_into_their_share_of_the_budget(tmp_path):
    for budget, budget_s in (("4m", 240), ("20s", 20), ("3s", 3)):
        plan, found = planned(tmp_path, budget=budget)
        paid = [case for case in found.values() if case.unsupported is None]
        least = sum(c.measure.blocks.min * plan.predicted_s(c, "timing" if c.timed else "memory") for c in paid)
        assert least <= SHARE * budget_s
    assert {case.unsupported for case in found.values()} >= {"would take more than 10% of the budget"}


def test_what_a_machine_or_an_interpreter_cannot_do_says_why(tmp_path, monkeypatch):
    _, found = planned(tmp_path, cpus=1)
    assert "beside the busy one" in found["heartbeat"].unsupported
    _, found = planned(tmp_path, interpreters={"current": {**CPYTHON, "gil_enabled": False}})
    assert "no GIL" in found["threads"].unsupported
    assert "no GIL" in found["heartbeat"].unsupported
    monkeypatch.setattr(oracles, "affinity", lambda: None)
    _, found = planned(tmp_path)
    assert all("confine" in found[role].unsupported for role in found if role.startswith("one_cpu"))
    _, found = planned(tmp_path, interpreters={"current": {**CPYTHON, "start_methods": ["spawn"]}})
    assert "start method fork" in found["memory_inherited"].unsupported


def test_the_references_are_the_ends_of_every_block_in_random_order(tmp_path):
    plan, _ = planned(tmp_path)
    entries = [(case, "timing") for case in plan.supported]
    ends = []
    for block in range(30):
        order = [case.oracle for case, _ in plan.shuffled(entries, block)]
        assert {order[0], order[-1]} == {"reference_a", "reference_b"}
        ends.append(order[0])
    assert 5 < ends.count("reference_a") < 25


def test_switched_off_there_are_none(tmp_path):
    plan = plan_of(tmp_path, GRID.format(budget="4m"), oracles=False)
    assert plan.cases == plan.grid
