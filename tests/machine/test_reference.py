"""The reference loop: where it runs, what it leaves behind, and that it sees a slow CPU."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import threading
import time

import pytest

from pipeline.machine import reference

needs_affinity = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")


def allowed() -> list[int]:
    return sorted(os.sched_getaffinity(0))


@needs_affinity
def test_one_reading_for_each_cpu_in_order() -> None:
    found = reference.readings(allowed())
    assert len(found) == len(allowed())
    assert all(0 < reading < 1 for reading in found)
    assert reference.readings([]) == []


@needs_affinity
@pytest.mark.parametrize("impossible", [4095, 1 << 20, -1, 1 << 70])
def test_a_cpu_that_is_not_there_is_not_a_number(impossible: int) -> None:
    first, second = reference.readings([impossible, allowed()[0]])
    assert math.isnan(first)
    assert second > 0


@needs_affinity
def test_each_loop_runs_on_the_cpu_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def spy() -> float:
        seen.append(os.sched_getaffinity(0))
        return 0.5

    monkeypatch.setattr(reference, "reading", spy)
    reference.readings(allowed())
    assert seen == [{cpu} for cpu in allowed()]


@needs_affinity
def test_the_thread_may_go_where_it_might_before() -> None:
    """Also where that was not everywhere."""
    whole = os.sched_getaffinity(0)
    for mask in (whole, {min(whole)}, {max(whole)}):
        try:
            os.sched_setaffinity(0, mask)
            reference.readings(sorted(whole))
            assert os.sched_getaffinity(0) == mask
        finally:
            os.sched_setaffinity(0, whole)


@needs_affinity
def test_the_mask_is_restored_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> float:
        raise KeyboardInterrupt

    before = os.sched_getaffinity(0)
    monkeypatch.setattr(reference, "reading", interrupted)
    with pytest.raises(KeyboardInterrupt):
        reference.readings(allowed())
    assert os.sched_getaffinity(0) == before


@needs_affinity
def test_other_threads_are_not_moved() -> None:
    seen: list[set[int]] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        for _ in range(5):
            reference.readings(allowed())
    finally:
        stop.set()
        thread.join()
    assert seen and all(mask == set(allowed()) for mask in seen)


def test_without_affinity_there_is_one_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    found = reference.readings([0, 1, 2])
    assert len(found) == 1
    assert found[0] > 0


def test_the_best_repeat_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([3.0, 1.0, 2.0])
    monkeypatch.setattr(reference, "_loop_s", lambda: next(times))
    assert reference.reading() == 1.0


def test_half_as_much_work_again_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as a CPU that has become 1.5 times as slow; the two alternate, so that real slow spells cancel."""
    ratios = []
    for _ in range(41):
        normal = reference.reading()
        with monkeypatch.context() as patch:
            patch.setattr(reference, "STEPS", reference.STEPS * 3 // 2)
            ratios.append(reference.reading() / normal)
    assert 1.35 < statistics.median(ratios) < 1.65


def test_a_reading_costs_little_compared_with_starting_an_interpreter() -> None:
    def best_s(action: object) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            action()  # type: ignore[operator]
            times.append(time.perf_counter() - start)
        return min(times)

    start_s = best_s(lambda: subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True, timeout=20))
    assert best_s(reference.reading) < start_s / 5
