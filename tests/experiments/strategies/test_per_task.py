"""A thread or a process for each task: bounded exactly, and nothing is lost on the way back."""

import copyreg
import multiprocessing
import threading
import time

import psutil
import pytest

from experiments.strategies import process_per_task
from experiments.strategies.base import NotPicklable, WorkerDied
from experiments.workloads.arithmetic import power
from tests.experiments.strategies import tasks
from tests.experiments.strategies.building import PER_TASK, build, started


def test_never_more_threads_than_workers_are_alive():
    before = threading.active_count()
    with started(power, "thread_per_task", workers=3) as strategy:
        alive = strategy.run(tasks.threads_alive, range(60))
    assert max(alive) == before + 3


@pytest.mark.quiet
@pytest.mark.parametrize("watch_interval_s", [process_per_task.WATCH_INTERVAL_S, 0.001])
def test_never_more_processes_than_workers_are_alive(monkeypatch, watch_interval_s):
    """However much longer a task takes than the interval at which the dead are looked for."""
    monkeypatch.setattr(process_per_task, "WATCH_INTERVAL_S", watch_interval_s)
    with started(power, "process_per_task", "fork", workers=3) as strategy:
        others = [process.pid for process in psutil.Process().children()]
        alive = strategy.run(tasks.siblings_alive, [others] * 24)
    assert max(alive) == 3


def test_every_task_has_a_process_of_its_own():
    with started(power, "process_per_task", "fork") as strategy:
        assert len(set(strategy.run(tasks.own_process, range(10)))) == 10


@pytest.mark.parametrize(("name", "method"), [("thread_per_task", None), ("process_per_task", "fork")])
def test_after_an_exception_no_further_task_begins(tmp_path, name, method):
    def note_and_fail(item):
        (tmp_path / str(item)).touch()
        raise ValueError(item)

    strategy = build(name, method)
    strategy.start(note_and_fail)
    with pytest.raises(ValueError, match="0"):
        strategy.run(note_and_fail, range(50))
    assert len(list(tmp_path.iterdir())) <= 4


@pytest.mark.parametrize(("name", "method"), PER_TASK)
def test_results_and_items_may_be_larger_than_a_pipe(name, method):
    size = 3 << 20
    with started(tasks.bytes_of, name, method) as strategy:
        assert list(map(len, strategy.run(tasks.bytes_of, [size] * 4))) == [size] * 4
        assert strategy.run(len, [b"x" * size] * 2) == [size] * 2


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (tasks.raise_demanding, "a task raised Demanding: so demanding; the exception can't be pickled: TypeError: "),
        (tasks.raise_holder, "a task raised Holder: holds a lock; the exception can't be pickled: TypeError: "),
        (tasks.return_a_generator, "a task returned a generator, which can't be pickled: "),
    ],
)
def test_what_cannot_travel_is_told_in_one_line(task, message, monkeypatch):
    # Where dask has been imported, it has taught pickle every kind of exception.
    for kind in (tasks.Demanding, tasks.Holder):
        monkeypatch.delitem(copyreg.dispatch_table, kind, raising=False)
    with started(task, "process_per_task", "fork") as strategy, pytest.raises(NotPicklable) as caught:
        strategy.run(task, [1])
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_forked_process_needs_no_importable_function():
    with started(lambda item: item + 1, "process_per_task", "fork") as strategy:
        assert strategy.run(lambda item: item + 1, [1, 2]) == [2, 3]


def test_a_death_is_noticed_although_a_descendant_holds_the_pipe():
    start = time.perf_counter()
    with (
        started(power, "process_per_task", "fork") as strategy,
        pytest.raises(WorkerDied, match="exited with code 3 before its task had a result"),
    ):
        strategy.run(tasks.die_with_a_descendant, [1])
    assert time.perf_counter() - start < 1.5


def test_after_a_death_the_other_processes_are_killed():
    start = time.perf_counter()
    with started(power, "process_per_task", "fork") as strategy, pytest.raises(WorkerDied, match="exited with code 3"):
        strategy.run(tasks.die_or_sleep, ["sleep", "die"])
    assert time.perf_counter() - start < 30
    assert multiprocessing.active_children() == []


def test_a_signal_that_pools_use_themselves_is_named_too():
    with (
        started(power, "process_per_task", "fork") as strategy,
        pytest.raises(WorkerDied, match="was killed by SIGTERM"),
    ):
        strategy.run(tasks.terminate_itself, [1])


def test_no_descriptor_stays_open():
    with started(power, "process_per_task", "fork") as strategy:
        strategy.run(power, [(2, 2)] * 4)
        before = psutil.Process().num_fds()
        strategy.run(power, [(2, 2)] * 4)
        assert psutil.Process().num_fds() <= before


@pytest.mark.parametrize(("method", "known"), [("fork", []), ("forkserver", None), ("spawn", [])])
def test_cpu_time_of_another_process_s_children_is_unknown(method, known):
    assert build("process_per_task", method).standing_processes([]) == known
