"""The process tree: who is in it, its memory, and its removal.

Removal reaps every child of the calling process, and a subreaper is a state of the whole process: each scenario
runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from pipeline.machine import processes

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="trees are read from /proc")
ROOT = Path(__file__).parents[2]
MIB = 1 << 20

PREAMBLE = """
import json, os, signal, sys, time
sys.path.insert(0, sys.argv[1])
from pipeline.machine import processes
assert processes.become_subreaper()
ready_read, ready_write = os.pipe()

def ready(): os.write(ready_write, b"r")

def await_ready(count):
    for _ in range(count): assert os.read(ready_read, 1) == b"r"

def sleep_for_ever():
    time.sleep(30)
    os._exit(0)

def burn(seconds):
    while time.process_time() < seconds: pass

def finish():
    start = time.monotonic()
    reaped = processes.kill_children(5.0)
    took_s = time.monotonic() - start
    print(json.dumps({
        "reaped": [[pid, status] for pid, status, _ in reaped],
        "cpu_s": sum(usage.ru_utime + usage.ru_stime for _, _, usage in reaped),
        "left": processes.children(os.getpid()),
        "took_s": took_s,
    }))
"""


def scenario(code: str) -> dict[str, Any]:
    """Runs code in a subreaper and returns what `finish` printed; nothing may hold its standard output."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PREAMBLE + textwrap.dedent(code), str(ROOT)],
        capture_output=True,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr.decode()
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["left"] == []
    assert told["took_s"] < 4
    return told


def test_a_double_forked_descendant_in_its_own_session_goes_too() -> None:
    told = scenario("""
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    ready(); sleep_for_ever()
                os._exit(0)
            os._exit(0)
        await_ready(1)
        finish()
    """)
    assert len(told["reaped"]) == 3
    assert sorted(status for _, status in told["reaped"]) == [0, 0, 9]


def test_a_process_that_ignores_every_signal_it_can() -> None:
    told = scenario("""
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD):
                signal.signal(number, signal.SIG_IGN)
            ready(); sleep_for_ever()
        await_ready(1)
        finish()
    """)
    assert [status for _, status in told["reaped"]] == [9]


def test_stopped_processes() -> None:
    told = scenario("""
        for _ in range(2):
            if os.fork() == 0:
                if os.fork() == 0:
                    ready(); os.kill(os.getpid(), signal.SIGSTOP)
                ready(); os.kill(os.getpid(), signal.SIGSTOP)
        await_ready(4)
        finish()
    """)
    assert [status for _, status in told["reaped"]] == [9] * 4


def test_a_tree_that_keeps_forking_while_it_is_killed() -> None:
    told = scenario("""
        if os.fork() == 0:
            ready()
            for _ in range(2000):
                if os.fork() != 0: sleep_for_ever()
                os.setsid()
        await_ready(1)
        time.sleep(0.05)
        finish()
    """)
    assert len(told["reaped"]) >= 4


def test_a_process_that_hands_its_life_on_before_it_can_be_killed() -> None:
    """Each generation forks the next one and leaves at once: whoever was just listed is dead already."""
    told = scenario("""
        if os.fork() == 0:
            ready()
            for _ in range(20_000):
                if os.fork() != 0: os._exit(0)
            os._exit(1)
        await_ready(1)
        finish()
    """)
    assert all(os.waitstatus_to_exitcode(status) in (0, -9) for _, status in told["reaped"])


def test_processor_time_of_orphans_is_counted() -> None:
    told = scenario("""
        if os.fork() == 0:
            if os.fork() == 0:
                burn(0.3); ready(); sleep_for_ever()
            os._exit(0)
        await_ready(1)
        finish()
    """)
    assert 0.28 < told["cpu_s"] < 0.6


def test_the_wait_status_is_that_of_the_child() -> None:
    told = scenario("""
        if os.fork() == 0: os._exit(7)
        if os.fork() == 0: os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(0.1)
        finish()
    """)
    assert sorted(os.waitstatus_to_exitcode(status) for _, status in told["reaped"]) == [-11, 7]


def test_nothing_to_do_is_done_at_once() -> None:
    told = scenario("finish()")
    assert told["reaped"] == []
    assert told["took_s"] < 0.5


def test_children_of_every_thread_are_found_and_descendants_come_after_their_parents() -> None:
    told = scenario("""
        import threading
        def fork():
            if os.fork() == 0:
                if os.fork() == 0: ready(); sleep_for_ever()
                ready(); sleep_for_ever()
        def fork_and_stay(): fork(); time.sleep(30)
        threading.Thread(target=fork_and_stay, daemon=True).start()
        fork()
        await_ready(4)
        children, tree = processes.children(os.getpid()), processes.descendants(os.getpid())
        assert len(children) == 2 and len(tree) == 4 and tree[:2] == children, (children, tree)
        scanned = [pid for pid, parent in processes._parents().items() if parent == os.getpid()]
        assert sorted(scanned) == sorted(children), (scanned, children)
        finish()
    """)
    assert len(told["reaped"]) == 4


def test_proportional_sizes_count_shared_pages_once() -> None:
    told = scenario("""
        mib = 1 << 20
        before = processes.size(os.getpid()).proportional
        held = bytearray(64 * mib); held[::4096] = b'x' * (64 * 256)
        for _ in range(3):
            if os.fork() == 0:
                own = bytearray(16 * mib); own[::4096] = b'x' * (16 * 256)
                ready(); sleep_for_ever()
        await_ready(3)
        below = processes.sizes_below(os.getpid())
        assert sorted(below) == sorted(processes.children(os.getpid()))
        everyone = [processes.size(os.getpid()), *below.values()]
        added = sum(size.proportional for size in everyone) - before
        assert 112 * mib < added < 124 * mib, added / mib
        one = everyone[-1]
        assert 31 * mib < one.proportional < 38 * mib, one.proportional / mib
        assert 80 * mib < one.resident <= one.high_water < 96 * mib, (one.resident / mib, one.high_water / mib)
        finish()
    """)
    assert len(told["reaped"]) == 3


def test_the_high_water_mark_is_of_the_process_itself_and_remembers_what_was_freed() -> None:
    """An executed child of a parent that once held much doesn't inherit its mark, unlike its `ru_maxrss`."""
    scenario("""
        mib = 1 << 20
        held = bytearray(64 * mib); held[::4096] = b'x' * (64 * 256)
        del held
        own = processes.size(os.getpid())
        assert own.high_water > own.resident + 60 * mib, (own.resident, own.high_water)
        pid = os.fork()
        if pid == 0: os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", "import time; time.sleep(30)"])
        while b"import time; time.sleep(30)" not in open(f"/proc/{pid}/cmdline", "rb").read().split(b"\\0"):
            time.sleep(0.002)
        child = processes.size(pid)
        assert child.resident <= child.high_water < 32 * mib, child.high_water / mib
        finish()
    """)


def test_a_zombie_has_no_memory_and_a_vanished_process_no_answer() -> None:
    told = scenario("""
        pid = os.fork()
        if pid == 0: os._exit(0)
        while processes.state(pid) != "Z": time.sleep(0.001)
        nothing = processes.size(pid)
        assert (nothing.resident, nothing.proportional, nothing.high_water) == (0, 0, 0)
        assert list(processes.sizes_below(os.getpid())) == [pid]
        finish()
        assert processes.state(pid) is None and processes.children(pid) == []
        assert processes.size(pid) is None and processes.sizes_below(pid) == {}
    """)
    assert len(told["reaped"]) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a process that another user may not read")
def test_a_sum_over_a_tree_with_an_unreadable_member_is_missing() -> None:
    told = scenario("""
        pid = os.fork()
        if pid == 0:
            if os.fork() == 0: ready(); sleep_for_ever()
            os.setuid(65534)
            assert processes.sizes_below(os.getpid()) is None, "the child belongs to root"
            os._exit(0)
        await_ready(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        finish()
    """)
    assert len(told["reaped"]) == 1


@pytest.mark.parametrize("name", ["plain", "with space", "a) R 1 (b"])
def test_a_process_is_understood_whatever_its_name(name: str) -> None:
    scenario(f"""
        pid = os.fork()
        if pid == 0:
            open("/proc/self/comm", "w").write({name!r}); ready(); sleep_for_ever()
        await_ready(1)
        assert processes._parents()[pid] == os.getpid()
        assert processes.state(pid) in ("R", "S")
        finish()
    """)


def test_ps_tells_the_same_parents() -> None:
    if not any((Path(folder) / "ps").exists() for folder in os.get_exec_path()):
        pytest.skip("there is no ps here")
    assert processes._parents_from_ps()[os.getpid()] == os.getppid()


def test_the_spawner_can_import_it_cheaply() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pipeline.machine import cgroup, noise, processes\n"
        "heavy = {'dataclasses', 'typing', 'json', 're', 'subprocess', 'pathlib', 'ctypes', 'psutil', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(ROOT)], capture_output=True, check=True, timeout=20
    )
    assert done.stdout.decode().strip() == "[]"
