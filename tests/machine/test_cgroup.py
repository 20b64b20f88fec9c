"""Where a private control group is made and made again: version 2 before version 1; what is left behind is removed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.machine import cgroup
from pipeline.machine.control_group import GroupV1, GroupV2, PrivateGroup, join
from pipeline.machine.hierarchy import V2, Position

MIB = 1 << 20


def test_a_group_of_the_same_name_is_replaced(group: PrivateGroup) -> None:
    code = f"held = b'x' * {32 * MIB}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30, preexec_fn=lambda: join(group.join_files))
    assert (group.peak_bytes() or 0) > 32 * MIB
    again = cgroup.create(Path(group.folder).name)
    assert again is not None
    assert again.peak_bytes() is not None and again.peak_bytes() < MIB  # type: ignore[operator]


def test_groups_that_a_killed_process_left_behind_are_removed_by_their_prefix(group: PrivateGroup) -> None:
    prefix = f"whichpool-test-left-{os.getpid()}-"
    made = [cgroup.create(f"{prefix}1"), cgroup.create_for_cpu(f"{prefix}2")]
    folders = [Path(left.folder) for left in made if left is not None]
    assert folders and all(folder.exists() for folder in folders)
    cgroup.remove_all(prefix)
    assert not any(folder.exists() for folder in folders)
    assert Path(group.folder).exists()


def test_a_group_for_memory_that_counts_cpu_time_serves_for_both(tmp_path: Path) -> None:
    """A process is in one group of version 2 only: a second one would take it out of the first."""
    (tmp_path / "cpu.stat").write_text("usage_usec 0\nuser_usec 0\nsystem_usec 0\n")
    both = GroupV2(str(tmp_path))
    assert cgroup.create_for_cpu("mine", both) is both


def test_a_group_beside_one_that_counts_memory_alone() -> None:
    name = f"whichpool-test-two-{os.getpid()}"
    memory = cgroup.create(name)
    cpu = cgroup.create_for_cpu(name, memory)
    try:
        if memory is None or cpu is None:
            pytest.skip("this user may not create control groups here")
        files = dict.fromkeys([*memory.join_files, *cpu.join_files])
        code = f"for path in {list(files)!r}: open(path, 'w').write('0')\nheld = b'x' * {32 * MIB}\n"
        code += "import time\nwhile time.process_time() < 0.1: pass"
        assert subprocess.run([sys.executable, "-I", "-S", "-c", code], timeout=30).returncode == 0
        peak, used = memory.peak_bytes(), cpu.cpu_seconds()
        assert peak is not None and peak > 32 * MIB
        assert used is not None and used > 0.09
    finally:
        for group in (cpu, memory):
            if group is not None:
                group.remove()


def test_a_place_that_is_gone_is_looked_for_again(group: PrivateGroup) -> None:
    cgroup._places["memory"] = (GroupV1, "/nowhere")
    again = cgroup.create(f"whichpool-test-again-{os.getpid()}")
    assert again is not None
    again.remove()
    assert Path(again.folder).parent == Path(group.folder).parent


def test_v2_for_cpu_time_needs_no_controller_and_comes_before_v1() -> None:
    found = {V2: Position("/v2/a/b", "/v2"), "cpuacct": Position("/v1/c", "/v1")}
    folders = [(group.method, group.folder) for group in cgroup._cpu_candidates(found, "mine")]
    assert folders == [("cgroup_v2", "/v2/a/b/mine"), ("cgroup_v2", "/v2/a/mine"), ("cgroup_v1", "/v1/c/mine")]
    at_the_root = {V2: Position("/v2", "/v2")}
    assert [group.folder for group in cgroup._cpu_candidates(at_the_root, "mine")] == ["/v2/mine"]


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
    place = Position(str(own), str(tmp_path))
    found = {V2: place, "memory": Position("/v1/x", "/v1")}
    folders = [(group.method, group.folder) for group in cgroup._candidates(found, "mine")]
    assert folders == [("cgroup_v2", f"{parent}/mine"), ("cgroup_v1", "/v1/x/mine")]


def test_no_candidate_without_a_memory_controller(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    found = {V2: Position(str(tmp_path), str(tmp_path))}
    assert list(cgroup._candidates(found, "mine")) == []
