"""Checks of who else works on this machine, now and soon, and of how fast it is meanwhile."""

from __future__ import annotations

import json
import math
import os
import shlex
import subprocess
import time
from collections.abc import Sequence

from pipeline.machine import hardware
from pipeline.machine.checks.activity import Running
from pipeline.machine.checks.base import Finding, Scene, percent, visible
from pipeline.machine.hierarchy import read_text

BUSY_CPUS = 0.1
"""So much of a CPU in the hands of others is a warning."""
SOME_CPUS = 0.03
NAMED = 3
SOON_S = 1800.0
SINCE_BOOT_S = 600.0
HEAVY = (
    *("apt", "dnf", "yum", "zypper", "pacman", "packagekit", "snapd", "unattended", "update", "locate", "man-db"),
    *("fstrim", "backup", "restic", "borg", "timeshift", "snapper", "btrfs", "scrub", "raid", "mdcheck"),
)
"""Parts of the names of timers that keep a disk or a CPU busy for long."""


def other_processes(scene: Scene) -> Finding | None:
    """Who is using CPUs now. Suggests nothing that ends a process."""
    if scene.activity is None:
        return None
    unseen = scene.activity.unseen_cpus or 0.0
    seen = [process for process in scene.activity.processes if process.cpus >= SOME_CPUS]
    used = unseen + sum(process.cpus for process in scene.activity.processes)
    load = _load_words()
    if used < SOME_CPUS:
        return Finding("other processes", "good", f"others use no CPU to speak of{load}", "the CPUs are free")
    named = [f"{visible(process.name)} ({process.pid}) {process.cpus:.2f}" for process in seen[:NAMED]]
    if unseen >= SOME_CPUS:
        named.append(f"some unseen or already gone {unseen:.2f}")
    what = f"others use {used:.2f} CPUs{load}" + (f": {', '.join(named)}" if named else "")
    why = "They take turns with the measured workers, which then seem to scale badly. Close what is yours, or wait."
    fix, undo = _renice([process for process in seen[:NAMED] if process.cpus >= BUSY_CPUS], scene)
    return Finding("other processes", "warning" if used >= BUSY_CPUS else "advice", what, why, fix, undo)


def speed(scene: Scene) -> Finding | None:
    """What two seconds of timing the CPUs have shown."""
    seen = scene.speed
    if seen is None:
        return None
    if seen.factor is None or seen.share_slow < 0.01:
        what = f"the CPUs kept their speed for {seen.seconds:g} s (windows of 0.1 s vary by {percent(seen.variation)})"
        return Finding("speed", "good", what, "the machine is steady")
    # Two-sided 5 %, power 80 %: (1.96 + 0.84) √2 standard errors, unpaired.
    detectable = 2.8 * math.sqrt(2) * seen.variation / math.sqrt(10)
    return Finding(
        "speed",
        "warning" if seen.variation >= 0.03 else "advice",
        f"for {percent(seen.share_slow)} of {seen.seconds:g} s a CPU took {seen.factor:.2f} times as long as at best, "
        f"for up to {seen.longest_s:.2f} s at once",
        f"Expect batches of 0.1 s to vary by about {percent(seen.variation)}: 10 of each show a difference from "
        f"{percent(detectable)} on. Pairing in blocks cancels what lasts longer than a block; more blocks help "
        "against the rest.",
    )


def timers(scene: Scene) -> Finding | None:
    """Whether updates or backups are due soon."""
    if not os.path.isdir(f"{scene.root}/run/systemd/system"):
        return None
    told = _output_of("systemctl", "list-timers", "--no-pager", "--output=json")
    return None if told is None else timers_due(told, time.time(), scene)


def timers_due(listed: str, now: float, scene: Scene) -> Finding | None:
    """The finding from the JSON of `systemctl list-timers`; None where an old systemd writes something else."""
    try:
        due = [(float(timer["next"] or 0) / 1e6 - now, str(timer["unit"])) for timer in json.loads(listed)]
    except (ValueError, TypeError, KeyError):
        return None
    soon = sorted((seconds, unit) for seconds, unit in due if 0 <= seconds < SOON_S and _is_heavy(unit))
    if not soon:
        return Finding("timers", "good", "no update or backup is due within half an hour", "nothing will begin")
    units = " ".join(shlex.quote(visible(unit)) for _, unit in soon)
    what = "due soon: " + ", ".join(f"{visible(unit)} in {seconds / 60:.0f} min" for seconds, unit in soon)
    why = "It will keep a CPU and the disk busy in the middle of a run."
    return Finding(
        "timers",
        "advice",
        what,
        why,
        scene.as_root(f"systemctl stop {units}"),
        scene.as_root(f"systemctl start {units}"),
    )


def since_boot(scene: Scene) -> Finding | None:
    """Whether the machine is still busy with starting."""
    fields = (read_text(f"{scene.root}/proc/uptime") or "").split()
    if not fields:
        return None
    seconds = float(fields[0])
    if seconds >= SINCE_BOOT_S:
        return Finding("boot", "good", "started long ago", "whatever follows a start is over")
    what = f"started {seconds / 60:.0f} min ago"
    return Finding("boot", "advice", what, "Updates, indexing and caches follow a start. Wait ten minutes.")


def watchdog(scene: Scene) -> Finding | None:
    """Whether the kernel interrupts every CPU to see if it is alive."""
    on = scene.line("/proc/sys/kernel/nmi_watchdog")
    if on is None:
        return None
    if on == "0":
        return Finding("watchdog", "good", "the NMI watchdog is off", "it interrupts nobody")
    # The rate matters only while something is sampled, and the watchdog is what always is.
    fix, undo = scene.sysctl({"kernel.nmi_watchdog": "0", "kernel.perf_event_max_sample_rate": "1"})
    why = "It interrupts every CPU now and then and takes a performance counter: for dedicated machines."
    return Finding("watchdog", "advice", "the NMI watchdog is on", why, fix, undo)


def irqbalance(scene: Scene) -> Finding | None:
    """Whether interrupts are moved from CPU to CPU, which is a matter for dedicated hardware only."""
    names, host = _names(scene), hardware.hypervisor(scene.root)
    if not names or host is None:
        return None
    if host != hardware.NO_HYPERVISOR:
        return Finding("interrupts", "good", "a virtual machine", "the host decides who is interrupted")
    if "irqbalance" not in names:
        return Finding("interrupts", "good", "irqbalance isn't running", "interrupts stay where they are")
    return Finding(
        "interrupts",
        "advice",
        "irqbalance is running",
        "It moves interrupts between CPUs during a run: on a dedicated machine, stop it.",
        scene.as_root("systemctl stop irqbalance"),
        scene.as_root("systemctl start irqbalance"),
    )


def _renice(processes: Sequence[Running], scene: Scene) -> tuple[str | None, str | None]:
    """Commands that make others wait for us, and that give each its present niceness back.

    Without `-n`, which adds to the niceness instead of setting it on some systems.
    """
    hasty = [process for process in processes if process.nice < 19 and not process.of_kernel]
    if not hasty:
        return None, None
    back = " && ".join(
        # Only root may make a process less nice again.
        scene.as_root(f"renice {process.nice} -p {process.pid}")
        for process in hasty
    )
    return scene.as_root(f"renice 19 -p {' '.join(str(process.pid) for process in hasty)}"), back


def _load_words() -> str:
    try:
        return f"; load {os.getloadavg()[0]:.1f}"
    except (OSError, AttributeError):
        return ""


def _is_heavy(unit: str) -> bool:
    return any(part in unit.lower() for part in HEAVY)


def _names(scene: Scene) -> set[str]:
    folder = f"{scene.root}/proc"
    pids = [name for name in os.listdir(folder) if name.isdigit()] if os.path.isdir(folder) else []
    return {(read_text(f"{folder}/{pid}/comm") or "").strip() for pid in pids}


def _output_of(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=2, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
