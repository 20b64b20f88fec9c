"""Finds the size of a task that takes a given time, in a plain loop."""

from __future__ import annotations

from experiments.probe import clocks
from experiments.probe.invocation import load_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from experiments.probe.channel import Channel
    from experiments.workloads.base import Workload

REPEATS = 5
LARGEST_SIZE = 1 << 40


def calibrate(channel: Channel, request: dict[str, Any]) -> None:
    """Reports the value of the calibrated parameter that makes one task last `target_s` seconds."""
    class_ = load_class(request["workload"])
    parameter, target_s = request["parameter"], request["target_s"]

    def seconds_at(size: int) -> float:
        workload: Workload = class_(**{**request["parameters"], parameter: size})
        item = workload.items(1)[0]
        workload.function(item)
        return min(_seconds(workload.function, item) for _ in range(REPEATS))

    size, seconds = find_size(seconds_at, target_s)
    channel.tell(parameter=parameter, size=size, task_s=seconds)


def find_size(seconds_at: Callable[[int], float], target_s: float) -> tuple[int, float]:
    """The size whose task takes `target_s`, and the time that was measured for it.

    Doubles from 1 until the target is passed by a half, then scales in proportion and checks once. The fastest of
    several repeats is used, because every disturbance only adds time.
    """
    size = 1
    seconds = seconds_at(size)
    while seconds < target_s / 2:
        if size >= LARGEST_SIZE:
            raise ValueError(f"a task of size {size} still takes only {seconds:.3g} s")
        size *= 2
        seconds = seconds_at(size)
    for _ in range(2):
        size = max(1, round(size * target_s / seconds))
        seconds = seconds_at(size)
    return size, seconds


def _seconds(function: Callable[[Any], Any], item: Any) -> float:
    start = clocks.now()
    function(item)
    return clocks.now() - start
