from dataclasses import replace

from experiments.catalogue import strategies, workloads
from tests.support.configs import CPYTHON, plan_of

GRID = """
name: t
measure: {blocks: {min: 2, max: 5}}
grids:
  - workloads: [int_loop, {use: sleep, seconds: [1ms, 10ms]}]
    strategies: [serial, threads, {use: processes, start_method: [fork, spawn]}, asyncio]
    workers: [1, 2, cpus, 2*cpus]
    exclude:
      - {strategy: threads, workers: "> cpus", reason: too many}
      - {strategy: asyncio, workload: int_loop}
"""


def test_every_combination_is_a_case_and_serial_has_one_worker(tmp_path):
    plan = plan_of(tmp_path, GRID, cpus=4)
    counted = {}
    for case in plan.cases:
        counted[case.workload, case.strategy] = counted.get((case.workload, case.strategy), 0) + 1
    assert counted == {
        ("int_loop", "serial"): 1,
        ("int_loop", "threads"): 3,
        ("int_loop", "processes"): 8,
        ("sleep", "serial"): 2,
        ("sleep", "threads"): 6,
        ("sleep", "processes"): 16,
        ("sleep", "asyncio"): 8,
    }
    assert {case.workers for case in plan.cases} == {1, 2, 4, 8}


def test_what_is_excluded_says_why(tmp_path):
    plan = plan_of(tmp_path, GRID)
    reasons = {exclusion.label: exclusion.reason for exclusion in plan.exclusions}
    assert reasons["int_loop · threads × 8 · current"] == "too many"
    assert reasons["int_loop · asyncio × 2 · current"].startswith("excluded at ")
    assert reasons["int_loop · asyncio × 2 · current"].endswith("test.yaml:10")


def test_a_baseline_is_added_where_the_grid_has_none(tmp_path):
    plan = plan_of(tmp_path, "name: t\ngrids: [{workloads: noop, strategies: threads, workers: 2}]")
    assert [case.strategy for case in plan.cases] == ["threads", "serial"]
    assert plan.cases[0].baseline_id == plan.cases[1].case_id


def test_equal_workers_are_one_case(tmp_path):
    plan = plan_of(tmp_path, "name: t\ngrids: [{workloads: noop, strategies: threads, workers: [2, cpus, 2]}]", cpus=2)
    assert [case.workers for case in plan.cases if case.strategy == "threads"] == [2]


def test_the_same_case_has_the_same_id_in_every_run(tmp_path):
    plan = plan_of(tmp_path, "name: t\ngrids: [{workloads: noop, strategies: threads, workers: 2}]")
    assert [case.case_id for case in plan.cases] == ["b7cc2b5a22fe", "37e542b52813"]


def test_an_option_that_is_not_set_is_neither_in_the_id_nor_in_the_label(tmp_path):
    options = "start_method: fork, chunk_size: [null, 16]"
    text = f"name: t\ngrids: [{{workloads: noop, strategies: {{use: processes, {options}}}, workers: 2}}]"
    plain, in_chunks = (case for case in plan_of(tmp_path, text).cases if case.strategy == "processes")
    assert plain.case_id == replace(plain, options={"start_method": "fork"}).case_id != in_chunks.case_id
    assert plain.strategy_label == "processes (fork)"
    assert in_chunks.strategy_label == "processes (fork, chunk_size 16)"


def test_tasks_divide_evenly_over_the_cpus_and_may_depend_on_the_workers(tmp_path):
    text = "name: t\ngrids: [{workloads: [int_loop, {use: sort, tasks: 4*workers}], strategies: threads, workers: 3}]"
    plan = plan_of(tmp_path, text, cpus=6)
    tasks = {case.workload: case.parameters["tasks"] for case in plan.cases}
    assert tasks == {"int_loop": 24, "sort": 12}


def test_what_is_not_possible_stays_in_the_plan_with_its_reason(tmp_path):
    text = """
name: t
grids:
  - {workloads: int_loop, strategies: [asyncio, {use: processes, start_method: fork}, threads], workers: 2,
     interpreters: [current, python3.99, nofork]}
"""
    plan = plan_of(
        tmp_path,
        text,
        interpreters={"python3.99": {"error": "not found"}, "nofork": {**CPYTHON, "start_methods": ["spawn"]}},
    )
    reasons = {(case.strategy, case.interpreter): case.unsupported for case in plan.cases}
    assert reasons["asyncio", "current"] == "no asynchronous form"
    assert reasons["threads", "current"] is None
    assert reasons["serial", "python3.99"] == "not found"
    assert "offers spawn" in reasons["processes", "nofork"]
    assert {case.interpreter for case in plan.supported} == {"current", "nofork"}


def test_calibration_is_shared_by_all_strategies_and_interpreters(tmp_path):
    text = """
name: t
grids:
  - {workloads: [int_loop, {use: hash_large, size: [4KiB, 1MiB]}, {use: sort, length: 100}],
     strategies: [serial, threads], workers: [1, 2], interpreters: [current, python3.13]}
"""
    plan = plan_of(tmp_path, text)
    found = [(one.workload, one.parameters, one.parameter, one.interpreter) for one in plan.calibrations()]
    assert found == [
        ("int_loop", {}, "steps", "current"),
        ("hash_large", {"size": 4096}, "rounds", "current"),
        ("hash_large", {"size": 1 << 20}, "rounds", "current"),
    ]


def test_a_block_has_a_random_order_that_the_seed_decides(tmp_path):
    text = "name: t\ngrids: [{workloads: noop, strategies: threads, workers: [1, 2, 3, 4, 5, 6, 7, 8]}]"
    plan, other = plan_of(tmp_path, text, seed=1), plan_of(tmp_path, text, seed=2)
    entries = [(case, "timing") for case in plan.cases]
    assert plan.shuffled(entries, 0) == plan.shuffled(entries[::-1], 0)
    assert plan.shuffled(entries, 0) != plan.shuffled(entries, 1)
    assert plan.shuffled(entries, 0) != other.shuffled(entries, 0)
    assert sorted(map(str, plan.shuffled(entries, 0))) == sorted(map(str, entries))


def test_predictions_know_what_runs_at_the_same_time(tmp_path):
    text = "name: t\ngrids: [{workloads: [int_loop, sleep], strategies: [threads, processes], workers: 4}]"
    plan = plan_of(tmp_path, text, cpus=2)
    predicted = {(case.workload, case.strategy): plan.predicted_s(case) for case in plan.cases}
    assert predicted["int_loop", "threads"] > 1.3 * predicted["int_loop", "processes"]
    assert predicted["sleep", "threads"] < 0.5 * predicted["sleep", "serial"]


def test_a_users_function_is_a_workload_with_its_items(tmp_path):
    (tmp_path / "jobs.py").write_text("def resize(item): return item\nimages = [1, 2]\n")
    text = 'name: t\ngrids: [{workloads: [{use: "jobs.py:resize", items: "jobs.py:images"}], strategies: threads}]'
    case = plan_of(tmp_path, text).cases[0]
    assert case.workload == "jobs.py:resize"
    assert case.parameters == {"tasks": None, "items": "jobs.py:images"}
    assert case.user.function_file == tmp_path / "jobs.py"


def test_a_baseline_lacks_what_its_workload_lacks_but_not_what_a_strategy_lacks(tmp_path, monkeypatch):
    noop, threads = workloads()["noop"], strategies()["threads"]
    monkeypatch.setattr(threads, "libraries", classmethod(lambda cls, values: ("joblib",)))
    text = "name: t\ngrids: [{workloads: noop, strategies: threads, workers: 2}]"
    reasons = {case.strategy: case.unsupported for case in plan_of(tmp_path, text).cases}
    assert reasons["serial"] is None
    assert reasons["threads"].startswith("joblib is not installed for current (")
    monkeypatch.setattr(noop, "libraries", classmethod(lambda cls, values: ("numpy",)))
    reasons = {case.strategy: case.unsupported for case in plan_of(tmp_path, text).cases}
    assert reasons["serial"].startswith("numpy is not installed for current (")


def test_an_interpreter_with_options_is_a_case_of_its_own_and_a_bare_one_keeps_its_id(tmp_path):
    text = "name: t\ngrids: [{workloads: noop, strategies: threads, workers: 2, interpreters: [%s]}]"
    bare = plan_of(tmp_path, text % "current")
    both = plan_of(tmp_path, text % "current, {use: current}, {use: current, options: [-X, gil=1]}")
    ids = {case.case_id: case.interpreter for case in both.cases}
    assert {case.case_id for case in bare.cases} < set(ids)
    assert sorted(ids.values()) == ["current", "current", "current -X gil=1", "current -X gil=1"]
