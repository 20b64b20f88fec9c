"""Checks of which CPUs there are and who else may take them."""

from __future__ import annotations

import platform

from pipeline.machine import hardware, topology
from pipeline.machine.checks.base import Finding, Scene, percent
from pipeline.machine.cpus import logical_cpus, parse_cpu_list, quota_cpus
from pipeline.machine.hierarchy import read_text
from pipeline.machine.noise import cpu_times

FAST_CLOCKS = ("tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "riscv_clocksource", "timebase")
"""Read by a process itself, without the kernel. (Xen's is read so, too, but not everywhere.)"""
STEAL = 0.01


def smt(scene: Scene) -> Finding | None:
    """Whether two of the allowed CPUs are one core."""
    cores = topology.cores(scene.root)
    if not cores or not scene.allowed:
        return None
    together = topology.sharing_cores(cores, scene.allowed)
    if not together:
        return Finding("SMT", "good", "no two allowed CPUs share a core", "every CPU is a core of its own")
    spare = {cpu for cpus in together for cpu in cpus[1:]}
    alone = topology.format_cpu_list(set(scene.allowed) - spare)
    return Finding(
        "SMT",
        "advice",
        f"{len(scene.allowed)} CPUs are {len(scene.allowed) - len(spare)} cores",
        "CPUs of one core slow each other down: with more workers than cores, speed-ups flatten. "
        "To measure one CPU per core:",
        f"taskset -c {alone} whichpool run CONFIG",
    )


def quota(scene: Scene) -> Finding | None:
    """Whether a control group limits CPU time."""
    limit = quota_cpus(scene.root)
    allowed = len(scene.allowed) or logical_cpus(scene.root) or 1
    if limit is None or limit >= allowed:
        return Finding("CPU quota", "good", "no CPU quota below the number of CPUs", "nobody is held back")
    fractional = limit != int(limit)
    return Finding(
        "CPU quota",
        "warning" if fractional else "advice",
        f"a quota of {limit:g} CPUs on {allowed}",
        "Who has used it up stands still until the next period, 0.1 s as a rule: times come in steps. "
        "Give whole CPUs instead (docker run --cpuset-cpus=…, AllowedCPUs= of systemd).",
    )


def affinity(scene: Scene) -> Finding | None:
    """Whether the scheduler may use every CPU."""
    total = logical_cpus(scene.root)
    if not scene.allowed or total is None:
        return None
    if len(scene.allowed) >= total:
        return Finding("affinity", "good", f"all {total} CPUs may be used", "`cpus` means all of them")
    return Finding(
        "affinity",
        "advice",
        f"{len(scene.allowed)} of {total} CPUs may be used ({topology.format_cpu_list(scene.allowed)})",
        "`cpus` in a configuration means these; others may be busy on the rest and share caches and turbo.",
    )


def isolated(scene: Scene) -> Finding | None:
    """Whether CPUs were taken from the scheduler, which is for dedicated machines."""
    text = read_text(f"{scene.root}/sys/devices/system/cpu/isolated")
    if text is None:
        return None
    apart = set(parse_cpu_list(text)) & set(scene.allowed)
    if len(apart) < 2:
        return Finding("isolated CPUs", "good", "no allowed CPUs are isolated", "the scheduler spreads the workers")
    rest = set(scene.allowed) - apart
    fix = f"taskset -c {topology.format_cpu_list(rest)} whichpool run CONFIG" if rest else None
    return Finding(
        "isolated CPUs",
        "warning",
        f"CPUs {topology.format_cpu_list(apart)} are isolated (isolcpus)",
        "The scheduler moves nobody between them: a pool may stay on one CPU however many workers it has.",
        fix,
    )


def hypervisor(scene: Scene) -> Finding | None:
    """Whether this machine shares its hardware with others, and how much they took."""
    host = hardware.hypervisor(scene.root)
    stat = read_text(f"{scene.root}/proc/stat")
    busy_s, steal_s = cpu_times(stat, scene.allowed)
    if host is None and steal_s is None:
        return None
    # The share of what was wanted: an idle CPU has no steal.
    since_boot = steal_s / (busy_s + steal_s) if steal_s and busy_s else 0.0
    now = (scene.activity.steal_cpus if scene.activity else None) or 0.0
    taken = max(since_boot, now / max(len(scene.allowed), 1))
    if taken > STEAL:
        what = f"the hypervisor gave {percent(taken)} of the CPU time to others"
        why = "Expect slow invocations now and then. Use a machine with CPUs of its own, or run longer."
        return Finding("hypervisor", "warning", what, why)
    if host == hardware.NO_HYPERVISOR:
        return Finding("hypervisor", "good", "no hypervisor", "nobody else is on this hardware")
    if host is None:
        return Finding("hypervisor", "good", "hardly any steal", "nobody has taken CPU time away so far")
    what = "a virtual machine" + (f" ({host})" if host != "unknown" else "") + ", hardly any steal"
    why = "Neighbours on the host share caches and cores without being seen here: see the speed of the CPUs."
    return Finding("hypervisor", "advice", what, why)


def clocksource(scene: Scene) -> Finding | None:
    """Whether reading the clock is cheap."""
    clock = hardware.clocksource(scene.root)
    if clock is None:
        return None
    if clock in FAST_CLOCKS:
        return Finding("clock", "good", f"the clock is {clock}", "reading it costs some 50 ns")
    folder = "/sys/devices/system/clocksource/clocksource0"
    choices = (scene.line(f"{folder}/available_clocksource") or "").split()
    fix, undo = scene.writing(f"{folder}/current_clocksource", "tsc") if "tsc" in choices else (None, None)
    reason = "" if "tsc" in choices or platform.machine() not in ("x86_64", "AMD64") else " The kernel offers no tsc."
    what = f"the clock is {clock}"
    return Finding("clock", "warning", what, f"Every look at it costs a microsecond or more.{reason}", fix, undo)
