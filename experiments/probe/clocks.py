"""Elapsed time, and the CPU time of this process and its workers."""

from __future__ import annotations

import os
import time

now = time.perf_counter
"""Seconds on a monotonic clock."""

CPU_CLOCK_OF_PROCESS = 2
"""Linux: a process's CPU clock has the identifier `~pid << 3 | 2` (clock_getcpuclockid(3))."""


def cpu_seconds(workers: list[int] | None) -> float | None:
    """CPU seconds used so far by this process, its ended children and the given worker processes.

    None where the platform doesn't tell the CPU time of another live process, or the workers aren't known.
    """
    if workers is None:
        return None
    times = os.times()
    total = time.process_time() + times.children_user + times.children_system
    for worker in workers:
        try:
            total += time.clock_gettime(~worker << 3 | CPU_CLOCK_OF_PROCESS)
        except (AttributeError, OSError):
            return None
    return total
