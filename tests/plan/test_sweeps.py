from tests.support.configs import plan_of

SWEPT = """
name: t
grids:
  - {workloads: {use: int_loop, task_time: [noop, 1ms, 20ms], payload: [1B, 1MiB]}, strategies: processes, workers: 2}
  - {workloads: int_loop, strategies: threads, workers: 2}
"""


def test_each_task_time_is_calibrated_once_whatever_is_carried_along(tmp_path):
    plan = plan_of(tmp_path, SWEPT)
    found = plan.calibrations()
    assert [calibration.target_s for calibration in found] == [0.0, 0.001, 0.020, 0.010]
    for calibration in found:
        times = {case.parameters.get("task_time", 0.010) for case in plan.cases if calibration.applies_to(case)}
        assert times == {calibration.target_s}


def test_a_case_without_a_sweep_is_the_same_case_as_before_there_were_any(tmp_path):
    plan = plan_of(tmp_path, SWEPT)
    assert {tuple(case.parameters) for case in plan.cases if case.strategy == "threads"} == {("steps", "tasks")}
    swept = {tuple(sorted(case.parameters)) for case in plan.cases if case.strategy == "processes"}
    assert swept == {("payload", "task_time", "tasks")}


def test_cases_are_called_after_what_is_swept(tmp_path):
    labels = [case.workload_label for case in plan_of(tmp_path, SWEPT).cases if case.strategy == "processes"]
    assert labels[:3] == ["int_loop noop 1B", "int_loop noop 1MiB", "int_loop 1ms 1B"]


def test_serial_code_gets_the_tasks_of_each_number_of_workers(tmp_path):
    text = (
        "name: t\ngrids: [{workloads: {use: noop, tasks: 4*workers}, strategies: [serial, threads], workers: [2, 4]}]"
    )
    cases = plan_of(tmp_path, text).cases
    assert {(case.strategy, case.workers, case.parameters["tasks"]) for case in cases} == {
        ("serial", 1, 8),
        ("serial", 1, 16),
        ("threads", 2, 8),
        ("threads", 4, 16),
    }
    assert {case.baseline_id for case in cases} == {case.case_id for case in cases if case.strategy == "serial"}


def test_longer_tasks_and_payloads_are_expected_to_take_longer(tmp_path):
    plan = plan_of(tmp_path, SWEPT)
    seconds = {
        (case.parameters["task_time"], case.parameters["payload"]): plan.predicted_s(case)
        for case in plan.cases
        if case.strategy == "processes"
    }
    assert seconds[0.0, 1] < seconds[0.001, 1] < seconds[0.020, 1] < seconds[0.020, 1 << 20]
