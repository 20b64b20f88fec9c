"""Laws of nature: each holds in every single invocation.

N sleeps of T over W workers take ceil(N / W) * T, whatever runs them. Less means that a clock is wrong, that tasks
were lost, or that a strategy had more workers than it says; much more means that tasks ran twice or in turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from pipeline.analysis.oracles.evidence import Evidence
from pipeline.analysis.oracles.outcome import FAILED, PASSED, UNDECIDED, Outcome
from pipeline.plan.oracles import HEARTBEAT, LOCK, ONE_CPU_SLEEP, SLEEP_PREFIX

SHORTER = "shorter than possible"
CLOCK_SHARE = 0.001
"""Clocks of different kinds may differ by that much."""
PUNCTUAL, TARDY = 1.05, 1.25
"""Times the least: usual at most; more than a slow machine explains."""
SWITCH_INTERVAL_S = 0.005
"""After which a waiting thread asks for the GIL; CPython's default since 3.2."""
SWITCH_BAND, SWITCH_LIMITS = (0.9, 1.2), (0.5, 2.0)
"""Times the switch interval: as it should be; more than a disturbance explains."""


def sleep_laws(evidence: Evidence) -> Iterator[Outcome]:
    """For each strategy that the run uses, and for threads on a single CPU."""
    for role in evidence.cases:
        if role.startswith(SLEEP_PREFIX):
            yield _sleep_law(evidence, role, f"sleep law, {role.removeprefix(SLEEP_PREFIX)}")
        elif role == ONE_CPU_SLEEP:
            yield _sleep_law(evidence, role, "sleep law, threads on one CPU")


def _sleep_law(evidence: Evidence, role: str, name: str) -> Outcome:
    case = evidence.cases[role]
    count, workers = int(case["parameters"]["tasks"]), int(case["workers"])
    least_s = math.ceil(count / workers) * float(case["parameters"]["seconds"])
    expected = f"{count} sleeps over {workers} workers take {least_s * 1e3:.0f} ms, up to 5 % more"
    rows = evidence.times[evidence.times["role"] == role]
    if rows.empty:
        return evidence.not_run(name, expected, role)
    return _judged(name, expected, rows, least_s)


def _judged(name: str, expected: str, rows: pd.DataFrame, least_s: float) -> Outcome:
    """Too short in any invocation fails; too long counts only where nothing disturbed, and in all of them."""
    shortest_s = float(rows["steady_s"].min())
    reading = f"{shortest_s * 1e3:.1f} ms ({shortest_s / least_s - 1:+.1%})"
    if shortest_s < least_s * (1 - CLOCK_SHARE):
        return Outcome(name, expected, reading, FAILED, len(rows), SHORTER)
    clean = rows.loc[~rows["contaminated"], "steady_s"]
    if len(clean) and clean.min() > least_s * TARDY:
        return Outcome(name, expected, reading, FAILED, len(rows), "tasks ran twice, or not at the same time")
    if shortest_s > least_s * PUNCTUAL:
        return Outcome(name, expected, reading, UNDECIDED, len(rows), "the machine was slow to wake who slept")
    return Outcome(name, expected, reading, PASSED, len(rows))


def lock_law(evidence: Evidence) -> Outcome:
    """What only one may do at a time takes as often as long, whatever the number of threads."""
    name, case = "lock", evidence.cases.get(LOCK)
    rows = evidence.times[evidence.times["role"] == LOCK]
    if case is None or rows.empty:
        return evidence.not_run(name, "critical parts take place one after the other", LOCK)
    parameters = case["parameters"]
    critical_s = float(parameters["seconds"]) * parameters["critical"] / 100
    least_s = int(parameters["tasks"]) * critical_s
    expected = f"{parameters['tasks']} critical parts of {critical_s * 1e3:.0f} ms take at least {least_s * 1e3:.0f} ms"
    shortest_s = float(rows["steady_s"].min())
    reading = f"{shortest_s * 1e3:.1f} ms"
    if shortest_s < least_s * (1 - CLOCK_SHARE):
        return Outcome(name, expected, reading, FAILED, len(rows), SHORTER)
    return Outcome(name, expected, reading, PASSED, len(rows))


def heartbeat_law(evidence: Evidence) -> Outcome:
    """Beside one busy thread, a thread gets the GIL when the switch interval is over."""
    name = "heartbeat"
    expected = "beside one busy thread, a beat is late by the switch interval of 5 ms (median, at best)"
    rows = evidence.measurements
    rows = rows[(rows["role"] == HEARTBEAT) & (rows["metric"] == "lateness_median")]
    if rows.empty:
        return evidence.not_run(name, expected, HEARTBEAT)
    timed = evidence.times
    clean = rows["invocation"].isin(timed.loc[~timed["contaminated"], "invocation"])
    late_s = rows.loc[clean if clean.any() else clean.index, "value"]
    # Whatever else goes on can only make a beat later.
    least = float(late_s.min()) / SWITCH_INTERVAL_S
    reading, n = f"{late_s.min() * 1e3:.2f} ms", len(late_s)
    if least < SWITCH_LIMITS[0] or (clean.any() and least > SWITCH_LIMITS[1]):
        return Outcome(name, expected, reading, FAILED, n, "the beat doesn't tell when the GIL is released")
    if not SWITCH_BAND[0] < least < SWITCH_BAND[1]:
        return Outcome(name, expected, reading, UNDECIDED, n, "something else made the beat late or early")
    return Outcome(name, expected, reading, PASSED, n)
