"""What a private control group does: peak and CPU time are true, limits hold, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.machine import cgroup
from pipeline.machine.control_group import GroupV2, PrivateGroup
from pipeline.machine.hierarchy import V2, positions

MIB = 1 << 20


@pytest.fixture(params=["cgroup_v2", "cgroup_v1"])
def cpu_group(request: pytest.FixtureRequest) -> Iterator[PrivateGroup]:
    """Every kind that can be had here, not only the one that would be chosen."""
    candidates = cgroup._cpu_candidates(positions(), f"whichpool-test-cpu-{os.getpid()}")
    of_that_kind = (group for group in candidates if group.method == request.param)
    made = cgroup._first_made("cpu", of_that_kind)
    if made is None:
        pytest.skip(f"this user may not create a control group of kind {request.param} here")
    yield made
    made.kill()
    made.remove()
    assert not Path(made.folder).exists()
    cgroup._places.clear()


def start(group: PrivateGroup, code: str) -> subprocess.Popen[bytes]:
    """A Python process that joins the group first thing, as a measured process does."""
    join = f"for path in {list(group.join_files)!r}: open(path, 'w').write('0')\n"
    return subprocess.Popen([sys.executable, "-I", "-S", "-c", join + code])


def wait_for_members(group: PrivateGroup, count: int) -> None:
    deadline = time.monotonic() + 10
    while len(group.pids()) < count:
        assert time.monotonic() < deadline, f"{group.pids()} instead of {count} members"
        time.sleep(0.005)


@pytest.mark.parametrize("mib", [1, 8, 64, 256])
def test_peak_grows_by_what_was_touched(group: PrivateGroup, mib: int) -> None:
    assert start(group, "").wait(30) == 0
    empty = group.peak_bytes()
    assert start(group, f"held = bytearray({mib * MIB}); held[::4096] = b'x' * ({mib} * 256)").wait(30) == 0
    peak = group.peak_bytes()
    assert empty is not None and peak is not None
    batching = 256 * 1024 * (os.cpu_count() or 1)
    assert mib * MIB - batching <= peak - empty <= 1.1 * mib * MIB + 4 * MIB


def test_peak_is_simultaneous_and_counts_shared_pages_once(group: PrivateGroup) -> None:
    """A parent with 64 MiB and two forks that add 32 MiB each at the same time, none copying the parent's."""
    code = """
import os, time
held = bytearray(64 << 20); held[::4096] = b'x' * (64 * 256)
for _ in range(2):
    if os.fork() == 0:
        own = bytearray(32 << 20); own[::4096] = b'x' * (32 * 256)
        time.sleep(0.3); os._exit(0)
for _ in range(2): os.wait()
"""
    assert start(group, code).wait(30) == 0
    peak = group.peak_bytes()
    assert peak is not None
    assert 128 * MIB <= peak <= 150 * MIB


def test_the_group_starts_empty(group: PrivateGroup) -> None:
    assert group.pids() == []
    assert group.peak_bytes() is not None and group.peak_bytes() < MIB  # type: ignore[operator]
    assert group.method in ("cgroup_v2", "cgroup_v1")


def test_kill_ends_members_that_ignore_signals_or_are_stopped(group: PrivateGroup) -> None:
    code = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    os.kill(os.getpid(), signal.SIGSTOP)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
time.sleep(60)
"""
    process = start(group, code)
    wait_for_members(group, 2)
    group.kill()
    assert process.wait(5) == -signal.SIGKILL
    assert group.pids() == []


def test_a_limit_is_kept_and_its_victim_is_counted(group: PrivateGroup) -> None:
    group.set_limit(48 * MIB)
    assert group.oom_kills() == 0
    process = start(group, f"held = b'x' * {256 * MIB}")
    assert process.wait(30) == -signal.SIGKILL
    assert group.oom_kills() == 1
    peak = group.peak_bytes()
    assert peak is not None and peak <= 49 * MIB


def test_remove_does_not_raise_while_a_member_lives(group: PrivateGroup) -> None:
    process = start(group, "import time; time.sleep(60)")
    wait_for_members(group, 1)
    group.remove()
    assert group.pids() == [process.pid]
    group.kill()
    process.wait(5)


BURN = """
import os, signal, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
def fork_and_burn(told):
    if os.fork() == 0:
        burn(0.3)
        os.write(told, b"d")
        os._exit(0)
"""


def cpu_by(group: PrivateGroup, code: str) -> tuple[float, float]:
    """CPU time of a program by the group and by `wait4`, once it has ended."""
    process = start(group, BURN + code)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    counted = group.cpu_seconds()
    assert counted is not None
    return counted, usage.ru_utime + usage.ru_stime


def test_cpu_time_of_an_orphan_is_counted(cpu_group: PrivateGroup) -> None:
    """Two forks and a session of its own: no ancestor in the program collects it."""
    code = """
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    fork_and_burn(write)
    os._exit(0)
os.wait()
os.read(read, 1)
"""
    counted, _ = cpu_by(cpu_group, code)
    assert 0.3 <= counted < 0.5


def test_cpu_time_of_a_child_that_nobody_collects_is_counted(cpu_group: PrivateGroup) -> None:
    """Its parent ignores SIGCHLD, so the kernel drops the child's usage at its end: `wait4` never hears of it."""
    code = """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
read, write = os.pipe()
fork_and_burn(write)
os.read(read, 1)
"""
    counted, by_wait4 = cpu_by(cpu_group, code)
    assert 0.3 <= counted < 0.5
    assert by_wait4 < 0.2


def test_cpu_time_grows_by_what_was_burnt_and_agrees_with_wait4(cpu_group: PrivateGroup) -> None:
    empty = cpu_group.cpu_seconds()
    assert empty is not None and empty < 0.001
    counted, by_wait4 = cpu_by(cpu_group, "burn(0.2)")
    assert 0.2 <= counted <= by_wait4 < counted + 0.05, "only the start of the interpreter, before it joined, is not"


def test_pages_of_files_are_told_apart_from_shared_memory(group: PrivateGroup, tmp_path: Path) -> None:
    written = tmp_path / "written"
    code = f"""
import mmap, time
shared = mmap.mmap(-1, {24 * MIB})
shared[::4096] = b'x' * {24 * 256}
with open({str(written)!r}, "wb") as file: file.write(b'x' * {16 * MIB})
time.sleep(60)
"""
    process = start(group, code)
    deadline = time.monotonic() + 10
    while (group.file_bytes() or 0) < 16 * MIB and time.monotonic() < deadline:
        time.sleep(0.01)
    found = group.file_bytes()
    group.kill()
    process.wait(5)
    assert found is not None
    # The interpreter's own files count as well, if nobody else had read them before.
    assert 16 * MIB <= found < 32 * MIB


def test_v2_files(tmp_path: Path) -> None:
    """The files of version 2 as the kernel writes them, on machines that have only version 1."""
    (tmp_path / "memory.peak").write_text("1048576\n")
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 31\noom 1\noom_kill 2\noom_group_kill 0\n")
    (tmp_path / "cgroup.procs").write_text("12\n34\n")
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.stat").write_text("anon 4096\nfile 3145728\nkernel 8192\nshmem 2097152\nfile_mapped 0\n")
    (tmp_path / "cpu.stat").write_text("usage_usec 1250000\nuser_usec 1000000\nsystem_usec 250000\nnice_usec 0\n")
    group = GroupV2(str(tmp_path))
    assert (group.peak_bytes(), group.oom_kills(), group.pids()) == (MIB, 2, [12, 34])
    assert (group.file_bytes(), group.cpu_seconds()) == (MIB, 1.25)
    group.set_limit(5 * MIB)
    assert (tmp_path / "memory.max").read_text() == str(5 * MIB)


def test_v2_kill_on_a_real_group() -> None:
    """Killing needs no controller, so that it can be tried wherever the hierarchy is mounted."""
    place = positions().get(V2)
    if place is None or not os.access(place.folder, os.W_OK):
        pytest.skip("there is no version 2 hierarchy here in which this user may create a group")
    group = GroupV2(f"{place.folder}/whichpool-test-{os.getpid()}")
    try:
        Path(group.folder).mkdir()
    except OSError as error:
        pytest.skip(f"no group can be created here: {error}")
    try:
        process = start(group, "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(60)")
        wait_for_members(group, 2)
        group.kill()
        assert process.wait(5) == -signal.SIGKILL
        assert group.pids() == []
    finally:
        group.kill()
        group.remove()
    assert not Path(group.folder).exists()
