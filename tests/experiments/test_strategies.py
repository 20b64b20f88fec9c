import os
import signal
import sys
import threading

import pytest

from experiments.catalogue import strategies
from experiments.strategies.base import WorkerDied
from experiments.workloads.arithmetic import power
from experiments.workloads.waiting import sleep, sleep_async

PROCESS_STRATEGIES = [(name, method) for name in ("processes", "mp_pool") for method in ("fork", "forkserver", "spawn")]
EVERY = [("serial", None), ("threads", None), *PROCESS_STRATEGIES]


def build(name, method=None, workers=2):
    return strategies()[name](workers, **({"start_method": method} if method else {}))


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_results_come_in_order_and_workers_are_distinct(name, method):
    strategy = build(name, method)
    workers = strategy.start(power)
    try:
        assert strategy.run(power, [(base, 2) for base in range(20)]) == [base * base for base in range(20)]
    finally:
        strategy.stop()
    assert len({(worker["process"], worker["thread"]) for worker in workers}) == strategy.workers if method else True
    assert all(worker["gil_enabled"] in (True, False) for worker in workers)
    if method:
        assert os.getpid() not in {worker["process"] for worker in workers}


def test_threads_are_as_many_as_asked_and_gone_afterwards():
    before = threading.active_count()
    strategy = build("threads", workers=5)
    workers = strategy.start(power)
    assert len({worker["thread"] for worker in workers}) == 5
    assert threading.active_count() == before + 5
    strategy.stop()
    assert threading.active_count() == before


def test_asyncio_keeps_to_its_permits():
    running = peak = 0

    async def count(item):
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await sleep_async((item, 0.001))
        running -= 1
        return item

    strategy = build("asyncio", workers=3)
    strategy.start(count)
    assert strategy.run(count, list(range(10))) == list(range(10))
    strategy.stop()
    assert peak == 3


def exit_with_three(item):
    del item
    os._exit(3)


def kill_itself(item):
    del item
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(("name", "method"), [("processes", "fork"), ("mp_pool", "fork"), ("processes", "spawn")])
@pytest.mark.parametrize(
    ("task", "cause"), [(exit_with_three, "exited with code 3"), (kill_itself, "was killed by SIGKILL")]
)
def test_a_dead_worker_is_noticed_and_its_end_is_named(name, method, task, cause):
    strategy = build(name, method)
    strategy.start(task)
    with pytest.raises(WorkerDied, match=cause):
        strategy.run(task, [1])
    if name == "mp_pool":
        strategy._pool.terminate()
    strategy.stop()


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_an_exception_of_a_task_reaches_the_caller(name, method):
    strategy = build(name, method)
    strategy.start(power)
    with pytest.raises(TypeError):
        strategy.run(power, [("a", "b")])
    strategy.stop()


def test_a_start_method_that_the_interpreter_lacks_is_a_reason():
    reason = strategies()["processes"].unsupported({"start_methods": ["spawn"]}, {"start_method": "fork"})
    assert reason == "start method fork is not available here; this interpreter offers spawn"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has only spawn")
def test_process_strategies_use_forkserver_unless_told():
    assert strategies()["mp_pool"](2).start_method == "forkserver"


def test_sleeping_threads_overlap():
    strategy = build("threads", workers=4)
    strategy.start(sleep)
    import time

    start = time.perf_counter()
    strategy.run(sleep, [(index, 0.05) for index in range(4)])
    elapsed = time.perf_counter() - start
    strategy.stop()
    assert 0.05 <= elapsed < 0.2
