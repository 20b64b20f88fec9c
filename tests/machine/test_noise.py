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

STAT = (
    "cpu  9500 7 4640 316153 2049 11 99 250 0 0\n"
    "cpu0 3000 5 1800 160949 157 1 13 30 2500 5\n"
    "cpu1 6500 2 2840 155204 1892 10 86 220 0 0\n"
    "intr 1 2 3 4 5 6 7 8 9\n"
)
"""CPU 0 ran a guest for 2500 of its 3000 ticks in user mode."""
TICKS = os.sysconf("SC_CLK_TCK")
PRESSURE = "some avg10=0.00 avg60=0.01 avg300=0.23 total=12146472\nfull avg10=0.00 avg60=0.00 total=0\n"


@pytest.mark.parametrize(
    ("cpus", "busy_ticks", "steal_ticks"),
    [([0], 3000 + 5 + 1800 + 1 + 13, 30), ([1], 6500 + 2 + 2840 + 10 + 86, 220), ([0, 1], 4819 + 9438, 250)],
)
def test_cpu_times_are_of_the_chosen_cpus_and_guests_count_once(
    cpus: list[int], busy_ticks: int, steal_ticks: int
) -> None:
    assert noise.cpu_times(STAT, cpus) == (busy_ticks / TICKS, steal_ticks / TICKS)


@pytest.mark.parametrize(
    ("text", "cpus"),
    [
        (None, [0]),
        ("", [0]),
        ("cpu0 1 2 3", [0]),
        ("intr 1 2 3 4 5 6 7 8 9", [0]),
        (STAT, []),
        (STAT, [1, 2]),  # a container's file that begins with 0 whatever its CPUs are
    ],
)
def test_cpu_times_are_missing_where_the_kernel_does_not_tell(text: str | None, cpus: list[int]) -> None:
    assert noise.cpu_times(text, cpus) == (None, None)


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


def test_until_gives_increases_the_load_before_and_the_frequency_after() -> None:
    before = Reading(1.0, 5.0, 2, 0.5, 10.0, 3.0, 7, 1e9)
    after = Reading(1.5, 4.0, 9, 3.0, 12.5, 3.25, 8, 3e9)
    assert before.until(after) == {
        "steal_s": 0.5,
        "pressure_s": 0,
        "throttled": 7,
        "load_1min": 0.5,
        "busy_s": 2.5,
        "memory_pressure_s": 0.25,
        "thermal_throttles": 1,
        "frequency_hz": 3e9,
    }


def test_until_keeps_missing_missing() -> None:
    assert set(Reading().until(Reading(1.0, 1.0, 1, 1.0, 1.0, 1.0, 1)).values()) == {None}


def test_frequency_is_the_mean_of_the_cpus_that_tell(tmp_path: Path) -> None:
    for number, khz in ((0, "1000000\n"), (1, "3000000\n"), (2, "9000000\n"), (3, "<unknown>\n")):
        write(tmp_path, number, "cpufreq/scaling_cur_freq", khz)
    root = str(tmp_path)
    assert noise.frequency_hz(noise.frequency_files((0, 1, 3), root)) == 2e9
    assert noise.frequency_hz(noise.frequency_files((7,), root)) is None


def test_a_package_is_asked_once_for_its_throttling(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path, number, "topology/physical_package_id", f"{number // 2}\n")
        write(tmp_path, number, "thermal_throttle/core_throttle_count", "1\n")
        write(tmp_path, number, "thermal_throttle/package_throttle_count", "10\n")
    files = noise.thermal_files((0, 1, 2, 3), str(tmp_path))
    assert sum("/core_" in path for path in files) == 4
    assert sum("/package_" in path for path in files) == 2
    assert noise.thermal_files((9,), str(tmp_path)) == []


def test_a_large_machine_is_not_asked_cpu_by_cpu(tmp_path: Path) -> None:
    for number in range(256):
        write(tmp_path, number, "cpufreq/scaling_cur_freq", "1000000\n")
    asked = noise.frequency_files(tuple(range(256)), str(tmp_path))
    assert len(asked) == noise.MOST_CPUS
    assert asked[0].endswith("cpu0/cpufreq/scaling_cur_freq")
    assert asked[-1].endswith("cpu248/cpufreq/scaling_cur_freq")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_own_work_is_busy_time() -> None:
    """Others may be busy as well, so that only the lower end is a truth: one tick per CPU, and one of sampling."""
    cpus = len(os.sched_getaffinity(0))
    before, start = Reading.take(), time.process_time()
    while time.process_time() - start < 0.3:
        pass
    own_s = time.process_time() - start
    busy_s = before.until(Reading.take())["busy_s"]
    assert busy_s is not None and busy_s >= own_s - (cpus + 1) / TICKS


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


def write(root: Path, number: int, name: str, text: str) -> None:
    path = root / f"sys/devices/system/cpu/cpu{number}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def median_s(action: Callable[[], object]) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
