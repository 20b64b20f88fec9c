"""How punctual a thread is while others work beside it."""

from __future__ import annotations

import time

from experiments.parameters import duration, integer
from experiments.workloads.arithmetic import step_generator
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STEPS_AT_ONCE = 2000
"""Steps between two looks at the clock: about 0.1 ms of bytecode."""


def beat_or_work(item: tuple[int, int, float, float]) -> tuple[int, list[float]]:
    """`(index, beats, interval_s, duration_s)`: task 0 keeps a beat and returns how late each was, others burn CPU.

    The k-th beat is due `k * interval_s` after the start whenever the one before came: a stall counts for every
    beat that it swallowed. The others do so for `duration_s`. The index comes first in the result.
    """
    index, beats, interval_s, duration_s = item
    start = time.monotonic()
    while index and time.monotonic() - start < duration_s:
        step_generator((0, STEPS_AT_ONCE))
    if index:
        return index, []
    lateness = []
    for beat in range(1, beats + 1):
        due = start + beat * interval_s
        time.sleep(max(0.0, due - time.monotonic()))
        lateness.append(time.monotonic() - due)
    return index, lateness


class Heartbeat(Workload):
    """A beat every few milliseconds in one task while the others compute; tells how late it is."""

    name = "heartbeat"
    needs = Resource.CPU
    function = staticmethod(beat_or_work)
    default_tasks = 2

    interval: float = duration(0.010, "Time between two beats.")
    beats: int = integer(20, "Beats per iteration.")

    def items(self, count: int) -> list[tuple[int, int, float, float]]:
        """One task that beats, and others that compute as long."""
        length_s = self.interval * (self.beats + 1)
        return [(index, self.beats, self.interval, length_s) for index in range(count)]

    def comparable(self, results: list[tuple[int, list[float]]]) -> list[tuple[int, int]]:
        """How many beats there were: their lateness varies."""
        return [(index, len(lateness)) for index, lateness in results]

    def expected(self, items: list[Any]) -> list[tuple[int, int]]:
        """As many beats as asked for, from the one task that beats."""
        return [(index, 0 if index else self.beats) for index, *_ in items]

    def readings(self, results: list[tuple[int, list[float]]]) -> dict[str, float]:
        """The median and the greatest lateness, in seconds."""
        lateness = sorted(results[0][1])
        return {"lateness_median": lateness[len(lateness) // 2], "lateness_maximum": lateness[-1]}

    def predicted_task_s(self) -> float:
        """As long as it beats."""
        return float(self.interval * (self.beats + 1))
