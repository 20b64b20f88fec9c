"""Looks at the user's function before anything is measured, and, if asked to, tries it out."""

from __future__ import annotations

import os
import time

from experiments.probe import clocks
from experiments.probe.checksum import checksum
from experiments.probe.invocation import load_class
from experiments.probe.main import describe
from experiments.probe.travel import Travel, why_function_stays

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from experiments.probe.channel import Channel
    from experiments.workloads.user import UserFunction

PATIENCE = 2
"""The repeated pass is left out where the first one took this many times as long as it should."""


def check(channel: Channel, request: dict[str, Any]) -> None:
    """Imports the user's function, makes its items, and looks whether they could travel to another process.

    Tells `items` (their number), `asynchronous`, `import_s`, `open_s` (import, items and set-up), `source_is_called`,
    `stays` (why the function or an item can't be pickled, or None) and `item_bytes` (mean size of an item when pickled,
    None where none could be). With `trial_s` the function is called, too; see `_try_out`.
    """
    workload: UserFunction = load_class(request["workload"])(**request["parameters"])
    start = clocks.now()
    workload.open()
    opened_s = clocks.now() - start
    try:
        items = workload.items(request["tasks"])
        channel.tell(
            items=len(items),
            asynchronous=workload.coroutine is not None,
            import_s=workload.import_s,
            open_s=opened_s,
            source_is_called=workload.source_is_called,
        )
        called = os.path.basename(request["parameters"]["target"])
        stays = why_function_stays(workload.coroutine or workload.function, called)
        travel = Travel("item", items)
        channel.tell(stays=stays or travel.obstacle, item_bytes=travel.mean_bytes)
        if request["trial_s"]:
            _try_out(channel, workload, items, request["trial_s"])
    finally:
        workload.close()


def _try_out(channel: Channel, workload: UserFunction, items: list[Any], limit_s: float) -> None:
    """Two passes in a plain loop over as many items as take about `limit_s`, at least one.

    Tells `trial_tasks`, `pass_s`, `pass_cpu_s`, `pass_queued_s` (ready to compute, but without a CPU) and `slowest_s`
    (of one task) of the second pass, or of the first where the second was left out or failed; `results_stay` (why a
    result can't be pickled, or None) and `result_bytes`; `results_vary`, not told without a second pass; and
    `repeat_error` if only the second pass failed.
    """
    channel.tell(trying=True)
    first = _Pass(channel, workload, items, limit_s)
    first.run()
    travel = Travel("result of item", first.results)
    channel.tell(results_stay=travel.obstacle, result_bytes=travel.mean_bytes, **first.told())
    if first.pass_s > PATIENCE * limit_s:
        return
    before = checksum(first.results)
    second = _Pass(channel, workload, items[: len(first.results)], float("inf"))
    try:
        second.run()
    except Exception as error:  # noqa: BLE001 - what the user's function raises is a finding
        channel.tell(repeat_error=describe(error))
        return
    channel.tell(results_vary=checksum(second.results) != before, **second.told())


class _Pass:
    """One pass over items in a plain loop."""

    def __init__(self, channel: Channel, workload: UserFunction, items: list[Any], limit_s: float) -> None:
        self._channel = channel
        self._workload = workload
        self._items = items
        self._limit_s = limit_s
        self.results: list[Any] = []
        self.pass_s = self.cpu_s = self.queued_s = self.slowest_s = 0.0

    def run(self) -> None:
        """Calls the function until the items or the time are over; tells which item it was that raised."""
        self._workload.before_pass()
        cpu_before, queued_before, start = time.process_time(), _queued_s(), clocks.now()
        try:
            self._loop(self._workload.function, start)
        except BaseException:
            self._channel.tell(failing_item=len(self.results))
            raise
        self.cpu_s = time.process_time() - cpu_before
        self.queued_s = _queued_s() - queued_before

    def _loop(self, function: Callable[[Any], Any], start: float) -> None:
        before = start
        for item in self._items:
            self.results.append(function(item))
            after = clocks.now()
            self.slowest_s = max(self.slowest_s, after - before)
            before = after
            if after - start > self._limit_s:
                break
        self.pass_s = before - start

    def told(self) -> dict[str, Any]:
        """The numbers of the pass, for the channel."""
        return {
            "trial_tasks": len(self.results),
            "pass_s": self.pass_s,
            "pass_cpu_s": self.cpu_s,
            "pass_queued_s": self.queued_s,
            "slowest_s": self.slowest_s,
        }


def _queued_s() -> float:
    """Seconds that this thread has waited for a CPU that others had; 0 where the system doesn't tell."""
    try:
        with open("/proc/thread-self/schedstat") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
