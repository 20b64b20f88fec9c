"""Checks of memory: how much is left, what is swapped out, how it is given out and how it can be measured."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from pipeline.machine import hardware
from pipeline.machine.cgroup import create
from pipeline.machine.checks.base import Commands, Finding, Scene
from pipeline.machine.hierarchy import read_text

MIB = 1 << 20
GIB = 1 << 30
LITTLE_BYTES = 1 * GIB
LITTLE_SHARE = 0.1
SWAPPED_BYTES = 64 * MIB
"""Less than this in swap is what the kernel puts there in quiet times, too."""


def free_memory(scene: Scene) -> Finding | None:
    """Whether the measured processes will find room."""
    sizes = _meminfo(scene)
    if not sizes.get("MemAvailable") or not sizes.get("MemTotal"):
        return None
    available, total = sizes["MemAvailable"], sizes["MemTotal"]
    limit = hardware.memory_limit_bytes(scene.root)
    room, of = (limit, "the control group's limit") if limit and limit < available else (available, "available")
    what = f"{room / GIB:.1f} GiB ({of}) of {total / GIB:.1f} GiB"
    if room >= max(LITTLE_BYTES, LITTLE_SHARE * min(total, limit or total)):
        return Finding("free memory", "good", what, "there is room for many workers")
    why = "Many workers may not fit: they would be killed, or swap. Close programs, or lower `workers`."
    return Finding("free memory", "warning", what, why)


def swap(scene: Scene) -> Finding | None:
    """Whether memory is on a disk."""
    sizes = _meminfo(scene)
    if "SwapTotal" not in sizes or "SwapFree" not in sizes:
        return None
    used = sizes["SwapTotal"] - sizes["SwapFree"]
    moving = bool(scene.activity and scene.activity.swapped_pages)
    if used < SWAPPED_BYTES and not moving:
        return Finding("swap", "good", "no swap is in use", "memory is memory")
    swappiness = scene.line("/proc/sys/vm/swappiness")
    what = f"{used / MIB:.0f} MiB are swapped out" + (", and pages move right now" if moving else "")
    why = "A process that has to wait for its pages measures the disk" + (
        f" (vm.swappiness is {swappiness})." if swappiness else "."
    )
    if used < sizes.get("MemAvailable", 0) / 2:
        fix, undo = _swap_off(scene)
    else:
        # Bringing everything back would not fit: ask for less swapping.
        fix, undo = scene.sysctl({"vm.swappiness": "1"}) if swappiness != "1" else (None, None)
    return Finding("swap", "warning" if moving else "advice", what, why, fix, undo)


def huge_pages(scene: Scene) -> Finding | None:
    """Whether memory is given out 2 MiB at a time."""
    mode = hardware.huge_pages(scene.root)
    if mode is None:
        return None
    if mode != "always":
        return Finding("huge pages", "good", f"transparent huge pages: {mode}", "memory grows in small steps")
    # The file shows all choices with the present one in brackets; what is written back is its word alone.
    fix, _ = scene.writing("/sys/kernel/mm/transparent_hugepage/enabled", "madvise")
    return Finding(
        "huge pages",
        "advice",
        "transparent huge pages: always",
        "Workers take memory 2 MiB at a time: figures of memory are larger and jump from run to run.",
        fix,
        fix and fix.replace("echo madvise", f"echo {mode}"),
    )


def private_group(scene: Scene) -> Finding | None:
    """Whether the kernel itself can keep the peak of an invocation's memory. Makes a group and removes it."""
    if not Path(f"{scene.root}/proc/self/cgroup").exists():
        return None
    group = None if scene.root else create(f"whichpool-doctor-{os.getpid()}")
    if group is not None:
        group.remove()
        return Finding("control group", "good", f"a private one can be made ({group.method})", "exact peaks of memory")
    command = "systemd-run --user --scope -p Delegate=yes whichpool run CONFIG"
    systemd = Path(f"{scene.root}/run/systemd/system").exists() and not scene.is_root
    return Finding(
        "control group",
        "advice",
        "no private one can be made here",
        "Peaks of memory are sampled instead of being kept by the kernel: short ones may be missed.",
        command if systemd else None,
    )


def _swap_off(scene: Scene) -> Commands:
    """Each swap area by its own path: one in compressed memory isn't in `/etc/fstab`, where `swapon -a` looks."""
    areas = []
    for line in (read_text(f"{scene.root}/proc/swaps") or "").splitlines()[1:]:
        fields = line.split()
        if len(fields) == 5:
            path = shlex.quote(fields[0].replace("\\040", " "))
            # A priority below zero is the kernel's own choice, and can't be asked for.
            areas.append((path, "" if fields[4].startswith("-") else f"-p {fields[4]} "))
    if not areas:
        return None, None
    off = scene.as_root(f"swapoff {' '.join(path for path, _ in areas)}")
    return off, " && ".join(scene.as_root(f"swapon {priority}{path}") for path, priority in areas)


def _meminfo(scene: Scene) -> dict[str, int]:
    """Sizes in bytes by name."""
    sizes = {}
    for line in (read_text(f"{scene.root}/proc/meminfo") or "").splitlines():
        name, _, value = line.partition(":")
        fields = value.split()
        if len(fields) == 2 and fields[0].isdigit() and fields[1] == "kB":
            sizes[name] = int(fields[0]) << 10
    return sizes
