"""How many CPUs a process here may really use, and how many cores there are."""

from __future__ import annotations

import math
import os
from pathlib import Path

from pipeline.machine.hierarchy import V2, positions, read_text


def effective_cpus() -> int:
    """CPUs that this process may use at once: affinity and control group quota respected, at least 1.

    A quota of one and a half CPUs counts as two: two workers can use it up, one can't.
    """
    quota = quota_cpus()
    allowed = affinity_count()
    return max(1, allowed if quota is None else min(allowed, math.ceil(quota)))


def logical_cpus(root: str = "") -> int | None:
    """CPUs of the whole machine that are online; None where it can't be told.

    Not `os.cpu_count`: the environment variable `PYTHON_CPU_COUNT` changes that from Python 3.13 on, and one version
    of glibc counts only the CPUs that this process may use.
    """
    online = len(parse_cpu_list(read_text(f"{root}/sys/devices/system/cpu/online")))
    if online or root:
        return online or None
    try:
        return max(os.sysconf("SC_NPROCESSORS_ONLN"), 0) or None
    except (ValueError, OSError, AttributeError):
        return os.cpu_count()


def affinity() -> list[int] | None:
    """Numbers of the CPUs that the scheduler may use for this process; None where the system has no such list."""
    try:
        return sorted(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return None


def affinity_count() -> int:
    """How many CPUs the scheduler may use for this process; every CPU where the system doesn't tell."""
    return len(affinity() or ()) or logical_cpus() or 1


def quota_cpus(root: str = "") -> float | None:
    """The tightest CPU quota of the own control group and its ancestors, in CPUs; None without one.

    `root` is put before every path, for tests with an invented tree.
    """
    found = positions(root)
    quotas = []
    for controller, quota_of in (("cpu", _quota_v1), (V2, _quota_v2)):
        if controller in found:
            quotas += [quota_of(folder) for folder in found[controller].upwards()]
    return min((quota for quota in quotas if quota is not None), default=None)


def parse_cpu_max(text: str | None) -> float | None:
    """CPUs of a version 2 `cpu.max` (`150000 100000` is 1.5); None for `max`, for nothing and for rubbish."""
    fields = (text or "").split()
    period = fields[1] if len(fields) > 1 else "100000"
    return _ratio(fields[0], period) if fields else None


def parse_cfs(quota: str | None, period: str | None) -> float | None:
    """CPUs of version 1 `cpu.cfs_quota_us` and `cpu.cfs_period_us`; None for -1, for nothing and for rubbish."""
    return _ratio((quota or "").strip(), (period or "").strip())


def physical_cores(root: str = "") -> int | None:
    """Cores of the whole machine, however many threads each has; None where it can't be told."""
    groups = _sibling_groups(root)
    if groups or root:
        return len(groups) or None
    import psutil

    return psutil.cpu_count(logical=False)


def threads_per_core(root: str = "") -> int | None:
    """Hardware threads of the widest core: 2 with SMT, 1 without; None where it can't be told."""
    return max((group.count(",") + 1 for group in _sibling_groups(root)), default=None)


def _ratio(quota_us: str, period_us: str) -> float | None:
    try:
        quota, period = int(quota_us), int(period_us)
    except ValueError:
        return None
    return quota / period if quota > 0 and period > 0 else None


def _quota_v1(folder: str) -> float | None:
    return parse_cfs(read_text(f"{folder}/cpu.cfs_quota_us"), read_text(f"{folder}/cpu.cfs_period_us"))


def _quota_v2(folder: str) -> float | None:
    return parse_cpu_max(read_text(f"{folder}/cpu.max"))


def _sibling_groups(root: str) -> set[str]:
    """The sets of CPUs that share a core, each as sorted numbers joined by commas, of the CPUs that are online."""
    groups = set()
    for file in Path(f"{root}/sys/devices/system/cpu").glob("cpu[0-9]*/topology/thread_siblings_list"):
        numbers = parse_cpu_list(read_text(str(file)))
        if numbers:
            groups.add(",".join(map(str, numbers)))
    return groups


def parse_cpu_list(text: str | None) -> list[int]:
    """Numbers of a list such as `0-3,8,10-11`; empty for nothing and for rubbish."""
    numbers: list[int] = []
    for part in (text or "").strip().split(","):
        first, _, last = part.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            return []
        numbers += range(int(first), int(last or first) + 1)
    return numbers
