"""Who can be stopped from outside, what is left of a worker, and where work is pinned."""

import os
import threading
from pathlib import Path

import psutil
import pytest

from experiments.workloads import cores
from experiments.workloads.cores import NO_SIBLINGS, NO_TOPOLOGY, ONE_CORE, ONE_CPU, NoPlace, chosen, parsed
from experiments.workloads.hardware_threads import HardwareThreads
from experiments.workloads.leak import Leak
from experiments.workloads.stopping import Stopping
from tests.experiments.workloads.test_sharing_and_sending import driven

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
needs_proc = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="there is no smaps_rollup here")
MIB = 1 << 20


@pytest.mark.parametrize(
    ("victim", "means", "hang", "stopped"),
    [
        ("process", "kill", "loop", 4),
        ("process", "kill", "swallow", 4),
        ("process", "terminate", "wait", 4),
        ("process", "future_cancel", "loop", 0),
        ("thread", "async_exception", "loop", 4),
        ("thread", "async_exception", "wait", 0),
        ("thread", "future_cancel", "loop", 0),
        ("asyncio", "task_cancel", "wait", 4),
        ("asyncio", "task_cancel", "loop", 0),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@needs_fork
def test_who_can_be_stopped_is_and_who_cannot_is_not_and_nobody_is_left(victim, means, hang, stopped):
    before = threading.active_count(), len(psutil.Process().children(recursive=True))
    found = driven("stopping", "serial", tasks=4, victim=victim, means=means, hang=hang, patience=0.3)
    assert found["trials"] == 4
    assert found["stopped"] == stopped
    assert ("stop_latency_median" in found) == bool(stopped)
    assert (threading.active_count(), len(psutil.Process().children(recursive=True))) == before


def test_a_sibling_goes_on_unless_its_event_loop_is_held_up():
    one = {"tasks": 2, "victim": "asyncio", "means": "task_cancel", "patience": 0.2}
    assert driven("stopping", "serial", hang="wait", **one)["siblings_alive"] == 2
    assert driven("stopping", "serial", hang="loop", **one)["siblings_alive"] == 0


@pytest.mark.parametrize(
    ("values", "version", "reason"),
    [
        ({"victim": "thread", "means": "kill"}, (3, 14, 0), "kill"),
        ({"victim": "process", "means": "terminate_workers"}, (3, 11, 0), "3.14"),
        ({"victim": "process", "means": "kill"}, (3, 9, 0), None),
    ],
)
def test_impossible_means_are_named(values, version, reason):
    facts = {"implementation": "CPython", "version": "3.x", "version_info": list(version), "start_methods": ["fork"]}
    found = Stopping.contradiction(values) or Stopping.unsupported(facts, values)
    assert found is None if reason is None else reason in found


@needs_proc
@pytest.mark.parametrize(("victim", "stays"), [("thread", True), ("process", False)])
def test_a_leak_stays_with_threads_and_goes_with_a_process(victim, stays):
    size = 48 * MIB
    found = driven("leak", "serial", tasks=1, victim=victim, size=size)
    assert found["retained"] > 0.9 * size if stays else found["retained"] < 0.1 * size
    assert found["sibling_failed"] == stays


def test_a_leak_that_endangers_the_machine_is_refused():
    assert "at most 512MiB" in Leak.contradiction({"size": 1024 * MIB})
    assert Leak.contradiction({"size": 64 * MIB}) is None


@pytest.mark.parametrize(("text", "numbers"), [("0,4\n", [0, 4]), ("0-1,8", [0, 1, 8]), ("3", [3])])
def test_lists_of_cpus_are_read_as_the_kernel_writes_them(text, numbers):
    assert parsed(text) == numbers


@pytest.mark.parametrize(
    ("placement", "cpus", "found", "expected"),
    [
        ("one", [0, 1], [], [0]),
        ("siblings", [0, 1, 4, 5], [[0, 4], [1, 5]], [0, 4]),
        ("cores", [0, 1, 4, 5], [[0, 4], [1, 5]], [0, 1]),
        ("siblings", [0, 1], [[0], [1]], NO_SIBLINGS),
        ("cores", [0, 4], [[0, 4]], ONE_CORE),
        ("cores", [0], [[0]], ONE_CPU),
        ("cores", [0, 1], [], NO_TOPOLOGY),
    ],
)
def test_cpus_are_chosen_by_the_cores_that_they_share(placement, cpus, found, expected):
    if isinstance(expected, list):
        assert chosen(placement, cpus, found) == expected
        return
    with pytest.raises(NoPlace, match=expected):
        chosen(placement, cpus, found)


def test_cores_are_found_where_they_are_shown(tmp_path):
    for cpu, siblings in enumerate(("0,2", "1", "0,2")):
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(siblings)
    assert cores.cores([0, 1, 2], str(tmp_path)) == [[0, 2], [1]]
    assert cores.cores([0, 7], str(tmp_path)) == []


@pytest.mark.skipif(not cores.usable_cpus(), reason="this system can't pin processes")
def test_a_pinned_process_computes_what_it_must_and_tells_its_rate():
    assert HardwareThreads.unsupported({}, {"placement": "one"}) is None
    assert driven("hardware_threads", "serial", tasks=2, placement="one", steps=50_000)["rate"] > 0
