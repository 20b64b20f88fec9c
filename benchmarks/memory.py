"""How near the memory readings come to what the work is known to need, and what they cost."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator

from pipeline.machine import cgroup
from pipeline.machine.control_group import join
from tests.support.memory_runs import UNITS_OF, findings, has_private_groups, peaks, supervised, task_request

UNIT_MIB = 50
SHORT_UNIT_MIB = 8
HOLD = {"HOLD_S": "0.6"}
LIMIT = 0.02
SAMPLER_LIMIT = 0.05
APART_S = 0.03
"""About as far apart as invocations are."""
ROUNDS = 60
BY_NATURE = {"forked": "what forks share is nobody's own", "shared": "shared memory is nobody's own", "spike": "unseen"}
"""What unique set sizes can't tell."""


def measure() -> Iterator[str]:
    """Peaks against the truth for each method, short spikes, the sampler's share, and making a group."""
    methods = [*(["cgroup"] if has_private_groups() else []), "pss", "uss"]
    found = {method: peaks(method, list(UNITS_OF), UNIT_MIB, **HOLD) for method in methods}
    for task, units in UNITS_OF.items():
        errors = [f"{method} {_error(found[method][task], units)}" for method in methods]
        note = f"; uss: {BY_NATURE[task]}" if task in BY_NATURE else ""
        yield f"{task}, {units * UNIT_MIB} MiB: {', '.join(errors)} (aim: within {LIMIT:.0%}{note})"
    yield _short_peak(methods)
    for method in ("pss", "uss"):
        share = _sampler_share(method)
        yield f"sampler, {method}: {share:.1%} of an invocation with 600 MiB (aim: under {SAMPLER_LIMIT:.0%})"
    yield from _groups()


def _error(units: float, truth: float) -> str:
    return f"{units / truth - 1:+.1%}"


def _short_peak(methods: list[str]) -> str:
    """The same two children, smaller and so quicker, which give everything back as soon as both have it."""
    needed = UNITS_OF["two_children"]
    found = {
        method: [peaks(method, ["two_children"], SHORT_UNIT_MIB, HOLD_S="0")["two_children"] for _ in range(3)]
        for method in methods
    }
    errors = [f"{method} {_error(min(some), needed)} to {_error(max(some), needed)}" for method, some in found.items()]
    return f"two_children, {needed * SHORT_UNIT_MIB} MiB for a moment only: {', '.join(errors)} (no aim for samples)"


def _sampler_share(method: str) -> float:
    """CPU time of the supervising process over the invocation's duration, less what it needs without sampling."""
    asked = task_request("two_children", UNIT_MIB, HOLD_S="1.5")
    answers = [supervised(each, [asked] * 3) for each in ([method, "cgroup"] if has_private_groups() else [method])]
    shares = [statistics.median(one["supervisor_cpu_s"] / one["duration_s"] for one in some) for some in answers]
    assert findings(answers[0][0])["peak_memory"]["method"] == f"{method}_sampled"
    return float(shares[0] - (shares[1] if len(shares) > 1 else 0.0))


def _groups() -> Iterator[str]:
    """Median time of making, joining and removing a group that counts CPU time."""
    taken = [_one_group() for _ in range(ROUNDS)]
    whole = [sum(times) for times in taken if times]
    if not whole:
        yield "this user may not create a control group that counts CPU time here"
        return
    made, joined, removed = (statistics.median(part) * 1e6 for part in zip(*filter(None, taken), strict=True))
    yield (
        f"group for CPU time: made in {made:.0f} µs, joined in {joined:.0f} µs, removed in {removed:.0f} µs; "
        f"together {statistics.median(whole) * 1e6:.0f} µs, at most {max(whole) * 1e3:.1f} ms "
        "(no aim: memory invocations only)"
    )


def _one_group() -> tuple[float, float, float] | None:
    time.sleep(APART_S)  # one after the other, without a pause, joining is always quick
    start = time.perf_counter()
    group = cgroup.create_for_cpu(f"whichpool-bench-{os.getpid()}")
    made_s = time.perf_counter() - start
    if group is None:
        return None
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        start = time.perf_counter()
        join(group.join_files)
        os.write(write, repr(time.perf_counter() - start).encode())
        os._exit(0)
    joined_s = float(os.read(read, 64))
    os.waitpid(pid, 0)
    os.close(read)
    os.close(write)
    start = time.perf_counter()
    group.remove()
    return made_s, joined_s, time.perf_counter() - start
