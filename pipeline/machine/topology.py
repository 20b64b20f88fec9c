"""Which CPUs share a core, a cache or a memory node, and which cores are slower than others.

`root` is put before every path of `/sys`, for tests with an invented machine. Groups are written as the kernel
writes lists of CPUs, such as `0-3,8`. In a virtual machine all of this is what the hypervisor says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.machine.cpus import parse_cpu_list
from pipeline.machine.hierarchy import read_text

CPU = "/sys/devices/system/cpu"
SLOWER = 0.8
"""A core with less than this share of the fastest one's capacity or frequency is a slow one. Fast cores that differ
by a few percent, because some of them were made better than others, are of one type."""


def cores(root: str = "") -> list[str] | None:
    """The CPUs of each core that is online."""
    return _groups(f"{root}{CPU}", "cpu[0-9]*/topology/thread_siblings_list")


def shared_caches(root: str = "") -> list[str] | None:
    """The CPUs of each cache of the last level: communication within such a group is cheaper than between two."""
    levels = {}
    for file in Path(f"{root}{CPU}").glob("cpu[0-9]*/cache/index[0-9]*/level"):
        text = (read_text(str(file)) or "").strip()
        levels[file.parent] = int(text) if text.isdigit() else 0
    last = max(levels.values(), default=0)
    lists = [f"{folder}/shared_cpu_list" for folder, level in levels.items() if level == last]
    return _named(read_text(path) for path in lists)


def numa_cpus(root: str = "") -> list[str] | None:
    """The CPUs of each memory node that has any."""
    return _groups(f"{root}/sys/devices/system/node", "node[0-9]*/cpulist")


def core_types(root: str = "") -> dict[str, list[int]] | None:
    """CPU numbers of fast and slow cores where a processor has both; None where it has only one type.

    As the kernel names them (`cpu_core`, `cpu_atom`), else `fast` and `slow` by the capacity that it gives each CPU
    (ARM), else by their highest frequencies.
    """
    names = ("cpu_core", "cpu_atom")
    kinds = {name: parse_cpu_list(read_text(f"{root}/sys/devices/{name}/cpus")) for name in names}
    if all(kinds.values()):
        return kinds
    return _fast_and_slow(_by_cpu(root, "cpu_capacity")) or _fast_and_slow(_by_cpu(root, "cpufreq/cpuinfo_max_freq"))


def sharing_cores(groups: Iterable[str], allowed: Iterable[int]) -> list[list[int]]:
    """Those of the allowed CPUs that share a core with each other, one list per such core."""
    usable = set(allowed)
    together = [[cpu for cpu in parse_cpu_list(group) if cpu in usable] for group in groups]
    return [cpus for cpus in together if len(cpus) > 1]


def format_cpu_list(cpus: Iterable[int]) -> str:
    """The shortest list of these CPUs that `taskset -c` understands, such as `0-3,8`."""
    runs: list[list[int]] = []
    for cpu in sorted(set(cpus)):
        if runs and cpu == runs[-1][1] + 1:
            runs[-1][1] = cpu
        else:
            runs.append([cpu, cpu])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _groups(folder: str, pattern: str) -> list[str] | None:
    return _named(read_text(str(file)) for file in Path(folder).glob(pattern))


def _named(texts: Iterable[str | None]) -> list[str] | None:
    """Each different group once, by its first CPU."""
    groups = {tuple(parse_cpu_list(text)) for text in texts} - {()}
    return [format_cpu_list(group) for group in sorted(groups)] or None


def _by_cpu(root: str, name: str) -> dict[int, int]:
    values = {}
    for file in Path(f"{root}{CPU}").glob(f"cpu[0-9]*/{name}"):
        number = re.search(r"/cpu(\d+)/", str(file)[len(root) :])
        text = (read_text(str(file)) or "").strip()
        if number and text.isdigit():
            values[int(number[1])] = int(text)
    return values


def _fast_and_slow(strengths: dict[int, int]) -> dict[str, list[int]] | None:
    limit = SLOWER * max(strengths.values(), default=0)
    slow = sorted(cpu for cpu, strength in strengths.items() if strength < limit)
    fast: Sequence[int] = sorted(set(strengths) - set(slow))
    return {"fast": list(fast), "slow": slow} if slow else None
