"""Coroutines on an event loop, with and without task groups."""

import asyncio
import gc
import threading
import time

import pytest

from experiments.strategies import asynchronous
from experiments.workloads.waiting import sleep_async
from tests.experiments.strategies import tasks
from tests.experiments.strategies.building import started


@pytest.fixture(params=["task group", "gather"])
def either(request, monkeypatch):
    """Both ways to run tasks together, whatever the version of Python."""
    if request.param == "gather":
        monkeypatch.setattr(asynchronous, "run_together", asynchronous._gathered)


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(("permits", "items"), [(3, 10), (1000, 1500)])
def test_as_many_coroutines_as_workers_are_in_flight(permits, items):
    running = peak = 0

    async def count(item):
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await sleep_async((item, 0.01))
        running -= 1
        return item

    with started(count, "asyncio", workers=permits) as strategy:
        assert strategy.run(count, list(range(items))) == list(range(items))
    assert peak == permits


@pytest.mark.usefixtures("either")
def test_the_first_exception_cancels_the_other_tasks_and_is_raised_as_it_is():
    cancelled = []

    async def fail_or_sleep(item):
        if item == 1:
            await asyncio.sleep(0.01)
            raise ValueError("cannot do 1") from KeyError("why")
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.append(item)
            raise

    with started(fail_or_sleep, "asyncio", workers=3) as strategy:
        start = time.perf_counter()
        with pytest.raises(ValueError, match="cannot do 1") as caught:
            strategy.run(fail_or_sleep, [0, 1, 2, 3])
    assert isinstance(caught.value.__cause__, KeyError)
    assert {0, 2} <= set(cancelled)  # the last one may have got the permit of the second
    assert time.perf_counter() - start < 10


def test_tasks_are_never_started_eagerly():
    order = []

    async def note(item):
        order.append(item)

    async def main():
        later = asyncio.ensure_future(note("task"))
        order.append("caller")
        await later

    with started(note, "asyncio") as strategy:
        strategy._loop.run_until_complete(main())
        assert strategy._loop.get_task_factory() is None
    assert order == ["caller", "task"]


def test_what_tasks_leave_behind_ends_with_the_loop():
    before, ended = threading.active_count(), []

    async def linger():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("lingering")

    async def leave(item):
        leave.kept = asyncio.ensure_future(linger())
        await asyncio.to_thread(time.sleep, 0)

    with started(leave, "asyncio") as strategy:
        strategy.run(leave, [1])
        assert threading.active_count() == before + 1
    gc.collect()
    assert (threading.active_count(), ended) == (before, ["lingering"])


def test_plain_functions_in_threads_keep_the_loop_s_exceptions_and_cancel_what_waits():
    began = []

    def fail(item):
        began.append(item)
        if item == 0:
            tasks.raise_value_error(item)
        time.sleep(0.005)

    with started(fail, "asyncio_threads", workers=1) as strategy, pytest.raises(ValueError, match="cannot do 0"):
        strategy.run(fail, range(1000))
    assert len(began) < 1000
