"""How punctual a thread is while others work beside it."""

from __future__ import annotations

import math
import time

from experiments.parameters import choice, duration, integer
from experiments.workloads.arithmetic import step_generator
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

STEPS_AT_ONCE = 2000
"""Steps between two looks at the clock: about 0.1 ms of bytecode."""
SORT_LENGTH = 50_000
"""Numbers in one call of `sort`: about 10 ms."""
HASH_BYTES = 1 << 20
NAP_S = 0.001
BEAT = "beat"
JOB_S = 0.1
LATE_S = 0.05
"""Above this, people notice that a program doesn't react."""
QUANTILES = {"lateness_p95": 0.95, "lateness_p99": 0.99, "lateness_maximum": 1.0}


def beat_or_work(item: tuple[int, int, float, float, str, float]) -> tuple[int, list[float]]:
    """`(index, beats, interval_s, duration_s, beside, job_s)`: task 0 keeps a beat and returns how late each was.

    The k-th beat is due `k * interval_s` after the start whenever the one before came: a stall counts for every
    beat that it swallowed. The other tasks do what `beside` says for `duration_s`; where `job_s` isn't 0, task 0 does
    it instead, for `job_s` at a time whenever no beat is due. The index comes first in the result.
    """
    index, beats, interval_s, duration_s, beside, job_s = item
    start = time.monotonic()
    if index:
        if not job_s:
            work_until(start + duration_s, work(beside))
        return index, []
    lateness = []
    own_work = work(beside) if job_s else None
    for beat in range(1, beats + 1):
        due = start + beat * interval_s
        if own_work is None:
            time.sleep(max(0.0, due - time.monotonic()))
        while own_work is not None and time.monotonic() < due:
            work_until(time.monotonic() + job_s, own_work)
        lateness.append(time.monotonic() - due)
    return index, lateness


def work_until(end: float, some_work: Callable[[], object]) -> None:
    """Repeats it until that time has come."""
    while time.monotonic() < end:
        some_work()


def work(beside: str) -> Callable[[], object]:
    """A little of this kind of work, to be repeated."""
    if beside == "sleep":
        return lambda: time.sleep(NAP_S)
    if beside == "int_loop":
        return lambda: step_generator((0, STEPS_AT_ONCE))
    # Its imports are for those who need them.
    from experiments.workloads.native import hash_block, sort_numbers

    if beside == "sort":
        return lambda: sort_numbers((0, SORT_LENGTH))
    return lambda: hash_block((0, HASH_BYTES, 1))


def quantile(ordered: list[float], share: float) -> float:
    """The least value that at least this share of all doesn't exceed (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def late_share(lateness: list[float], interval_s: float, limit_s: float) -> float:
    """The share of the time, up to the last beat, in which a beat had been due for more than `limit_s`."""
    late_s = covered = 0.0
    for beat, late in enumerate(lateness, 1):
        due = beat * interval_s
        since, until = max(covered, due + limit_s), due + late
        if until > since:
            late_s += until - since
            covered = until
    return late_s / max(beat * interval_s + late for beat, late in enumerate(lateness, 1))


class Heartbeat(Workload):
    """A beat every few milliseconds in one task while the others compute; tells how late it is.

    The first task sleeps until each beat is due and notes how late it woke up; meanwhile each other task does what
    `beside` says, again and again. The schedule is fixed: the k-th beat is due k * `interval` after the start. A
    stall therefore counts in full, for the beat that met it and for every beat that fell due before it was over.

    It shows whether a program stays responsive, a user interface or a server for instance, while it also works.

    Expected: on a GIL build, a beat beside one computing thread (`int_loop`) is late by the switch interval of 5 ms;
    beside several it can fall behind for good. Beside `sort`, which doesn't let go of the GIL, by as long as one call
    takes. Beside `hash_large`, which releases it, beside `sleep`, on a free-threaded build and with the work in
    processes, lateness is what the operating system takes to wake a thread, as long as a CPU is free. Under `serial`
    the beat is alone: the tasks come one after the other. With `work_on: beat`, every `job` is a stall, on every build:
    beats are late by up to `job`.

    The tests check that no beat is early and that a stall makes every beat late that fell into it. Every run with at
    least two CPUs and a GIL checks that the median beside one computing thread is the switch interval.

    `interval` and `beats` are the schedule; `tasks` is one more than the number of tasks beside. With `work_on: beat`
    the first task does the work itself, `job` at a time whenever no beat is due, and the others do nothing: that is a
    user interface that computes on its own thread. The readings are `lateness_median`, `lateness_p95`, `lateness_p99`
    and `lateness_maximum` in seconds, and `late_share_50ms`, the share of the time in which a beat had been due for
    more than 50 ms. Percentiles are by nearest rank: with fewer than 100 beats the last two are the same.
    """

    name = "heartbeat"
    needs = Resource.READINGS
    function = staticmethod(beat_or_work)
    default_tasks = 2

    interval: float = duration(0.010, "Time between two beats.")
    beats: int = integer(20, "Beats per iteration.")
    beside: str = choice(
        "int_loop",
        ("int_loop", "sort", "hash_large", "sleep"),
        "What the other tasks do meanwhile: as the workload of that name.",
    )
    # None rather than the values themselves: what isn't asked for stays out of the names of cases.
    work_on: str | None = choice(
        None, ("others", "beat"), "Who does what `beside` says: the others unless set, or the task that beats."
    )
    job: float | None = duration(None, "With `work_on: beat`: how long the work takes at a time; 100 ms unless set.")
    reading_units: Mapping[str, str] = {"late_share_50ms": "1"}

    @classmethod
    def contradiction(cls, values: Mapping[str, Any]) -> str | None:
        """A length of what isn't done."""
        if values.get("job") is not None and values.get("work_on") != BEAT:
            return "job is for work_on: beat; the others work without a break"
        return "job is a time above 0" if values.get("job") == 0 else None

    def items(self, count: int) -> list[tuple[int, int, float, float, str, float]]:
        """One task that beats, and others that work as long."""
        length_s = self.interval * (self.beats + 1)
        job_s = (self.job or JOB_S) if self.work_on == BEAT else 0.0
        return [(index, self.beats, self.interval, length_s, self.beside, job_s) for index in range(count)]

    def comparable(self, results: list[tuple[int, list[float]]]) -> list[tuple[int, int]]:
        """How many beats there were: their lateness varies."""
        return [(index, len(lateness)) for index, lateness in results]

    def expected(self, items: list[Any]) -> list[tuple[int, int]]:
        """As many beats as asked for, from the one task that beats."""
        return [(index, 0 if index else self.beats) for index, *_ in items]

    def readings(self, results: list[tuple[int, list[float]]]) -> dict[str, float]:
        """The median, the 95th and 99th percentile and the greatest lateness, in seconds; the share of late time."""
        ordered = sorted(results[0][1])
        found = {name: quantile(ordered, share) for name, share in QUANTILES.items()}
        share = late_share(results[0][1], self.interval, LATE_S)
        return {"lateness_median": ordered[len(ordered) // 2], **found, "late_share_50ms": share}

    def predicted_task_s(self) -> float:
        """As long as it beats."""
        return float(self.interval * (self.beats + 1))
