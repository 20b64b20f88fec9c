"""Checks of power, CPUs and memory on invented machines: good, bad, and told nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.machine.checks import cpus, memory, power
from pipeline.machine.checks.activity import Activity
from pipeline.machine.checks.registry import Scene
from tests.machine.checks.test_registry import contents, governors, invent

CPU = "sys/devices/system/cpu"
DRIVER = f"{CPU}/cpu0/cpufreq/scaling_driver"
PREFERENCE = f"{CPU}/cpu0/cpufreq/energy_performance_preference"
QUOTA = {
    "proc/self/mountinfo": "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    "proc/self/cgroup": "0::/box\n",
}
FOUR_THREADS = {f"{CPU}/cpu{n}/topology/thread_siblings_list": f"{n % 2},{n % 2 + 2}\n" for n in range(4)}
CLOCK = "sys/devices/system/clocksource/clocksource0"
BARE = "flags\t\t: fpu sse\n"
VIRTUAL = "flags\t\t: fpu hypervisor\n"
HUGE = "sys/kernel/mm/transparent_hugepage/enabled"
SWAPS = "Filename\tType\tSize\tUsed\tPriority\n/dev/zram0\tpartition\t8\t4\t100\n/swap\\040file\tfile\t8\t4\t-2\n"


def meminfo(available_mib: int, swap_used_mib: int, swap_mib: int = 4096) -> str:
    sizes = {"MemTotal": 16384, "MemAvailable": available_mib, "SwapTotal": swap_mib}
    sizes["SwapFree"] = swap_mib - swap_used_mib
    return "".join(f"{name}: {size << 10} kB\n" for name, size in sizes.items())


def swapping(pages: int) -> Activity:
    return Activity(processes=(), unseen_cpus=0.0, steal_cpus=0.0, swapped_pages=pages)


CASES: list[tuple[Any, dict[str, str], dict[str, Any], tuple[str, str | None, str | None] | None]] = [
    (power.governor, {}, {}, None),
    (power.governor, governors("performance", "performance"), {}, ("good", None, None)),
    (
        power.governor,
        governors("schedutil"),
        {},
        (
            "advice",
            f"echo performance | sudo tee /{CPU}/cpu*/cpufreq/scaling_governor",
            f"echo schedutil | sudo tee /{CPU}/cpu*/cpufreq/scaling_governor",
        ),
    ),
    (
        power.governor,
        {**governors("powersave"), DRIVER: "acpi-cpufreq\n"},
        {"is_root": True},
        (
            "warning",
            f"echo performance | tee /{CPU}/cpu*/cpufreq/scaling_governor",
            f"echo powersave | tee /{CPU}/cpu*/cpufreq/scaling_governor",
        ),
    ),
    (power.energy_preference, {}, {}, None),
    (power.energy_preference, {PREFERENCE: "balance_performance\n"}, {}, ("good", None, None)),
    (
        power.energy_preference,
        {PREFERENCE: "power\n"},
        {},
        (
            "warning",
            f"echo balance_performance | sudo tee /{CPU}/cpu*/cpufreq/energy_performance_preference",
            f"echo power | sudo tee /{CPU}/cpu*/cpufreq/energy_performance_preference",
        ),
    ),
    (power.turbo, {}, {}, None),
    (power.turbo, {f"{CPU}/intel_pstate/no_turbo": "1\n"}, {}, ("good", None, None)),
    (
        power.turbo,
        {f"{CPU}/intel_pstate/no_turbo": "0\n"},
        {},
        (
            "advice",
            f"echo 1 | sudo tee /{CPU}/intel_pstate/no_turbo",
            f"echo 0 | sudo tee /{CPU}/intel_pstate/no_turbo",
        ),
    ),
    (
        power.turbo,
        {f"{CPU}/cpufreq/boost": "1\n"},
        {},
        ("advice", f"echo 0 | sudo tee /{CPU}/cpufreq/boost", f"echo 1 | sudo tee /{CPU}/cpufreq/boost"),
    ),
    (
        power.turbo,
        {f"{CPU}/cpu0/cpufreq/boost": "1\n", f"{CPU}/cpu1/cpufreq/boost": "1\n"},
        {},
        ("advice", f"echo 0 | sudo tee /{CPU}/cpu*/cpufreq/boost", f"echo 1 | sudo tee /{CPU}/cpu*/cpufreq/boost"),
    ),
    (cpus.smt, {}, {"allowed": (0, 1)}, None),
    (cpus.smt, FOUR_THREADS, {"allowed": ()}, None),
    (cpus.smt, FOUR_THREADS, {"allowed": (0, 1)}, ("good", None, None)),
    (
        cpus.smt,
        FOUR_THREADS,
        {"allowed": (0, 1, 2, 3)},
        ("advice", "taskset -c 0-1 whichpool run CONFIG", None),
    ),
    (cpus.quota, {}, {"allowed": (0, 1)}, ("good", None, None)),
    (
        cpus.quota,
        {**QUOTA, "sys/fs/cgroup/box/cpu.max": "200000 100000\n"},
        {"allowed": (0, 1)},
        ("good", None, None),
    ),
    (
        cpus.quota,
        {**QUOTA, "sys/fs/cgroup/box/cpu.max": "200000 100000\n"},
        {"allowed": (0, 1, 2, 3)},
        ("advice", None, None),
    ),
    (
        cpus.quota,
        {**QUOTA, "sys/fs/cgroup/box/cpu.max": "150000 100000\n"},
        {"allowed": (0, 1, 2, 3)},
        ("warning", None, None),
    ),
    (cpus.affinity, {}, {"allowed": (0, 1)}, None),
    (cpus.affinity, {f"{CPU}/online": "0-1\n"}, {"allowed": (0, 1)}, ("good", None, None)),
    (cpus.affinity, {f"{CPU}/online": "0-7\n"}, {"allowed": (0, 1)}, ("advice", None, None)),
    (cpus.isolated, {}, {"allowed": (0, 1)}, None),
    (cpus.isolated, {f"{CPU}/isolated": "\n"}, {"allowed": (0, 1)}, ("good", None, None)),
    (cpus.isolated, {f"{CPU}/isolated": "2-7\n"}, {"allowed": (0, 1)}, ("good", None, None)),
    (
        cpus.isolated,
        {f"{CPU}/isolated": "2-3\n"},
        {"allowed": (0, 1, 2, 3)},
        ("warning", "taskset -c 0-1 whichpool run CONFIG", None),
    ),
    (cpus.isolated, {f"{CPU}/isolated": "2-3\n"}, {"allowed": (2, 3)}, ("warning", None, None)),
    (cpus.hypervisor, {}, {"allowed": (0,)}, None),
    (cpus.hypervisor, {"proc/stat": "cpu0 900 0 0 5 0 0 0 0 0 0\n"}, {"allowed": (0,)}, ("good", None, None)),
    (cpus.hypervisor, {"proc/cpuinfo": BARE}, {"allowed": (0,)}, ("good", None, None)),
    (cpus.hypervisor, {"proc/cpuinfo": VIRTUAL}, {"allowed": (0,)}, ("advice", None, None)),
    (
        cpus.hypervisor,
        {"proc/cpuinfo": VIRTUAL, "proc/stat": "cpu0 900 0 0 5000 0 0 0 100 0 0\n"},
        {"allowed": (0,)},
        ("warning", None, None),
    ),
    (
        cpus.hypervisor,
        {"proc/cpuinfo": VIRTUAL},
        {"allowed": (0, 1), "activity": Activity((), 0.0, 0.2, 0)},
        ("warning", None, None),
    ),
    (cpus.clocksource, {}, {}, None),
    (cpus.clocksource, {f"{CLOCK}/current_clocksource": "tsc\n"}, {}, ("good", None, None)),
    (
        cpus.clocksource,
        {f"{CLOCK}/current_clocksource": "hpet\n", f"{CLOCK}/available_clocksource": "hpet acpi_pm\n"},
        {},
        ("warning", None, None),
    ),
    (
        cpus.clocksource,
        {f"{CLOCK}/current_clocksource": "hpet\n", f"{CLOCK}/available_clocksource": "tsc hpet\n"},
        {},
        (
            "warning",
            f"echo tsc | sudo tee /{CLOCK}/current_clocksource",
            f"echo hpet | sudo tee /{CLOCK}/current_clocksource",
        ),
    ),
    (memory.free_memory, {}, {}, None),
    (memory.free_memory, {"proc/meminfo": meminfo(9000, 0)}, {}, ("good", None, None)),
    (memory.free_memory, {"proc/meminfo": meminfo(1500, 0)}, {}, ("warning", None, None)),
    (
        memory.free_memory,
        {"proc/meminfo": meminfo(9000, 0), **QUOTA, "sys/fs/cgroup/box/memory.max": f"{512 << 20}\n"},
        {},
        ("warning", None, None),
    ),
    (memory.swap, {}, {}, None),
    (memory.swap, {"proc/meminfo": meminfo(9000, 0, 0)}, {}, ("good", None, None)),
    (memory.swap, {"proc/meminfo": meminfo(9000, 10)}, {"activity": swapping(0)}, ("good", None, None)),
    (
        memory.swap,
        {"proc/meminfo": meminfo(9000, 1000), "proc/swaps": SWAPS},
        {},
        (
            "advice",
            "sudo swapoff /dev/zram0 '/swap file'",
            "sudo swapon -p 100 /dev/zram0 && sudo swapon '/swap file'",
        ),
    ),
    (
        memory.swap,
        {"proc/meminfo": meminfo(1200, 1000), "proc/swaps": SWAPS, "proc/sys/vm/swappiness": "60\n"},
        {"activity": swapping(7)},
        ("warning", "sudo sysctl vm.swappiness=1", "sudo sysctl vm.swappiness=60"),
    ),
    (memory.huge_pages, {}, {}, None),
    (memory.huge_pages, {HUGE: "always [madvise] never\n"}, {}, ("good", None, None)),
    (
        memory.huge_pages,
        {HUGE: "[always] madvise never\n"},
        {},
        ("advice", f"echo madvise | sudo tee /{HUGE}", f"echo always | sudo tee /{HUGE}"),
    ),
    (memory.private_group, {}, {}, None),
    (memory.private_group, QUOTA, {}, ("advice", None, None)),
    (
        memory.private_group,
        {**QUOTA, "run/systemd/system/.keep": ""},
        {},
        ("advice", "systemd-run --user --scope -p Delegate=yes whichpool run CONFIG", None),
    ),
]


@pytest.mark.parametrize(
    ("check", "files", "scene", "expected"), CASES, ids=[f"{n}-{case[0].__name__}" for n, case in enumerate(CASES)]
)
def test_check(
    tmp_path: Path,
    check: Any,
    files: dict[str, str],
    scene: dict[str, Any],
    expected: tuple[str, str | None, str | None] | None,
) -> None:
    root = invent(tmp_path, files)
    before = contents(tmp_path)
    finding = check(Scene(root=root, **scene))
    assert (finding and (finding.severity, finding.fix, finding.undo)) == expected
    assert contents(tmp_path) == before


@pytest.mark.parametrize(("plugged", "severity"), [(True, "good"), (False, "warning"), (None, None)])
def test_battery(monkeypatch: pytest.MonkeyPatch, plugged: bool | None, severity: str | None) -> None:
    monkeypatch.setattr("pipeline.machine.hardware.on_ac_power", lambda: plugged)
    finding = power.battery(Scene())
    assert (finding and finding.severity) == severity


def test_a_private_group_that_can_be_made_is_removed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    removed = []

    class Group:
        method = "cgroup_v2"

        def remove(self) -> None:
            removed.append(True)

    monkeypatch.setattr(memory, "create", lambda name: Group())
    monkeypatch.setattr(Path, "exists", lambda path: True)
    finding = memory.private_group(Scene())
    assert finding is not None and finding.severity == "good"
    assert removed == [True]
