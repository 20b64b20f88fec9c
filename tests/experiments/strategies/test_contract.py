"""What holds for every strategy."""

import multiprocessing
import os
import threading
import time

import pytest

from experiments.strategies.base import WorkerDied
from experiments.workloads.arithmetic import power
from tests.experiments.strategies import tasks
from tests.experiments.strategies.building import EVERY, PER_TASK, POOLS, THREADS, started


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_results_come_in_order_from_distinct_workers_that_are_gone_afterwards(name, method):
    before = threading.active_count()
    with started(power, name, method) as strategy:
        assert strategy.run(power, [(base, 2) for base in range(20)]) == [base * base for base in range(20)]
        workers = strategy.described
    assert len({(worker["process"], worker["thread"]) for worker in workers}) == (1 if name == "serial" else 2)
    assert all(worker["gil_enabled"] in (True, False) for worker in workers)
    assert (os.getpid() in {worker["process"] for worker in workers}) == (method is None)
    assert multiprocessing.active_children() == []
    assert threading.active_count() == before


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_an_exception_of_a_task_reaches_the_caller(name, method):
    with started(tasks.raise_value_error, name, method) as strategy:
        with pytest.raises(ValueError, match=r"cannot do [12]") as caught:
            strategy.run(tasks.raise_value_error, [1, 2])
        if method:
            assert "tasks.py" in str(caught.value.__cause__)
        assert strategy.run(power, [(3, 2)]) == [9]


@pytest.mark.parametrize(("name", "method"), [*THREADS, *POOLS, *PER_TASK])
def test_no_items_give_no_results(name, method):
    with started(power, name, method, workers=1) as strategy:
        assert strategy.run(power, []) == []


@pytest.mark.parametrize(
    ("name", "method"), [("processes", "fork"), ("mp_pool", "fork"), ("processes", "spawn"), *PER_TASK]
)
@pytest.mark.parametrize(
    ("task", "cause"), [(tasks.exit_with_three, "exited with code 3"), (tasks.kill_itself, "was killed by SIGKILL")]
)
def test_a_dead_worker_is_noticed_and_its_end_is_named(name, method, task, cause):
    with started(task, name, method) as strategy, pytest.raises(WorkerDied, match=cause):
        strategy.run(task, [1])
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("name", "method", "workers"),
    [*[(name, None, 100) for name, _ in THREADS], ("processes", "fork", 64), ("mp_pool", "fork", 64)],
)
def test_more_workers_than_sixty_are_all_there(name, method, workers):
    with started(tasks.sleep_and_return, name, method, workers) as strategy:
        distinct = {(worker["process"], worker["thread"]) for worker in strategy.described}
        start = time.perf_counter()
        results = strategy.run(tasks.sleep_and_return, [(index, 0.2) for index in range(workers)])
        elapsed = time.perf_counter() - start
    assert len(distinct) == workers
    assert results == list(range(workers))
    assert 0.2 <= elapsed < 0.2 * workers / 4


def test_sixty_processes_are_alive_at_once_with_one_for_each_task():
    with started(power, "process_per_task", "fork", 64) as strategy:
        assert len({worker["process"] for worker in strategy.described}) == 64


@pytest.mark.parametrize(("name", "method"), THREADS)
def test_as_many_threads_as_workers_are_busy_and_never_more(name, method):
    # More than any executor would choose by itself.
    workers = (os.cpu_count() or 1) + 7
    busy, peak, lock, all_at_once = 0, 0, threading.Lock(), threading.Barrier(workers)

    def count(item):
        nonlocal busy, peak
        with lock:
            busy += 1
            peak = max(peak, busy)
        all_at_once.wait(timeout=30)
        with lock:
            busy -= 1

    with started(count, name, method, workers) as strategy:
        strategy.run(count, range(4 * workers))
    assert peak == workers
