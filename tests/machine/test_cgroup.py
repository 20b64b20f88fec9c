"""Private control groups: the peak is true, limits hold, and nothing is left behind."""

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
from pipeline.machine.hierarchy import V2, positions

MIB = 1 << 20


@pytest.fixture
def group() -> Iterator[cgroup.PrivateGroup]:
    made = cgroup.create(f"whichpool-test-{os.getpid()}")
    if made is None:
        pytest.skip("this user may not create a control group with a memory controller here")
    yield made
    made.kill()
    made.remove()
    assert not Path(made.folder).exists()


def start(group: cgroup.PrivateGroup, code: str) -> subprocess.Popen[bytes]:
    """A Python process that joins the group first thing, as a measured process does."""
    join = f"for path in {list(group.join_files)!r}: open(path, 'w').write('0')\n"
    return subprocess.Popen([sys.executable, "-I", "-S", "-c", join + code])


def wait_for_members(group: cgroup.PrivateGroup, count: int) -> None:
    deadline = time.monotonic() + 10
    while len(group.pids()) < count:
        assert time.monotonic() < deadline, f"{group.pids()} instead of {count} members"
        time.sleep(0.005)


@pytest.mark.parametrize("mib", [1, 8, 64, 256])
def test_peak_grows_by_what_was_touched(group: cgroup.PrivateGroup, mib: int) -> None:
    assert start(group, "").wait(30) == 0
    empty = group.peak_bytes()
    assert start(group, f"held = bytearray({mib * MIB}); held[::4096] = b'x' * ({mib} * 256)").wait(30) == 0
    peak = group.peak_bytes()
    assert empty is not None and peak is not None
    batching = 256 * 1024 * (os.cpu_count() or 1)
    assert mib * MIB - batching <= peak - empty <= 1.1 * mib * MIB + 4 * MIB


def test_peak_is_simultaneous_and_counts_shared_pages_once(group: cgroup.PrivateGroup) -> None:
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


def test_the_group_starts_empty(group: cgroup.PrivateGroup) -> None:
    assert group.pids() == []
    assert group.peak_bytes() is not None and group.peak_bytes() < MIB  # type: ignore[operator]
    assert group.method in ("cgroup_v2", "cgroup_v1")


def test_a_group_of_the_same_name_is_replaced(group: cgroup.PrivateGroup) -> None:
    assert start(group, f"held = b'x' * {32 * MIB}").wait(30) == 0
    again = cgroup.create(Path(group.folder).name)
    assert again is not None
    assert again.peak_bytes() is not None and again.peak_bytes() < MIB  # type: ignore[operator]


def test_kill_ends_members_that_ignore_signals_or_are_stopped(group: cgroup.PrivateGroup) -> None:
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


def test_a_limit_is_kept_and_its_victim_is_counted(group: cgroup.PrivateGroup) -> None:
    group.set_limit(48 * MIB)
    assert group.oom_kills() == 0
    process = start(group, f"held = b'x' * {256 * MIB}")
    assert process.wait(30) == -signal.SIGKILL
    assert group.oom_kills() == 1
    peak = group.peak_bytes()
    assert peak is not None and peak <= 49 * MIB


def test_remove_does_not_raise_while_a_member_lives(group: cgroup.PrivateGroup) -> None:
    process = start(group, "import time; time.sleep(60)")
    wait_for_members(group, 1)
    group.remove()
    assert group.pids() == [process.pid]
    group.kill()
    process.wait(5)


def test_v2_is_tried_before_v1_and_beside_the_own_group(tmp_path: Path) -> None:
    """An invented tree: a delegated group whose parent passes the memory controller on."""
    parent = tmp_path / "user.slice"
    own = parent / "shell.scope"
    own.mkdir(parents=True)
    for folder, passed_on in ((parent, "cpu memory"), (own, "")):
        (folder / "cgroup.controllers").write_text("cpu memory\n")
        (folder / "cgroup.subtree_control").write_text(passed_on + "\n")
    (own / "cgroup.subtree_control").unlink()
    (own / "cgroup.subtree_control").mkdir()  # can't be written to, even by root
    place = cgroup.Position(str(own), str(tmp_path))
    found = {cgroup.V2: place, "memory": cgroup.Position("/v1/x", "/v1")}
    folders = [(group.method, group.folder) for group in cgroup._candidates(found, "mine")]
    assert folders == [("cgroup_v2", f"{parent}/mine"), ("cgroup_v1", "/v1/x/mine")]


def test_no_candidate_without_a_memory_controller(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    found = {cgroup.V2: cgroup.Position(str(tmp_path), str(tmp_path))}
    assert list(cgroup._candidates(found, "mine")) == []


def test_v2_files(tmp_path: Path) -> None:
    """The files of version 2 as the kernel writes them, on machines that have only version 1."""
    (tmp_path / "memory.peak").write_text("1048576\n")
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 31\noom 1\noom_kill 2\noom_group_kill 0\n")
    (tmp_path / "cgroup.procs").write_text("12\n34\n")
    (tmp_path / "memory.max").write_text("max\n")
    group = cgroup.GroupV2(str(tmp_path))
    assert (group.peak_bytes(), group.oom_kills(), group.pids()) == (MIB, 2, [12, 34])
    group.set_limit(5 * MIB)
    assert (tmp_path / "memory.max").read_text() == str(5 * MIB)


def test_v2_kill_on_a_real_group() -> None:
    """Killing needs no controller, so that it can be tried wherever the hierarchy is mounted."""
    place = positions().get(V2)
    if place is None or not os.access(place.folder, os.W_OK):
        pytest.skip("there is no version 2 hierarchy here in which this user may create a group")
    group = cgroup.GroupV2(f"{place.folder}/whichpool-test-{os.getpid()}")
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
