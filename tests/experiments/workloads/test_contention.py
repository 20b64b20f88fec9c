"""What only one can do at a time takes as often as long, whoever does it."""

import os
import sys
import time

import pytest

from experiments.workloads.contention import LockContention, Mixed
from tests.experiments.strategies.building import interpreter_with, told_by
from tests.experiments.workloads.opening import opened, run

CLOCK_S = 1e-4
HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()


@pytest.mark.parametrize("critical", [10, 50, 100])
def test_critical_parts_follow_one_another(critical):
    with opened("lock_contention", seconds=0.01, critical=critical) as workload:
        assert run(workload, "threads", 8, workers=8) >= 8 * 0.01 * critical / 100 - CLOCK_S


def test_the_lock_of_a_process_is_its_own():
    """Both parts of a task alone, and no more: two processes don't wait for each other."""
    with opened("lock_contention", seconds=0.1, critical=100) as workload:
        seconds = min(run(workload, "processes", 2, method="fork") for _ in range(3))
    assert 0.1 - CLOCK_S <= seconds < 0.2


@pytest.mark.parametrize("share", [0, 30, 100])
@pytest.mark.parametrize("form", ["function", "coroutine"])
def test_a_task_computes_for_its_share_and_sleeps_for_the_rest(share, form):
    with opened("mixed", seconds=0.03, gil_share=share) as workload:
        strategy = "serial" if form == "function" else "asyncio"
        before = time.thread_time()
        seconds = run(workload, strategy, 3, workers=1)
        computed = time.thread_time() - before
    assert computed >= 3 * 0.03 * share / 100
    assert seconds >= 3 * 0.03 - CLOCK_S
    assert computed < 3 * 0.03 * share / 100 + 0.03


@pytest.mark.skipif(not HAS_GIL, reason="the interpreter that runs the tests has no GIL")
@pytest.mark.parametrize("strategy", ["threads", "asyncio"])
@pytest.mark.parametrize("share", [30, 90])
def test_a_lock_for_the_interpreter_limits_the_speed_up_to_one_over_the_share(strategy, share):
    with opened("mixed", seconds=0.01, gil_share=share) as workload:
        assert run(workload, strategy, 10, workers=10) >= 10 * 0.01 * share / 100 - CLOCK_S


CODE = """
import time
from experiments.strategies.threads import Threads
from experiments.workloads.contention import Mixed
workload, strategy = Mixed(seconds=0.005, gil_share=100), Threads(2)
strategy.start(workload.function)
least, end = 1e9, time.monotonic() + 20
while least >= 0.0095 and time.monotonic() < end:
    start = time.perf_counter()
    strategy.run(workload.function, workload.items(2))
    least = min(least, time.perf_counter() - start)
strategy.stop()
print(json.dumps(least))
"""


def test_without_a_lock_there_is_no_such_limit():
    if (os.cpu_count() or 1) < 2:
        pytest.skip("two threads need two CPUs to compute at the same time")
    executable = interpreter_with("free-threaded CPython", lambda one: one.free_threaded)
    assert 0.005 <= told_by(executable, CODE) < 0.01, "two threads never computed at the same time"


@pytest.mark.parametrize(("class_", "name"), [(LockContention, "critical"), (Mixed, "gil_share")])
def test_a_share_is_at_most_the_whole(class_, name):
    assert class_.contradiction({}) is None
    assert class_.contradiction({name: 100}) is None
    with pytest.raises(ValueError, match=f"{name} is a share in per cent: it can be at most 100, not 101"):
        class_(**{name: 101})
