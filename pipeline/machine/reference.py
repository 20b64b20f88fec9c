"""How fast each CPU is right now, by a small piece of work that is always the same.

Standard library only, and little of it: the spawner imports this module and takes readings before each
invocation.

The work is a loop of Python bytecode, as a slowed-down CPU slows that down most like what is measured. Where a
neighbour on the same core slowed a guest down by 1.7, the loop became 1.7 times as slow, `sum(range(n))` 1.6 and the
multiplication of large integers 1.3 times. The best of three short loops foretells the next few milliseconds better
than one long one (correlation of the logarithms 0.96 against 0.94), because an interrupt hits one of them only.
"""

from __future__ import annotations

import math
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = 2000
"""Of the loop: about 70 µs on a processor of 2022."""
REPEATS = 3


def readings(cpus: Sequence[int]) -> list[float]:
    """Seconds that the loop takes on each of these CPUs, in their order; NaN for a CPU that can't be used.

    Moves the calling thread to each CPU, and back to where it was allowed before, also after an error. Takes about
    0.25 ms per CPU. Where threads can't be tied to CPUs (macOS), it is one reading, of whichever CPU this is.
    """
    if not hasattr(os, "sched_setaffinity"):
        return [reading()]
    allowed = os.sched_getaffinity(0)
    try:
        return [_reading_on(cpu) for cpu in cpus]
    finally:
        os.sched_setaffinity(0, allowed)


def reading() -> float:
    """Seconds that the loop takes on the present CPU: the best of three."""
    return min(_loop_s() for _ in range(REPEATS))


def _reading_on(cpu: int) -> float:
    try:
        os.sched_setaffinity(0, {cpu})
    except (OSError, ValueError, OverflowError):
        return math.nan
    return reading()


def _loop_s() -> float:
    start = time.perf_counter()
    total = 0
    for number in range(STEPS):
        total += number * number
    return time.perf_counter() - start
