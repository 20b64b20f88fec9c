"""An external program is a process of its own, and its CPU time is its own."""

import time

import pytest

from experiments.workloads import programs
from experiments.workloads.programs import Subprocess
from tests.experiments.workloads.opening import opened, run

resource = pytest.importorskip("resource", reason="this system doesn't tell the CPU time of children")


def children_s():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("strategy", ["serial", "threads", "asyncio", "processes"])
def test_programs_run_under_every_kind_of_strategy(strategy):
    with opened("subprocess") as workload:
        run(workload, strategy, 3, method="fork" if strategy == "processes" else None)


def test_the_cpu_time_is_that_of_the_children():
    with opened("subprocess") as workload:
        children, own = children_s(), time.thread_time()
        results = [workload.function(item) for item in workload.items(4)]
        used, waited = children_s() - children, time.thread_time() - own
    assert used > waited
    assert used / 4 > 1e-3
    assert len({process_id for _, process_id in results}) == 4


def test_a_program_that_ran_only_once_for_two_tasks_is_noticed():
    workload = Subprocess()
    assert workload.comparable([(0, 70), (1, 71), (2, 70)]) == [(0, True), (1, True), (2, False)]
    assert workload.expected([0, 1, 2]) == [(0, True), (1, True), (2, True)]


def test_a_program_that_fails_is_a_failure(monkeypatch):
    monkeypatch.setattr(programs, "OPTIONS", ("-c", "raise SystemExit(3)"))
    with pytest.raises(ChildProcessError, match="exit code 3"):
        programs.run_program(0)
