"""Facts read from invented machines."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.machine import hardware

INTEL = (
    "processor\t: 0\nmodel name\t: Intel(R) Xeon(R)   Gold 6148 CPU @ 2.40GHz\n"
    "microcode\t: 0x2006e05\nflags\t\t: fpu sse\n"
)
VIRTUAL = "model name\t: AMD EPYC\nflags\t\t: fpu hypervisor sse\n"
ARM_BOARD = "processor\t: 0\nBogoMIPS\t: 108.00\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n"


def write(root: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (INTEL, "Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz"),
        (ARM_BOARD, "Raspberry Pi 5 Model B Rev 1.0"),
        ("model name\t: \n", None),
        ("", None),
    ],
)
def test_cpu_model(tmp_path: Path, text: str, expected: str | None) -> None:
    assert hardware.cpu_model(write(tmp_path, {"proc/cpuinfo": text})) == expected


def test_microcode(tmp_path: Path) -> None:
    assert hardware.cpu_microcode(write(tmp_path, {"proc/cpuinfo": INTEL})) == "0x2006e05"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nstepping\t: 1\n", "AuthenticAMD 25/17/1"),
        ("CPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n", "0x41 0xd0c 0x3 1"),
        ("vendor_id\t: AuthenticAMD\ncpu family\t: 25\n", None),
        (ARM_BOARD, None),
        ("", None),
    ],
)
def test_cpu_signature(tmp_path: Path, text: str, expected: str | None) -> None:
    assert hardware.cpu_signature(write(tmp_path, {"proc/cpuinfo": text})) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"proc/cpuinfo": INTEL, "sys/class/dmi/id/sys_vendor": "Dell Inc.\n"}, "none"),
        ({"proc/cpuinfo": VIRTUAL}, "unknown"),
        ({"proc/cpuinfo": VIRTUAL, "sys/class/dmi/id/sys_vendor": "QEMU\n"}, "QEMU"),
        ({"proc/cpuinfo": VIRTUAL, "sys/hypervisor/type": "xen\n"}, "xen"),
        ({"proc/cpuinfo": ARM_BOARD}, None),
        ({"proc/cpuinfo": ARM_BOARD, "sys/class/dmi/id/sys_vendor": "Amazon EC2\n"}, "Amazon EC2"),
        ({"proc/cpuinfo": ARM_BOARD, "sys/class/dmi/id/sys_vendor": "HPE\n"}, None),
    ],
)
def test_hypervisor(tmp_path: Path, files: dict[str, str], expected: str | None) -> None:
    assert hardware.hypervisor(write(tmp_path, files)) == expected


def test_sockets_are_different_packages(tmp_path: Path) -> None:
    files = {f"sys/devices/system/cpu/cpu{n}/topology/physical_package_id": f"{n // 2}\n" for n in range(4)}
    assert hardware.sockets(write(tmp_path, files)) == 2


def test_a_package_that_the_firmware_does_not_know_is_no_socket(tmp_path: Path) -> None:
    files = {"sys/devices/system/cpu/cpu0/topology/physical_package_id": "-1\n"}
    assert hardware.sockets(write(tmp_path, files)) is None


def test_caches(tmp_path: Path) -> None:
    base = "sys/devices/system/cpu/cpu0/cache/index0"
    files = {f"{base}/level": "3\n", f"{base}/type": "Unified\n", f"{base}/size": "32768K\n"}
    root = write(tmp_path, {**files, f"{base}/shared_cpu_list": "0-7\n"})
    expected = {"level": 3, "type": "Unified", "size_bytes": 32 << 20, "shared_by_cpus": 8}
    assert hardware.caches(root) == [expected]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"intel_pstate/no_turbo": "0\n"}, True),
        ({"intel_pstate/no_turbo": "1\n", "cpufreq/boost": "1\n"}, False),
        ({"cpufreq/boost": "1\n"}, True),
        ({"cpufreq/boost": "0\n"}, False),
        ({"cpu0/cpufreq/boost": "0\n"}, False),
        ({"cpu0/cpufreq/boost": "1\n"}, True),
        ({}, None),
    ],
)
def test_turbo(tmp_path: Path, files: dict[str, str], expected: bool | None) -> None:
    root = write(tmp_path, {f"sys/devices/system/cpu/{name}": text for name, text in files.items()})
    assert hardware.turbo(root) is expected


def test_the_chosen_kind_of_huge_pages(tmp_path: Path) -> None:
    root = write(tmp_path, {"sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n"})
    assert hardware.huge_pages(root) == "madvise"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pod/memory.max": "max\n", "pod/box/memory.max": "1073741824\n"}, 1 << 30),
        ({"pod/memory.max": "536870912\n", "pod/box/memory.max": "max\n"}, 1 << 29),
        ({"pod/memory.max": "max\n"}, None),
    ],
)
def test_memory_limit(tmp_path: Path, files: dict[str, str], expected: int | None) -> None:
    groups = {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    mountinfo = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
    proc = {"proc/self/mountinfo": mountinfo, "proc/self/cgroup": "0::/pod/box\n"}
    assert hardware.memory_limit_bytes(write(tmp_path, {**proc, **groups})) == expected


def test_version_1_writes_a_huge_number_for_no_limit(tmp_path: Path) -> None:
    files = {
        "proc/self/mountinfo": "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
        "proc/self/cgroup": "4:memory:/\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    assert hardware.memory_limit_bytes(write(tmp_path, files)) is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="compares with lscpu's own source, /proc")
def test_this_machine_has_memory_and_a_clock() -> None:
    meminfo = Path("/proc/meminfo").read_text(encoding="ascii").split()
    assert hardware.memory_bytes() == int(meminfo[1]) << 10
    assert hardware.clocksource()
