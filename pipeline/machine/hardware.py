"""Facts about processors, memory and power, each by a function of its own; None for what a machine doesn't tell.

`root` is put before every path of `/proc` and `/sys`, for tests with an invented machine.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path

from pipeline.machine.cpus import parse_cpu_list
from pipeline.machine.hierarchy import V2, positions, read_text

CPU = "/sys/devices/system/cpu"
SIZE_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
CPUINFO_MODEL_KEYS = ("model name", "cpu model", "Processor", "cpu", "Model", "Hardware")
"""In `/proc/cpuinfo`: x86, MIPS, old ARM, POWER, Raspberry Pi, other ARM boards."""
CPUINFO_SIGNATURES = (
    ("vendor_id", "/", ("cpu family", "model", "stepping")),
    ("CPU implementer", " ", ("CPU part", "CPU variant", "CPU revision")),
)
NO_HYPERVISOR = "none"


def cpu_model(root: str = "") -> str | None:
    """The processor's name for itself."""
    for key in CPUINFO_MODEL_KEYS:
        if found := cpuinfo(key, root):
            return found
    if sys.platform == "darwin" and not root:
        return _output_of("sysctl", "-n", "machdep.cpu.brand_string")
    return (platform.processor() or None) if not root else None


def cpu_microcode(root: str = "") -> str | None:
    """Revision of the processor's microcode, hexadecimal as the kernel writes it."""
    return cpuinfo("microcode", root)


def cpu_signature(root: str = "") -> str | None:
    """Maker, family, model and stepping by number: many virtual machines hide the name, few hide these.

    From `/proc/cpuinfo` on x86 (`AuthenticAMD 25/17/1`) and ARM (`0x41 0xd0c 0x3 1`); None elsewhere.
    """
    for maker, joint, keys in CPUINFO_SIGNATURES:
        found = [cpuinfo(key, root) for key in (maker, *keys)]
        if all(found):
            first, *rest = (value for value in found if value)
            return f"{first} {joint.join(rest)}"
    return None


def cpuinfo(key: str, root: str = "") -> str | None:
    """The first value of a key of `/proc/cpuinfo`; None if it is missing or empty."""
    for line in (read_text(f"{root}/proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key and value.strip():
            return " ".join(value.split())
    return None


def sockets(root: str = "") -> int | None:
    """Processor packages with at least one CPU online."""
    files = Path(f"{root}{CPU}").glob("cpu[0-9]*/topology/physical_package_id")
    packages = {(read_text(str(file)) or "").strip() for file in files}
    return len(packages - {"", "-1"}) or None


def numa_nodes(root: str = "") -> int | None:
    """Memory nodes that are online."""
    return len(parse_cpu_list(_line(f"{root}/sys/devices/system/node/online"))) or None


def smt(root: str = "") -> str | None:
    """`on`, `off`, `forceoff`, `notsupported` or `notimplemented`, in the kernel's words."""
    return _line(f"{root}{CPU}/smt/control")


def caches(root: str = "") -> list[dict[str, int | str]] | None:
    """Level, type, size in bytes and number of sharing CPUs of each cache of the first CPU."""
    found: list[dict[str, int | str]] = []
    for folder in sorted(Path(f"{root}{CPU}/cpu0/cache").glob("index[0-9]*")):
        level, kind = _line(f"{folder}/level"), _line(f"{folder}/type")
        size = _size_bytes(_line(f"{folder}/size"))
        shared_by = len(parse_cpu_list(_line(f"{folder}/shared_cpu_list")))
        if level and kind and size:
            found.append({"level": int(level), "type": kind, "size_bytes": size, "shared_by_cpus": shared_by})
    return found or None


def governor(root: str = "") -> str | None:
    """The rule by which the first CPU's frequency is chosen."""
    return _line(f"{root}{CPU}/cpu0/cpufreq/scaling_governor")


def frequency_driver(root: str = "") -> str | None:
    """The kernel's driver for CPU frequencies."""
    return _line(f"{root}{CPU}/cpu0/cpufreq/scaling_driver")


def energy_preference(root: str = "") -> str | None:
    """What the processor was asked to prefer, from `performance` to `power`."""
    return _line(f"{root}{CPU}/cpu0/cpufreq/energy_performance_preference")


def turbo(root: str = "") -> bool | None:
    """Whether the processor may exceed its nominal frequency."""
    no_turbo = _line(f"{root}{CPU}/intel_pstate/no_turbo")
    if no_turbo is not None:
        return no_turbo == "0"
    boost = _line(f"{root}{CPU}/cpufreq/boost") or _line(f"{root}{CPU}/cpu0/cpufreq/boost")
    return None if boost is None else boost == "1"


def on_ac_power() -> bool | None:
    """False on battery; None where there is no battery."""
    import psutil

    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return None if battery is None else battery.power_plugged


def mitigations(root: str = "") -> dict[str, str] | None:
    """What the kernel does about each known flaw of the processor."""
    files = sorted(Path(f"{root}{CPU}/vulnerabilities").glob("*"))
    return {file.name: told for file in files if (told := _line(str(file)))} or None


def hypervisor(root: str = "") -> str | None:
    """Who runs this virtual machine (`unknown` if that isn't told); `none` on bare metal.

    Only x86 processors tell that they are virtual; for others None unless the firmware names a maker.
    """
    flags = cpuinfo("flags", root)
    if flags is not None and "hypervisor" not in flags.split():
        return NO_HYPERVISOR
    firmware = " ".join(
        part for key in ("sys_vendor", "product_name") if (part := _line(f"{root}/sys/class/dmi/id/{key}"))
    )
    if flags is None:
        virtual = re.search(r"qemu|kvm|vmware|virtual|xen|amazon ec2|google", firmware, re.IGNORECASE)
        return firmware if virtual else None
    return _line(f"{root}/sys/hypervisor/type") or firmware or "unknown"


def memory_bytes() -> int | None:
    """Memory of the machine."""
    import psutil

    return int(psutil.virtual_memory().total)


def swap_bytes() -> int | None:
    """Swap space of the machine."""
    import psutil

    return int(psutil.swap_memory().total)


def memory_limit_bytes(root: str = "") -> int | None:
    """The tightest memory limit of the own control group and its ancestors; None without one."""
    found = positions(root)
    limits = []
    for controller, name in (("memory", "memory.limit_in_bytes"), (V2, "memory.max")):
        if controller in found:
            limits += [_line(f"{folder}/{name}") for folder in found[controller].upwards()]
    numbers = [int(limit) for limit in limits if limit and limit.isdigit()]
    return min((number for number in numbers if number < 1 << 60), default=None)


def huge_pages(root: str = "") -> str | None:
    """When memory is given out in huge pages: `always`, `madvise` or `never`."""
    chosen = re.search(r"\[(\w+)\]", _line(f"{root}/sys/kernel/mm/transparent_hugepage/enabled") or "")
    return chosen[1] if chosen else None


def clocksource(root: str = "") -> str | None:
    """The kernel's clock: `tsc` is cheap to read, others aren't."""
    return _line(f"{root}/sys/devices/system/clocksource/clocksource0/current_clocksource")


def _line(path: str) -> str | None:
    """A file's text on one line; None if it is missing or empty."""
    return " ".join((read_text(path) or "").split()) or None


def _size_bytes(text: str | None) -> int | None:
    match = re.fullmatch(r"(\d+)([KMG]?)", text or "")
    return int(match[1]) * SIZE_UNITS[match[2]] if match else None


def _output_of(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=2, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
