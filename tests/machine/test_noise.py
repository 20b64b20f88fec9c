"""Disturbance between two readings."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.machine import noise
from pipeline.machine.noise import Reading

STAT = "cpu  8967 0 4640 316153 2049 0 99 250 0 0\ncpu0 3011 0 1798 160949 157 0 13 30 0 0\n"
PRESSURE = "some avg10=0.00 avg60=0.01 avg300=0.23 total=12146472\nfull avg10=0.00 avg60=0.00 total=0\n"


def test_steal_is_in_seconds_of_all_cpus() -> None:
    assert noise.steal_s(STAT) == 250 / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("text", [None, "", "cpu  1 2 3", "intr 1 2 3 4 5 6 7 8 9"])
def test_steal_is_missing_where_the_kernel_does_not_tell(text: str | None) -> None:
    assert noise.steal_s(text) is None


def test_pressure_is_in_seconds() -> None:
    assert noise.pressure_s(PRESSURE) == pytest.approx(12.146472)


@pytest.mark.parametrize("text", [None, "", "full avg10=0.00 total=7", "some avg10=0.00"])
def test_pressure_is_missing_where_the_kernel_does_not_tell(text: str | None) -> None:
    assert noise.pressure_s(text) is None


def test_throttling_of_ancestors_counts_too(tmp_path: Path) -> None:
    own, ancestor, bare = (tmp_path / name for name in ("own", "ancestor", "bare"))
    own.write_text("nr_periods 9\nnr_throttled 0\n")
    ancestor.write_text("nr_periods 9\nnr_throttled 4\n")
    bare.write_text("usage_usec 12\n")
    assert noise.throttled([str(own), str(ancestor), str(bare)]) == 4
    assert noise.throttled([str(bare), str(tmp_path / "missing")]) is None


def test_until_gives_increases_and_the_load_before() -> None:
    before = Reading(steal_s=1.0, pressure_s=5.0, throttled=2, load_1min=0.5)
    after = Reading(steal_s=1.5, pressure_s=4.0, throttled=9, load_1min=3.0)
    assert before.until(after) == {"steal_s": 0.5, "pressure_s": 0, "throttled": 7, "load_1min": 0.5}


def test_until_keeps_missing_missing() -> None:
    assert set(Reading().until(Reading(1.0, 1.0, 1, 1.0)).values()) == {None}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_this_machine_tells() -> None:
    before = Reading.take()
    end = time.monotonic() + 0.02
    while time.monotonic() < end:
        pass
    told = before.until(Reading.take())
    assert told["steal_s"] is not None and 0 <= told["steal_s"] < 1
    assert told["load_1min"] is not None and told["load_1min"] >= 0


def test_a_reading_costs_little_compared_with_starting_an_interpreter() -> None:
    def bare_start() -> None:
        subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True, timeout=20)

    assert median_s(Reading.take) < median_s(bare_start) / 5


def median_s(action: Callable[[], object]) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
