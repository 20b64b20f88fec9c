"""What else is running: two looks at every process, half a second apart."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.machine.hierarchy import read_keys, read_text
from pipeline.machine.noise import cpu_times

SECONDS = 0.5
"""CPU time is told in ticks of 10 ms: a process is seen from 2 % of a CPU on."""
KERNEL_THREAD = 0x00200000
"""Bit of the flags in `/proc/<pid>/stat`, `PF_KTHREAD` in the kernel's `include/linux/sched.h`."""


@dataclass(frozen=True)
class Running:
    """A process and how much of the CPUs it used."""

    pid: int
    name: str
    cpus: float
    """1.0 is one CPU all the time."""
    nice: int
    of_kernel: bool


@dataclass(frozen=True)
class Activity:
    """What happened on the machine while this process did nothing."""

    processes: tuple[Running, ...]
    """Others that used CPU time, the busiest first."""
    unseen_cpus: float | None
    """CPUs used by processes that can't be seen from here (other containers) or have ended meanwhile."""
    steal_cpus: float | None
    """CPUs that the hypervisor gave to others though somebody here wanted them."""
    swapped_pages: int | None
    """Memory pages written to swap and read back, of the whole machine."""


@dataclass(frozen=True)
class Look:
    """The counters of one moment."""

    processes: dict[tuple[int, int], Running]
    """By process id and start time, so that a new process with an old id isn't mistaken; `cpus` is in seconds here."""
    busy_s: float | None
    steal_s: float | None
    swapped_pages: int | None


def observe(seconds: float = SECONDS, root: str = "") -> Activity | None:
    """Watches all others for a while; None where processes can't be seen (no `/proc`)."""
    before = look(root)
    start = time.monotonic()
    time.sleep(seconds)
    after = look(root)
    return between(before, after, time.monotonic() - start) if after.processes else None


def look(root: str = "") -> Look:
    """Reads the counters of every process that can be seen."""
    processes = {}
    for folder in Path(f"{root}/proc").glob("[0-9]*"):
        found = _running(int(folder.name), read_text(f"{folder}/stat") or "")
        if found is not None:
            processes[found[0]] = found[1]
    stat = read_text(f"{root}/proc/stat")
    busy_s, steal_s = cpu_times(stat, [int(number) for number in re.findall(r"(?m)^cpu(\d+) ", stat or "")])
    pages = read_keys(f"{root}/proc/vmstat")
    swapped = [pages[name] for name in ("pswpin", "pswpout") if name in pages]
    return Look(processes, busy_s, steal_s, sum(swapped) if swapped else None)


def between(before: Look, after: Look, seconds: float) -> Activity:
    """What happened between two looks; this process itself is left out."""
    used_s = {
        key: process.cpus - (before.processes[key].cpus if key in before.processes else 0)
        for key, process in after.processes.items()
    }
    others = [
        Running(process.pid, process.name, used_s[key] / seconds, process.nice, process.of_kernel)
        for key, process in after.processes.items()
        if used_s[key] > 0 and process.pid != os.getpid()
    ]
    busy_s = None if before.busy_s is None or after.busy_s is None else after.busy_s - before.busy_s
    steal_s = None if before.steal_s is None or after.steal_s is None else after.steal_s - before.steal_s
    swapped = (
        None
        if before.swapped_pages is None or after.swapped_pages is None
        else after.swapped_pages - before.swapped_pages
    )
    return Activity(
        processes=tuple(sorted(others, key=lambda process: -process.cpus)),
        unseen_cpus=None if busy_s is None else max(busy_s - sum(used_s.values()), 0) / seconds,
        steal_cpus=None if steal_s is None else max(steal_s, 0) / seconds,
        swapped_pages=swapped,
    )


def _running(pid: int, stat: str) -> tuple[tuple[int, int], Running] | None:
    """One process from the text of its `stat`; the name in parentheses may contain anything."""
    start, _, rest = stat.rpartition(") ")
    fields = rest.split()
    if len(fields) < 20:
        return None
    used_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    name = start.partition("(")[2]
    kernel = bool(int(fields[6]) & KERNEL_THREAD)
    return (pid, int(fields[19])), Running(pid, name, used_s, int(fields[16]), kernel)
