"""The ways to read memory: each against what the work is known to need, and against the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from experiments.catalogue import place, workloads
from pipeline.machine.processes import Size
from pipeline.run.spawner.memory import SAMPLE_INTERVAL_S, SAMPLER_SHARE, MemoryWatch, SampledPeak
from tests.support.memory_runs import ROOT, UNITS_OF, findings, has_private_groups, peaks, request, supervised

pytestmark = pytest.mark.quiet  # other processes of the same Python share pages with those that are measured

MIB = 1 << 20
UNIT_MIB = 12
NEEDS_PSS = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="this system tells no proportional set sizes"
)


@pytest.fixture(scope="module")
def by_cgroup() -> dict[str, float]:
    if not has_private_groups():
        pytest.skip("this user may not create a control group with a memory controller here")
    return peaks("cgroup", list(UNITS_OF), UNIT_MIB)


@pytest.fixture(scope="module")
def by_pss() -> dict[str, float]:
    return peaks("pss", list(UNITS_OF), UNIT_MIB)


@pytest.fixture(scope="module")
def by_uss() -> dict[str, float]:
    return peaks("uss", [task for task in UNITS_OF if task != "spike"], UNIT_MIB)


@pytest.mark.parametrize("task", UNITS_OF)
def test_the_peak_of_a_group_is_what_the_work_needs(by_cgroup: dict[str, float], task: str) -> None:
    """Shared and inherited pages once, what isn't held at the same time not together; page tables are added."""
    assert by_cgroup[task] == pytest.approx(UNITS_OF[task], rel=0.02)


@NEEDS_PSS
@pytest.mark.parametrize("task", UNITS_OF)
def test_sampled_proportional_sizes_find_the_same(by_pss: dict[str, float], task: str) -> None:
    """Also the spike, which is over before the next sample is due."""
    assert by_pss[task] == pytest.approx(UNITS_OF[task], rel=0.03)


@NEEDS_PSS
@pytest.mark.parametrize("task", UNITS_OF)
def test_sampled_proportional_sizes_agree_with_the_group(
    by_pss: dict[str, float], by_cgroup: dict[str, float], task: str
) -> None:
    assert by_pss[task] == pytest.approx(by_cgroup[task], rel=0.03)


@pytest.mark.parametrize("task", ["two_children", "spawned", "sequence"])
def test_sampled_unique_sizes_find_what_is_private(by_uss: dict[str, float], task: str) -> None:
    """Up to the interpreter's heap, which the parent has for itself until it forks."""
    assert by_uss[task] == pytest.approx(UNITS_OF[task], abs=8 / UNIT_MIB)
    assert by_uss[task] < 1.02 * UNITS_OF[task]


def test_unique_sizes_leave_out_what_is_shared(by_uss: dict[str, float]) -> None:
    """By their nature: inherited pages that nobody has written to, and shared memory, belong to nobody alone."""
    assert 3 - 8 / UNIT_MIB < by_uss["forked"] < 3.1
    assert by_uss["shared"] < 1.02 * UNITS_OF["shared"]


@NEEDS_PSS
@pytest.mark.parametrize(("strategy", "options"), [("threads", {}), ("processes", {"start_method": "fork"})])
def test_a_pool_is_measured_when_it_is_ready(strategy: str, options: dict[str, str]) -> None:
    """Whatever its tasks need later is in the peak, and in nothing else."""
    allocate = place(workloads()["allocate"])
    shape: dict[str, Any] = {"options": options, "workers": 2, "tasks": 8}
    sizes = (MIB, 9 * MIB)
    small, large = map(
        findings, supervised("pss", [request(allocate, {"size": size}, strategy, **shape) for size in sizes])
    )
    added = large["peak_memory"]["value"] - small["peak_memory"]["value"]
    assert added == pytest.approx(64 * MIB, rel=0.03)
    assert (large["peak_memory"]["method"], large["peak_memory"]["scope"]) == ("pss_sampled", "tree")
    pool = large["pool_memory"]
    assert (pool["phase"], pool["method"], pool["scope"], pool["unit"]) == ("startup", "pss", "tree", "bytes")
    assert 0 < pool["value"] < 16 * MIB
    assert large["worker_memory"]["value"] == pool["value"] / 2


def test_numbers_of_psutil_are_called_so() -> None:
    allocate = place(workloads()["allocate"])
    shape: dict[str, Any] = {"options": {"start_method": "spawn"}, "workers": 2, "tasks": 8}
    found = findings(supervised("uss", [request(allocate, {"size": MIB}, "processes", **shape)])[0])
    methods = {metric: row["method"] for metric, row in found.items()}
    assert methods == {"peak_memory": "uss_sampled", "pool_memory": "uss", "worker_memory": "uss"}


@NEEDS_PSS
def test_the_high_water_mark_of_the_largest_worker() -> None:
    """Two workers, of which one has held 48 MiB for a moment; the mark of the process itself doesn't count."""
    code = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from pipeline.run.spawner.memory import MemoryWatch
def touched(mib): block = bytearray(mib << 20); block[::4096] = b'x' * (mib * 256); return block
read, write = os.pipe()
watch = MemoryWatch("whichpool-test-mark-%d" % os.getpid())
def fork(mib):
    pid = os.fork()
    if pid == 0: touched(mib); os.write(write, b"d"); time.sleep(60)
    os.read(read, 1)
    return pid
workers = [fork(48), fork(1)]
other = fork(96)
watch.read_point("done")
rows = watch.findings(2, parallel=True, worker_processes=workers)
rows += watch.findings(2, parallel=True, worker_processes=[*workers, 1 << 30])  # one of them was never seen
rows += watch.findings(2, parallel=True)
for pid in (*workers, other): os.kill(pid, 9)
for pid in (*workers, other): os.waitpid(pid, 0)
watch.end()
print(json.dumps([row for row in rows if row["metric"] == "peak_worker_memory"]))
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(ROOT)], capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr.decode()
    [row] = json.loads(done.stdout)
    assert (row["phase"], row["method"], row["scope"], row["unit"]) == ("total", "vmhwm", "worker", "bytes")
    assert 48 * MIB < row["value"] < 64 * MIB


def seen(*looks: dict[int, tuple[int, int, int]]) -> int:
    """The peak after looks at resident, proportional and highest size by process id."""
    peak = SampledPeak()
    for look in looks:
        peak.take({pid: Size(*sizes) for pid, sizes in look.items()})
    return peak.bytes


def test_a_spike_between_two_looks_is_seen_in_the_high_water_mark() -> None:
    assert seen({1: (100, 100, 100)}, {1: (110, 110, 400)}) == 400
    assert seen({1: (100, 100, 100), 2: (50, 50, 50)}, {1: (110, 110, 400), 2: (50, 50, 50)}) == 450


def test_a_mark_from_before_the_first_look_is_not_one() -> None:
    """A forked process inherits its parent's size as its mark, and what it was before a look has been counted."""
    assert seen({1: (100, 100, 400)}, {1: (100, 100, 400)}) == 100
    assert seen({1: (100, 100, 100)}, {1: (100, 50, 100), 2: (20, 10, 100)}) == 100


def test_spikes_that_may_have_come_one_after_the_other_are_not_added_up() -> None:
    looks = {1: (10, 10, 10), 2: (10, 10, 10)}, {1: (10, 10, 310), 2: (10, 10, 310)}
    assert seen(*looks) == 320
    handed_on = {1: (10, 10, 10), 2: (10, 10, 10)}, {1: (10, 10, 310), 2: (310, 310, 310)}
    assert seen(*handed_on) == 320


def test_shared_pages_that_are_let_go_are_not_taken_for_a_spike() -> None:
    """200 shared by two, of which one has let go: its mark has grown by 1 since."""
    assert seen({1: (210, 110, 210), 2: (210, 110, 210)}, {1: (10, 10, 211), 2: (210, 210, 210)}) <= 221


def test_a_shared_page_is_in_the_sum_once() -> None:
    assert seen({1: (300, 150, 300), 2: (300, 150, 300)}) == 300


@NEEDS_PSS
def test_the_more_a_sample_costs_the_rarer_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.machine.cgroup.create", lambda name: None)
    watch = MemoryWatch("unused")
    assert watch.interval_s == SAMPLE_INTERVAL_S
    looks = []

    def slow(pid: int) -> dict[int, Size]:
        looks.append(pid)
        end = time.thread_time() + 0.01
        while time.thread_time() < end:
            pass
        return {1: Size(1, 1, 1)}

    monkeypatch.setattr("pipeline.machine.processes.sizes_below", slow)
    watch.sample()
    assert looks == [os.getpid()]
    assert watch.interval_s is not None
    assert 0.01 / (0.01 + watch.interval_s) <= 1.01 * SAMPLER_SHARE
    watch.sample()
    assert len(looks) == 1, "it isn't due yet"
