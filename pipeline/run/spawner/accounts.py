"""What an invocation used, and what else happened on the machine meanwhile."""

from __future__ import annotations

import math
import os
import time

from pipeline.machine import cgroup, noise, reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from pipeline.machine.control_group import PrivateGroup
    from pipeline.machine.processes import Reaped

MOST_REFERENCE_CPUS = 8
"""Each takes a quarter of a millisecond."""


class Accounts:
    """CPU time of one invocation's tree and readings of the machine, from `open` to `close`.

    With `counted`, a control group counts the CPU time: beside the given one, if that is possible. Else it is the sum
    over the processes that were reaped.
    """

    def __init__(self, name: str, beside: PrivateGroup | None, *, counted: bool) -> None:
        # Joining a group waits for the kernel's other CPUs, often for 10 ms: not where time is measured.
        self._group = cgroup.create_for_cpu(name, beside) if counted else None
        self._after: noise.Reading | None = None

    @property
    def join_files(self) -> Sequence[str]:
        """The files by which a process joins the group that counts its CPU time; empty without one."""
        return self._group.join_files if self._group else ()

    def open(self, reference_cpus: Sequence[int]) -> None:
        """Takes the readings before the invocation; on these CPUs, how long a small piece of work takes just now."""
        self._reference_s = _reference_s(reference_cpus)
        self._own_before_s = time.process_time()
        self._before = noise.Reading.take()

    def stop(self) -> None:
        """Takes the readings after the invocation, whose last processes may still be leaving."""
        self._after = noise.Reading.take()

    def close(self, reaped: Iterable[Reaped]) -> dict[str, Any]:
        """What came of it, once the whole tree is gone and `reaped`; the group is gone then, too."""
        usages = [usage for _, _, usage in reaped]
        cpu_s, method = sum(usage.ru_utime + usage.ru_stime for usage in usages), "wait4"
        if self._group:
            counted_s = self._group.cpu_seconds()
            if counted_s is not None:
                cpu_s, method = counted_s, self._group.method
            self._group.kill()
            self._group.remove()
        changes = self._before.until(self._after or noise.Reading.take())
        busy_s = changes.pop("busy_s", None)
        ours_s = cpu_s + time.process_time() - self._own_before_s
        foreign_s = None if busy_s is None else max(0.0, busy_s - ours_s)
        return {
            "cpu_s": cpu_s,
            "cpu_method": method,
            "involuntary_switches": sum(usage.ru_nivcsw for usage in usages),
            "noise": {**changes, "foreign_cpu_s": foreign_s, "reference_s": self._reference_s},
        }


def allowed_cpus() -> list[int]:
    """CPUs that the scheduler may give to this process; just 0 where it can't be told."""
    allowed = getattr(os, "sched_getaffinity", lambda _: {0})
    return sorted(allowed(0))


def _reference_s(cpus: Sequence[int]) -> float | None:
    found = [seconds for seconds in reference.readings(cpus[:MOST_REFERENCE_CPUS]) if seconds > 0]
    return math.exp(sum(map(math.log, found)) / len(found)) if found else None
