"""One invocation: one case, measured once in a fresh process."""

from __future__ import annotations

import gc
import sys

from experiments.probe import clocks
from experiments.probe.checksum import checksum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from experiments.probe.channel import Channel
    from experiments.strategies.base import Strategy
    from experiments.workloads.base import Workload


WARM_UP_S = 0.05
"""How long the last pass of the warm-up is repeated at least: a CPU that has been idle takes some tens of milliseconds
to reach its speed, which a strategy with a long start-up has behind it and `serial` has not."""


class WrongResults(Exception):
    """The tasks ran, but what they returned is not what they must return."""


def load_class(place: str) -> Any:
    """The class that `module:Class` names."""
    module, _, name = place.partition(":")
    # `importlib` itself would be one more package to import.
    return getattr(__import__(module, fromlist=[name]), name)


def measure(channel: Channel, request: dict[str, Any]) -> None:
    """Runs the case of the request phase by phase; whatever goes wrong is raised."""
    workload: Workload = load_class(request["workload"])(**request["parameters"])
    strategy: Strategy = load_class(request["strategy"])(request["workers"], **request["options"])
    workload.open()
    try:
        _run_phases(channel, workload, strategy, request)
    finally:
        workload.close()


def is_gil_enabled() -> bool:
    """Whether the GIL is on in this process now."""
    enabled = getattr(sys, "_is_gil_enabled", None)
    return True if enabled is None else enabled()


def _run_phases(channel: Channel, workload: Workload, strategy: Strategy, request: dict[str, Any]) -> None:
    function = workload.coroutine if strategy.asynchronous else workload.function
    if function is None:
        raise TypeError("no asynchronous form")
    for_memory = request["pass"] == "memory"
    payload = workload.values.get("payload")
    if payload is not None:
        function = _burdened(function)
    items = workload.items(request["tasks"])
    gc.collect()

    if for_memory:
        channel.pause("before")
    if strategy.elsewhere:
        channel.worker_processes = None
        channel.tell(elsewhere=True)
    with channel.phase("startup"):
        workers = strategy.start(function)
    channel.worker_processes = strategy.standing_processes(workers)
    gil_enabled = any(worker["gil_enabled"] for worker in workers)
    channel.tell(
        workers=len(workers),
        worker_processes=channel.worker_processes,
        distinct=len({(worker["process"], worker["thread"]) for worker in workers}),
        gil_enabled=gil_enabled,
        python_version=sys.version.split()[0],
        n_tasks=len(items),
    )
    if for_memory:
        channel.pause("ready")

    sums = set()
    for iteration in range(request["warmup"]):
        least_s = WARM_UP_S if iteration + 1 == request["warmup"] else 0.0
        with channel.phase("warmup", iteration):
            results = _warm_up(strategy, workload, function, _tasks(items, payload), least_s)
        if workload.may_vary:
            sums.add(checksum(workload.comparable(results)))
        del results
        items = workload.items(request["tasks"])
    for iteration in range(request["iterations"]):
        tasks = _tasks(items, payload)
        workload.before_pass()
        with channel.phase("steady", iteration):
            results = workload.drive(strategy, function, tasks)
        _verify(workload, items, results)
        for metric, value in workload.readings(results).items():
            unit = workload.reading_units.get(metric, "s")
            channel.tell(reading=metric, iteration=iteration, value=value, unit=unit)
        if iteration == 0 or workload.may_vary:
            found = checksum(workload.comparable(results))
            sums.add(found)
            if iteration == 0:
                channel.tell(checksum=found)
        del results
        items = workload.items(request["tasks"])
    if not gil_enabled and is_gil_enabled():  # a task may have imported what switches it on
        channel.tell(gil_enabled=True)

    if workload.may_vary:
        channel.tell(results_vary=len(sums) > 1)
    if for_memory:
        channel.pause("done")
    channel.worker_processes = None if strategy.elsewhere else []
    with channel.phase("shutdown"):
        strategy.stop()


def _burdened(function: Any) -> Any:
    from experiments.workloads.burden import Burdened

    return Burdened(function)


def _tasks(items: list[Any], payload: int | None) -> list[Any]:
    """What the strategy is given: the items, or each with a payload."""
    if payload is None:
        return items
    from experiments.workloads.burden import burden

    return burden(items, payload)


def _warm_up(strategy: Strategy, workload: Workload, function: Any, items: list[Any], least_s: float) -> list[Any]:
    """One pass over the items, and more until the time is over; the results of the first one."""
    end = clocks.now() + least_s
    workload.before_pass()
    results = workload.drive(strategy, function, items)
    while clocks.now() < end:
        workload.before_pass()
        workload.drive(strategy, function, items)
    return results


def _verify(workload: Workload, items: list[Any], results: list[Any]) -> None:
    """Catches tasks that were lost, duplicated or computed wrongly."""
    if len(results) != len(items):
        raise WrongResults(f"{len(items)} tasks gave {len(results)} results")
    expected = workload.expected(items)
    found = workload.comparable(results)
    if expected is None or expected == found:
        return
    wrong = [index for index, pair in enumerate(zip(expected, found)) if pair[0] != pair[1]]
    raise WrongResults(f"{len(wrong)} of {len(items)} results are wrong, the first at task {wrong[0]}")
