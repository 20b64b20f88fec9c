"""How many CPUs may be used: quotas of both versions of control groups, affinity, cores."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.machine import cpus

ROOT = Path(__file__).parents[2]
V2_MOUNT = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"
V1_MOUNT = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("150000 100000\n", 1.5),
        ("50000 200000", 0.25),
        ("400000", 4.0),
        ("max 100000", None),
        ("max", None),
        ("", None),
        (None, None),
        ("0 100000", None),
        ("100000 0", None),
        ("many", None),
    ],
)
def test_cpu_max(text: str | None, expected: float | None) -> None:
    assert cpus.parse_cpu_max(text) == expected


@pytest.mark.parametrize(
    ("quota", "period", "expected"),
    [
        ("150000\n", "100000\n", 1.5),
        ("-1\n", "100000\n", None),
        ("0", "100000", None),
        ("100000", "0", None),
        (None, "100000", None),
        ("100000", None, None),
        ("", "", None),
        ("x", "y", None),
    ],
)
def test_cfs_quota(quota: str | None, period: str | None, expected: float | None) -> None:
    assert cpus.parse_cfs(quota, period) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0-3,8,10-11\n", [0, 1, 2, 3, 8, 10, 11]), ("0", [0]), ("", []), (None, []), ("0-", [0]), ("a-b", [])],
)
def test_cpu_list(text: str | None, expected: list[int]) -> None:
    assert cpus.parse_cpu_list(text) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"": None, "/pod": "max 100000", "/pod/box": "max 100000"}, None),
        ({"/pod": "max 100000", "/pod/box": "250000 100000"}, 2.5),
        ({"/pod": "150000 100000", "/pod/box": "max 100000"}, 1.5),
        ({"/pod": "100000 100000", "/pod/box": "800000 100000"}, 1.0),
    ],
)
def test_the_tightest_quota_on_the_way_up_counts_v2(
    tmp_path: Path, limits: dict[str, str | None], expected: float | None
) -> None:
    mount = invent(tmp_path, V2_MOUNT, "0::/pod/box")
    for below, text in limits.items():
        folder = Path(f"{mount}{below}")
        folder.mkdir(parents=True, exist_ok=True)
        if text is not None:
            (folder / "cpu.max").write_text(text + "\n")
    assert cpus.quota_cpus(str(tmp_path)) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"": -1, "/pod": -1, "/pod/box": -1}, None),
        ({"": -1, "/pod": 300_000, "/pod/box": -1}, 3.0),
        ({"": -1, "/pod": 300_000, "/pod/box": 50_000}, 0.5),
    ],
)
def test_the_tightest_quota_on_the_way_up_counts_v1(
    tmp_path: Path, limits: dict[str, int], expected: float | None
) -> None:
    mount = invent(tmp_path, V1_MOUNT, "2:cpu,cpuacct:/pod/box")
    for below, quota in limits.items():
        folder = Path(f"{mount}{below}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cpu.cfs_quota_us").write_text(f"{quota}\n")
        (folder / "cpu.cfs_period_us").write_text("100000\n")
    assert cpus.quota_cpus(str(tmp_path)) == expected


def test_no_quota_without_control_groups(tmp_path: Path) -> None:
    assert cpus.quota_cpus(str(tmp_path)) is None


@pytest.mark.parametrize(
    ("allowed", "quota", "expected"),
    [(8, None, 8), (8, 2.0, 2), (8, 1.5, 2), (8, 0.3, 1), (2, 6.0, 2), (1, None, 1), (4, 4.0000001, 4)],
)
def test_effective_cpus(monkeypatch: pytest.MonkeyPatch, allowed: int, quota: float | None, expected: int) -> None:
    monkeypatch.setattr(cpus, "affinity_count", lambda: allowed)
    monkeypatch.setattr(cpus, "quota_cpus", lambda: quota)
    assert cpus.effective_cpus() == expected


def test_systems_without_affinity_count_every_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(cpus, "logical_cpus", lambda: 6)
    assert (cpus.affinity(), cpus.affinity_count()) == (None, 6)
    monkeypatch.setattr(cpus, "logical_cpus", lambda: None)
    assert cpus.affinity_count() == 1


@pytest.mark.parametrize(("online", "expected"), [("0-7\n", 8), ("0,2-3\n", 3), ("", None), (None, None)])
def test_logical_cpus_are_those_online(tmp_path: Path, online: str | None, expected: int | None) -> None:
    if online is not None:
        folder = tmp_path / "sys/devices/system/cpu"
        folder.mkdir(parents=True)
        (folder / "online").write_text(online)
    assert cpus.logical_cpus(str(tmp_path)) == expected


def test_no_setting_of_python_changes_the_number_of_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """`PYTHON_CPU_COUNT` makes `os.cpu_count` return whatever it says, from Python 3.13 on."""
    real = cpus.logical_cpus()
    monkeypatch.setattr(os, "cpu_count", lambda: 61)
    assert cpus.logical_cpus() == real != 61


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_a_process_tied_to_one_cpu_has_one() -> None:
    code = (
        "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from pipeline.machine.cpus import effective_cpus\nprint(effective_cpus())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=20)
    assert done.stdout == b"1\n"


@pytest.mark.parametrize(
    ("siblings", "cores", "threads"),
    [
        (["0", "1"], 2, 1),
        (["0,2", "1,3", "0,2", "1,3"], 2, 2),
        (["0-1", "0-1", "2-3", "2-3"], 2, 2),
        (["0-1", "0-1", "2", "3"], 3, 2),
        ([], None, None),
    ],
)
def test_cores_are_sets_of_siblings(
    tmp_path: Path, siblings: list[str], cores: int | None, threads: int | None
) -> None:
    for number, text in enumerate(siblings):
        folder = tmp_path / f"sys/devices/system/cpu/cpu{number}/topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(text + "\n")
    assert cpus.physical_cores(str(tmp_path)) == cores
    assert cpus.threads_per_core(str(tmp_path)) == threads


def test_psutil_agrees_about_this_machine() -> None:
    import psutil

    assert cpus.physical_cores() == psutil.cpu_count(logical=False)


def invent(root: Path, mount: str, group: str) -> str:
    folder = root / "proc/self"
    folder.mkdir(parents=True)
    (folder / "mountinfo").write_text(mount + "\n")
    (folder / "cgroup").write_text(group + "\n")
    return f"{root}{mount.split()[4]}"
