"""Who shares what with whom, on invented machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.machine import topology

CPU = "sys/devices/system/cpu"
TWO_CLUSTERS = {
    **{f"{CPU}/cpu{n}/topology/thread_siblings_list": f"{n % 4},{n % 4 + 4}\n" for n in range(8)},
    **{f"{CPU}/cpu{n}/cache/index0/level": "1\n" for n in range(8)},
    **{f"{CPU}/cpu{n}/cache/index0/shared_cpu_list": f"{n % 4},{n % 4 + 4}\n" for n in range(8)},
    **{f"{CPU}/cpu{n}/cache/index3/level": "3\n" for n in range(8)},
    **{f"{CPU}/cpu{n}/cache/index3/shared_cpu_list": "0-1,4-5\n" if n % 4 < 2 else "2-3,6-7\n" for n in range(8)},
    "sys/devices/system/node/node0/cpulist": "0-7\n",
    "sys/devices/system/node/node1/cpulist": "\n",
}
"""Four cores of two threads, two caches of the last level, and a memory node without CPUs."""


def write(root: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


def test_groups(tmp_path: Path) -> None:
    root = write(tmp_path, TWO_CLUSTERS)
    assert topology.cores(root) == ["0,4", "1,5", "2,6", "3,7"]
    assert topology.shared_caches(root) == ["0-1,4-5", "2-3,6-7"]
    assert topology.numa_cpus(root) == ["0-7"]
    assert topology.core_types(root) is None


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    root = str(tmp_path)
    told = [topology.cores, topology.shared_caches, topology.numa_cpus, topology.core_types]
    assert [fact(root) for fact in told] == [None] * 4


def test_cpus_that_share_a_core_count_only_if_both_are_allowed() -> None:
    groups = ["0,4", "1,5", "2,6", "3,7"]
    assert topology.sharing_cores(groups, [0, 1, 2, 3]) == []
    assert topology.sharing_cores(groups, [0, 4, 5, 6]) == [[0, 4]]


def test_the_kernels_own_names_of_core_types(tmp_path: Path) -> None:
    root = write(tmp_path, {"sys/devices/cpu_core/cpus": "0-3\n", "sys/devices/cpu_atom/cpus": "4-5\n"})
    assert topology.core_types(root) == {"cpu_core": [0, 1, 2, 3], "cpu_atom": [4, 5]}


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("cpu_capacity", [446, 446, 1024, 1024], {"fast": [2, 3], "slow": [0, 1]}),
        ("cpu_capacity", [1024, 1024], None),
        ("cpufreq/cpuinfo_max_freq", [5_100_000, 5_100_000, 3_500_000], {"fast": [0, 1], "slow": [2]}),
        # Some cores of one type may go a little higher than others.
        ("cpufreq/cpuinfo_max_freq", [5_000_000, 4_850_000, 4_900_000], None),
    ],
)
def test_core_types_by_strength(
    tmp_path: Path, name: str, values: list[int], expected: dict[str, list[int]] | None
) -> None:
    root = write(tmp_path, {f"{CPU}/cpu{n}/{name}": f"{value}\n" for n, value in enumerate(values)})
    assert topology.core_types(root) == expected


@pytest.mark.parametrize(
    ("cpus", "text"),
    [([], ""), ([3], "3"), ([0, 1, 2, 3, 8], "0-3,8"), ([9, 1, 0, 1], "0-1,9"), (range(100), "0-99")],
)
def test_lists_are_written_as_the_kernel_does(cpus: list[int], text: str) -> None:
    assert topology.format_cpu_list(cpus) == text
    assert topology.parse_cpu_list(text) == sorted(set(cpus))
