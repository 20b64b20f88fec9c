"""Everything about a machine that a reader of its results has to know, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
import platform
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline.machine import cpus, hardware, topology
from pipeline.machine.hierarchy import read_text

Facts = dict[str, Any]

FINGERPRINTED = (
    "os",
    "architecture",
    "cpu_model",
    "cpu_signature",
    "sockets",
    "physical_cores",
    "logical_cpus",
    "threads_per_core",
    "numa_nodes",
    "affinity_cpus",
    "quota_cpus",
)
"""Facts that stay the same from boot to boot and decide how fast the machine is. Nothing that is measured, such as
frequencies, and no names: two machines of one make, equally set up, have one fingerprint.

The versions of the kernel and of the microcode aren't among them: an update, which comes with a reboot, makes no other
machine. If it makes the machine faster or slower, that is a change to be found in the machine's history, and
`setting_changes` names the update beside it; a new fingerprint would end the history just there."""
SETTINGS = (
    "os_release",
    "kernel",
    "cpu_microcode",
    "libc",
    "smt",
    "governor",
    "frequency_driver",
    "energy_preference",
    "turbo",
    "on_ac_power",
    "mitigations",
    "hypervisor",
    "clocksource",
    "memory_bytes",
    "memory_limit_bytes",
    "huge_pages",
    "temp_filesystem",
)
"""Facts that may change on one machine from day to day, and may change its speed when they do."""
DIGITS = 12


def machine_facts() -> Facts:
    """Facts by name, ready for JSON; None for what this machine doesn't tell.

    Units are in the names; counts are of the whole machine except for `affinity*`, `quota_cpus`,
    `effective_cpus` and `memory_limit_bytes`, which are of the calling process. `hostname` is the only fact
    that names anybody.
    """
    facts: Facts = {name: _told(fact) for name, fact in FACTS.items()}
    facts["fallback_identity"] = None if _is_identified(facts) else _own_identity()
    return facts


def fingerprint(facts: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits, equal for machines whose stable hardware facts are equal (`identity`).

    Two stored runs are compared by the fingerprints of their stored facts, not by stored fingerprints: which facts
    count may differ between versions of this program.
    """
    text = json.dumps(identity(facts), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def identity(facts: Mapping[str, Any]) -> Facts:
    """The facts that a fingerprint is made of.

    A machine that hides its processor or its number of CPUs equals only itself: an unknown is not the same as
    another unknown.
    """
    stable = {name: _plain(facts.get(name)) for name in FINGERPRINTED}
    if _is_identified(facts):
        return stable
    return {**stable, "fallback_identity": facts.get("fallback_identity") or dict(facts)}


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Which facts keep two fingerprints apart: both values by name; empty if the fingerprints are equal."""
    ours, theirs = identity(one), identity(other)
    names = [*ours, *(name for name in theirs if name not in ours)]
    return {name: (ours.get(name), theirs.get(name)) for name in names if ours.get(name) != theirs.get(name)}


def setting_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Which settings differ, both values by name: what to suspect when one machine's results have changed.

    A setting that one side doesn't tell is not known to differ.
    """
    return {
        name: (before[name], after[name])
        for name in SETTINGS
        if before.get(name) is not None and after.get(name) is not None and before[name] != after[name]
    }


def _is_identified(facts: Mapping[str, Any]) -> bool:
    """Without a processor and its number of CPUs, machines can't be told apart."""
    return bool(facts.get("logical_cpus") and (facts.get("cpu_model") or facts.get("cpu_signature")))


def _plain(value: Any) -> Any:
    """A count of zero is an unknown; 2.0 CPUs are 2 CPUs."""
    return int(value) if isinstance(value, float) and value.is_integer() else value or None


def _told(fact: Callable[[], Any]) -> Any:
    try:
        return fact()
    except (OSError, ValueError, RuntimeError, NotImplementedError):
        return None


def _own_identity() -> str:
    """Something that only this machine has, without giving away its id; random if it has none."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        if text := (read_text(path) or "").strip():
            return hashlib.sha256(f"whichpool {text}".encode()).hexdigest()[:DIGITS]
    return uuid.uuid4().hex[:DIGITS]


def _os_release() -> str | None:
    system = platform.system()
    if system == "Linux":
        return platform.freedesktop_os_release().get("PRETTY_NAME")
    if system == "Darwin":
        return f"macOS {platform.mac_ver()[0]}"
    return platform.version() or None


def _libc() -> str | None:
    return " ".join(part for part in platform.libc_ver() if part) or None


def temp_filesystem() -> str | None:
    """Type of the file system that holds temporary files."""
    import psutil

    folder = Path(tempfile.gettempdir()).resolve()
    holders = [part for part in psutil.disk_partitions(all=True) if folder.is_relative_to(part.mountpoint)]
    # Of several mounts on one place, the last one is what is seen.
    nearest = max(enumerate(holders), key=lambda item: (len(item[1].mountpoint), item[0]), default=None)
    return nearest[1].fstype if nearest else None


FACTS: dict[str, Callable[[], Any]] = {
    "os": platform.system,
    "os_release": _os_release,
    "kernel": platform.release,
    "architecture": platform.machine,
    "hostname": platform.node,
    "libc": _libc,
    "cpu_model": hardware.cpu_model,
    "cpu_signature": hardware.cpu_signature,
    "cpu_microcode": hardware.cpu_microcode,
    "sockets": hardware.sockets,
    "physical_cores": cpus.physical_cores,
    "logical_cpus": cpus.logical_cpus,
    "threads_per_core": cpus.threads_per_core,
    "smt": hardware.smt,
    "core_types": topology.core_types,
    "cores": topology.cores,
    "shared_caches": topology.shared_caches,
    "numa_nodes": hardware.numa_nodes,
    "numa_cpus": topology.numa_cpus,
    "caches": hardware.caches,
    "affinity": cpus.affinity,
    "affinity_cpus": cpus.affinity_count,
    "quota_cpus": cpus.quota_cpus,
    "effective_cpus": cpus.effective_cpus,
    "governor": hardware.governor,
    "frequency_driver": hardware.frequency_driver,
    "energy_preference": hardware.energy_preference,
    "turbo": hardware.turbo,
    "on_ac_power": hardware.on_ac_power,
    "mitigations": hardware.mitigations,
    "hypervisor": hardware.hypervisor,
    "clocksource": hardware.clocksource,
    "memory_bytes": hardware.memory_bytes,
    "memory_limit_bytes": hardware.memory_limit_bytes,
    "swap_bytes": hardware.swap_bytes,
    "huge_pages": hardware.huge_pages,
    "temp_filesystem": temp_filesystem,
}
"""Every fact and the function that finds it out."""
