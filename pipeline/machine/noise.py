"""How much others disturbed the machine between two moments: stolen time, CPU pressure, throttling, load.

Standard library only, and little of it: the spawner imports this module and takes two readings per
invocation.
"""

from __future__ import annotations

import os

from pipeline.machine.hierarchy import V2, positions, read_keys, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

STEAL_FIELD = 8
"""In the first line of `/proc/stat`: cpu user nice system idle iowait irq softirq steal."""


class Reading:
    """Counters of the machine at one moment, and the load at that moment."""

    def __init__(
        self,
        steal_s: float | None = None,
        pressure_s: float | None = None,
        throttled: int | None = None,
        load_1min: float | None = None,
    ) -> None:
        self.steal_s = steal_s
        self.pressure_s = pressure_s
        self.throttled = throttled
        self.load_1min = load_1min

    @classmethod
    def take(cls) -> Reading:
        """Reads what this machine tells, in a fraction of a millisecond; None where it doesn't tell."""
        return cls(
            steal_s=steal_s(read_text("/proc/stat")),
            pressure_s=pressure_s(read_text("/proc/pressure/cpu")),
            throttled=throttled(_quota_files()),
            load_1min=_load(),
        )

    def until(self, later: Reading) -> dict[str, float | int | None]:
        """What happened between this reading and a later one.

        `steal_s` is CPU time summed over the CPUs, `pressure_s` is wall-clock time in which some runnable
        process of the machine waited for a CPU, `throttled` counts periods of the CPU quota; `load_1min` is
        the load
        *before*, which the measured process hasn't raised yet.
        """
        return {
            "steal_s": _increase(self.steal_s, later.steal_s),
            "pressure_s": _increase(self.pressure_s, later.pressure_s),
            "throttled": _increase(self.throttled, later.throttled),
            "load_1min": self.load_1min,
        }


def steal_s(stat: str | None) -> float | None:
    """CPU time that the hypervisor gave to others since boot, from the text of `/proc/stat`."""
    fields = (stat or "").partition("\n")[0].split()
    if len(fields) <= STEAL_FIELD or fields[0] != "cpu":
        return None
    return int(fields[STEAL_FIELD]) / os.sysconf("SC_CLK_TCK")


def pressure_s(pressure: str | None) -> float | None:
    """Seconds in which some process waited for a CPU since boot, from the text of `/proc/pressure/cpu`."""
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


_known_quota_files: list[str] | None = None


def _quota_files() -> Sequence[str]:
    """The `cpu.stat` files of the own group and its ancestors; looked up once, as a process seldom moves."""
    global _known_quota_files
    if _known_quota_files is None:
        found = positions()
        place = found.get("cpu") or found.get(V2)
        paths = [f"{folder}/cpu.stat" for folder in place.upwards()] if place else []
        _known_quota_files = [path for path in paths if read_text(path) is not None]
    return _known_quota_files


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):
        return None


def _increase(before: float | None, after: float | None) -> float | None:
    """Counters may step back a little (steal does after a live migration): that counts as nothing."""
    return None if before is None or after is None else max(after - before, 0)
