"""Whether somebody else's work disturbed an invocation so much that it has to be repeated.

Judged by what happened on the machine, never by how long the invocation took: leaving out what looks slow would
make everything look fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.plan.case import Case

FOREIGN_SHARE = 0.10
"""Of the CPUs, used by other processes; more than that is noticed by whoever wants all of them."""
SMALLEST_FOREIGN_S = 0.02
TICK_S = 0.01
"""In which the kernel counts CPU time, on each CPU: that much may be rounding."""
STEAL_SHARE = 0.02
SMALLEST_STEAL_S = 0.03


def disturbance(answer: Mapping[str, Any], case: Case, cpus: int) -> str | None:
    """What disturbed a timing invocation, in words; None if nothing did, or the machine doesn't tell."""
    noise, seconds = answer["noise"], answer["duration_s"]
    if not seconds:
        return None
    if noise.get("throttled"):
        return f"the CPU quota held it back in {noise['throttled']} periods"
    stolen_s = noise.get("steal_s") or 0.0
    if stolen_s > max(STEAL_SHARE * seconds * cpus, SMALLEST_STEAL_S):
        return f"the hypervisor gave {stolen_s / seconds:.2f} CPUs to others meanwhile"
    foreign_s = noise.get("foreign_cpu_s") or 0.0
    if foreign_s <= SMALLEST_FOREIGN_S + TICK_S * cpus:
        return None
    used = foreign_s / seconds
    if used > FOREIGN_SHARE * cpus or used + min(case.workers, cpus) > cpus + FOREIGN_SHARE:
        return f"other processes used {used:.2f} CPUs meanwhile"
    return None
