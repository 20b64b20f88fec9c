"""Where a process stands in the control groups, for the mounts that are met in practice."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.machine.hierarchy import V2, positions, read_keys

V2_MOUNT = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"
V1_MEMORY = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory"
V1_CPU = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct"
V1_IN_DOCKER = "35 31 0:32 /docker/3f2a /sys/fs/cgroup/memory ro,relatime master:9 - cgroup cgroup rw,memory"
UNIFIED = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw"
ESCAPED = r"31 23 0:28 / /mnt/control\040groups rw - cgroup2 cgroup2 rw"
OTHER = "24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw"


@pytest.mark.parametrize(
    ("mounts", "groups", "controller", "folder", "mount"),
    [
        ([OTHER, V2_MOUNT], ["0::/user.slice/a"], V2, "/sys/fs/cgroup/user.slice/a", "/sys/fs/cgroup"),
        ([V2_MOUNT], ["0::/"], V2, "/sys/fs/cgroup", "/sys/fs/cgroup"),
        ([V2_MOUNT], ["0::/../outside"], V2, "/sys/fs/cgroup", "/sys/fs/cgroup"),
        ([ESCAPED], ["0::/a"], V2, "/mnt/control groups/a", "/mnt/control groups"),
        ([V1_MEMORY], ["4:memory:/x"], "memory", "/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/memory"),
        ([V1_CPU], ["2:cpu,cpuacct:/x"], "cpu", "/sys/fs/cgroup/cpu,cpuacct/x", "/sys/fs/cgroup/cpu,cpuacct"),
        (
            [V1_IN_DOCKER],
            ["4:memory:/docker/3f2a"],
            "memory",
            "/sys/fs/cgroup/memory",
            "/sys/fs/cgroup/memory",
        ),
        (
            [V1_IN_DOCKER],
            ["4:memory:/docker/3f2a/y"],
            "memory",
            "/sys/fs/cgroup/memory/y",
            "/sys/fs/cgroup/memory",
        ),
        (
            [V1_MEMORY, UNIFIED],
            ["4:memory:/x", "0::/"],
            V2,
            "/sys/fs/cgroup/unified",
            "/sys/fs/cgroup/unified",
        ),
    ],
)
def test_place_of_the_caller(
    tmp_path: Path, mounts: list[str], groups: list[str], controller: str, folder: str, mount: str
) -> None:
    invent(tmp_path, mounts, groups)
    place = positions(str(tmp_path))[controller]
    assert (place.folder, place.mount) == (f"{tmp_path}{folder}", f"{tmp_path}{mount}")


def test_upwards_ends_at_the_mount(tmp_path: Path) -> None:
    invent(tmp_path, [V2_MOUNT], ["0::/a/b"])
    folders = list(positions(str(tmp_path))[V2].upwards())
    assert folders == [f"{tmp_path}/sys/fs/cgroup{below}" for below in ("/a/b", "/a", "")]


def test_controllers_without_a_mount_are_left_out(tmp_path: Path) -> None:
    invent(tmp_path, [OTHER, "rubbish"], ["4:memory:/x", "rubbish", "1:name=systemd:/"])
    assert positions(str(tmp_path)) == {}


def test_a_system_without_control_groups(tmp_path: Path) -> None:
    assert positions(str(tmp_path)) == {}


def test_read_keys_takes_only_whole_numbers(tmp_path: Path) -> None:
    (tmp_path / "cpu.stat").write_text("nr_periods 3\nnr_throttled 2\nname text\n\nlimit max\n")
    assert read_keys(str(tmp_path / "cpu.stat")) == {"nr_periods": 3, "nr_throttled": 2}
    assert read_keys(str(tmp_path / "missing")) == {}


def invent(root: Path, mounts: list[str], groups: list[str]) -> None:
    folder = root / "proc/self"
    folder.mkdir(parents=True)
    (folder / "mountinfo").write_text("\n".join(mounts) + "\n")
    (folder / "cgroup").write_text("\n".join(groups) + "\n")
