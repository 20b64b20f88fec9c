"""How much others disturbed the machine between two moments: CPU time, steal, pressure, throttling, load.

Standard library only, and little of it: the spawner imports this module and takes two readings per
invocation.
"""

from __future__ import annotations

import os
from functools import lru_cache

from pipeline.machine.hierarchy import V2, positions, read_keys, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

BUSY_FIELDS = (1, 2, 3, 6, 7)
"""In the lines of `/proc/stat`, user nice system irq softirq. The time of guests is part of user and nice already."""
STEAL_FIELD = 8
MOST_CPUS = 32
"""A reading stays cheap on large machines: of more CPUs, this many, evenly chosen, are asked one by one."""
CPU = "/sys/devices/system/cpu"


class Reading:
    """Counters of the machine at one moment, and what it told about that moment.

    What belongs to a CPU is taken of those CPUs only that the scheduler may give to this process: in a container,
    `/proc/stat` has the CPUs of the whole host.
    """

    def __init__(
        self,
        steal_s: float | None = None,
        pressure_s: float | None = None,
        throttled: int | None = None,
        load_1min: float | None = None,
        busy_s: float | None = None,
        memory_pressure_s: float | None = None,
        thermal_throttles: int | None = None,
        frequency_hz: float | None = None,
    ) -> None:
        self.steal_s = steal_s
        self.pressure_s = pressure_s
        self.throttled = throttled
        self.load_1min = load_1min
        self.busy_s = busy_s
        self.memory_pressure_s = memory_pressure_s
        self.thermal_throttles = thermal_throttles
        self.frequency_hz = frequency_hz

    @classmethod
    def take(cls) -> Reading:
        """Reads what this machine tells, in about 0.1 ms on two CPUs; None where it doesn't tell."""
        cpus = _affinity()
        busy_s, steal_s = cpu_times(read_text("/proc/stat"), cpus)
        return cls(
            steal_s=steal_s,
            pressure_s=pressure_s(read_text("/proc/pressure/cpu")),
            throttled=throttled(_quota_files()),
            load_1min=_load(),
            busy_s=busy_s,
            memory_pressure_s=pressure_s(read_text("/proc/pressure/memory")),
            thermal_throttles=_sum(thermal_files(cpus)),
            frequency_hz=frequency_hz(frequency_files(cpus)),
        )

    def until(self, later: Reading) -> dict[str, float | int | None]:
        """What happened between this reading and a later one.

        `busy_s` and `steal_s` are summed over the CPUs. `busy_s` is the CPU time of everybody, the measured
        processes included. It is counted in ticks of 10 ms: a difference is wrong by up to one tick per busy CPU
        (standard deviation 2 to 5 ms for one busy process on two CPUs). Kernels that sample who is running rather
        than timing it may overlook work in pieces much shorter than their timer interval
        (https://docs.kernel.org/admin-guide/cpu-load.html).

        `pressure_s` and `memory_pressure_s` are wall-clock times in which some process of the machine waited for a
        CPU, or for memory; `throttled` counts periods of the CPU quota; `thermal_throttles` counts how often a core
        or package slowed down because it was too hot. `load_1min` is the load *before*, which the measured process
        hasn't raised yet; `frequency_hz` is the mean frequency *after*, since CPUs that were idle tell nothing.
        """
        return {
            "steal_s": _increase(self.steal_s, later.steal_s),
            "pressure_s": _increase(self.pressure_s, later.pressure_s),
            "throttled": _increase(self.throttled, later.throttled),
            "load_1min": self.load_1min,
            "busy_s": _increase(self.busy_s, later.busy_s),
            "memory_pressure_s": _increase(self.memory_pressure_s, later.memory_pressure_s),
            "thermal_throttles": _increase(self.thermal_throttles, later.thermal_throttles),
            "frequency_hz": later.frequency_hz,
        }


def cpu_times(stat: str | None, cpus: Collection[int]) -> tuple[float | None, float | None]:
    """CPU time since boot that anything used, and that the hypervisor gave to others, summed over these CPUs.

    Both in seconds, from the text of `/proc/stat`. None where a CPU is missing: its numbering is then another one
    (lxcfs renumbers the CPUs of a container), or the kernel is too old to tell.
    """
    wanted = {f"cpu{number}" for number in cpus}
    busy = steal = found = 0
    for line in (stat or "").splitlines():
        if not line.startswith("cpu"):
            break
        fields = line.split()
        if fields[0] in wanted and len(fields) > STEAL_FIELD:
            busy += sum(int(fields[field]) for field in BUSY_FIELDS)
            steal += int(fields[STEAL_FIELD])
            found += 1
    if not found or found < len(wanted):
        return None, None
    ticks = os.sysconf("SC_CLK_TCK")
    return busy / ticks, steal / ticks


def pressure_s(pressure: str | None) -> float | None:
    """Seconds in which some process had to wait since boot, from the text of a file of `/proc/pressure`."""
    for line in (pressure or "").splitlines():
        kind, _, values = line.partition(" ")
        _, found, total_us = values.partition("total=")
        if kind == "some" and found:
            return int(total_us) / 1e6
    return None


def throttled(stat_files: Sequence[str]) -> int | None:
    """Periods in which a CPU quota held the process back, summed over its group and the group's ancestors.

    A quota is often set on an ancestor, for example by a container's runtime; a group without one counts
    zero.
    """
    counts = [read_keys(path).get("nr_throttled") for path in stat_files]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def frequency_hz(files: Sequence[str]) -> float | None:
    """Mean over the files of `cpufreq/scaling_cur_freq`, which are in kHz.

    `cpu MHz` of `/proc/cpuinfo` is no substitute: without the files it is the nominal frequency, whatever the
    present one is.
    """
    told = [number for number in map(_number, files) if number is not None]
    return 1000 * sum(told) / len(told) if told else None


@lru_cache(maxsize=4)
def frequency_files(cpus: tuple[int, ...], root: str = "") -> Sequence[str]:
    """Where the present frequencies of the CPUs are told."""
    paths = [f"{root}{CPU}/cpu{number}/cpufreq/scaling_cur_freq" for number in _some(cpus)]
    return [path for path in paths if os.path.exists(path)]


@lru_cache(maxsize=4)
def thermal_files(cpus: tuple[int, ...], root: str = "") -> Sequence[str]:
    """The counters of thermal throttling: one per CPU, and one per package of several CPUs."""
    paths, packages = [], set()
    for number in _some(cpus):
        folder = f"{root}{CPU}/cpu{number}"
        paths.append(f"{folder}/thermal_throttle/core_throttle_count")
        package = read_text(f"{folder}/topology/physical_package_id")
        if package not in packages:
            packages.add(package)
            paths.append(f"{folder}/thermal_throttle/package_throttle_count")
    return [path for path in paths if os.path.exists(path)]


@lru_cache(maxsize=1)
def _quota_files() -> Sequence[str]:
    """The `cpu.stat` files of the own group and its ancestors; looked up once, as a process seldom moves."""
    found = positions()
    place = found.get("cpu") or found.get(V2)
    paths = [f"{folder}/cpu.stat" for folder in place.upwards()] if place else []
    return [path for path in paths if read_text(path) is not None]


def _affinity() -> tuple[int, ...]:
    try:
        return tuple(sorted(os.sched_getaffinity(0)))
    except (OSError, AttributeError):
        return ()


def _some(cpus: tuple[int, ...]) -> tuple[int, ...]:
    return cpus[:: -(-len(cpus) // MOST_CPUS) or 1]


def _number(path: str) -> int | None:
    text = (read_text(path) or "").strip()
    return int(text) if text.isdigit() else None


def _sum(files: Sequence[str]) -> int | None:
    told = [number for number in map(_number, files) if number is not None]
    return sum(told) if told else None


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):
        return None


def _increase(before: float | None, after: float | None) -> float | None:
    """Counters may step back a little (steal does after a live migration): that counts as nothing."""
    return None if before is None or after is None else max(after - before, 0)
