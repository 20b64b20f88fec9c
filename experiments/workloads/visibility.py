"""What a worker changes, and who sees it."""

from __future__ import annotations

import os

from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from experiments.strategies.base import Strategy

VARIABLE = "WHICHPOOL_VISIBILITY"
COUNTS = ("seen_by_worker", "seen_global", "seen_argument", "seen_attribute", "seen_environment", "returned")
SHARED = ("shared_memory", "manager", "queue", "value", "memoryview")


class Place:
    """An object of the module, for attributes."""


place = Place()
late: dict[int, int] = {}
"""Written by the parent once the workers are there: the token by the number of the trial."""


def change_things(item: tuple[int, int, list[int], dict[str, Any]]) -> tuple[int, int, bool]:
    """`(index, token, argument, means)`: reads what the parent wrote late, then changes things in five places.

    Sets a global of this module, appends to the list it was given, sets an attribute of an object of this module and a
    variable of `os.environ`, all to the token. `means` may hold a `dictionary`, and the name of a `block` of shared
    memory: the token is written to these as well. Returns the index, the token and whether the late write was seen.
    """
    index, token, argument, means = item
    seen = late.get(index) == token
    globals()[f"set_by_{index}"] = token
    argument.append(token)
    setattr(place, f"set_by_{index}", token)
    os.environ[f"{VARIABLE}_{index}"] = str(token)
    if "dictionary" in means:
        means["dictionary"][index] = token
    if "block" in means:
        from experiments.workloads.shared_means import write_number

        write_number(means["block"], index, token)
    return index, token, seen


class Visibility(Workload):
    """Looks what of a worker's changes the parent sees, and whether the worker sees what the parent writes late.

    One task is one trial. Once the workers are there, the parent writes a token of its own for each trial into a
    dictionary of a module; the task looks for it. Then the task sets a global of the module, appends to the list that
    is its argument, sets an attribute of an object of the module, and sets a variable of `os.environ`; afterwards the
    parent looks for each of these. All of it is undone before the next pass.

    It shows who shares what: threads share everything, processes and subinterpreters have copies. Whatever a copy is
    told, the original doesn't hear.

    Expected: under `serial` and threads, all trials see all changes, with and without a GIL. Under processes of every
    start method, and under subinterpreters, none. What is made for sharing works in all trials: the result that a
    task returns; with processes also shared memory by name, the dictionary of a `multiprocessing` manager, a `Queue`
    and a `Value`; with subinterpreters a `memoryview` of the parent's memory. A process that is started for each
    task by `fork` does see the late write, because it is a copy of what the parent had by then.

    The tests check that all of this comes out as expected under every start method. Every run checks that each task
    returned its own token.

    `tasks` is the number of trials. The readings are counts of trials: `trials`; `seen_by_worker` (the late write);
    `seen_global`, `seen_argument`, `seen_attribute` and `seen_environment` (a change, by the parent); `returned`; and
    where the strategy has them, `shared_memory`, `manager`, `queue` and `value`, or `memoryview`. The queue and the
    values can't be arguments of tasks: processes of their own, as many as workers, write all trials of a pass to them.
    """

    name = "visibility"
    needs = Resource.READINGS
    function = staticmethod(change_things)
    default_tasks = 60
    seconds_per_task = 0.01
    reading_units: Mapping[str, str] = dict.fromkeys(("trials", *COUNTS, *SHARED), "1")

    _passes = 0
    _found: dict[str, int] = {}  # noqa: RUF012 - replaced, never changed

    def open(self) -> None:
        """Starts the process that keeps track of shared memory: forked workers would each start one of their own."""
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()

    def items(self, count: int) -> list[tuple[int, int, list[int], dict[str, Any]]]:
        """Numbered trials, each with a token that no trial of another pass has and an empty list."""
        self._passes += 1
        return [(index, self._passes << 32 | index + 1, [], {}) for index in range(count)]

    def drive(self, strategy: Strategy, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """Writes late, runs the tasks, looks at what the parent sees, and undoes all of it."""
        try:
            late.update({index: token for index, token, *_ in items})
            means = self._means(strategy, items)
            results = strategy.run(function, [(*item[:3], {**item[3], **means.passed}) for item in items])
            returned = sum(result[1] == item[1] for result, item in zip(results, items))
            self._found = {**self._seen(items), "returned": returned, **means.found(items)}
            means.close()
        finally:
            undo(items)
        return results

    def _means(self, strategy: Strategy, items: list[Any]) -> Any:
        """What is made for sharing with the workers of this strategy."""
        from experiments.workloads import shared_means

        if hasattr(strategy, "start_method"):
            return shared_means.BetweenProcesses(strategy.start_method, strategy.workers, items)
        if strategy.own_interpreters:
            return shared_means.BetweenInterpreters(strategy, items)
        return shared_means.NothingElse()

    @staticmethod
    def _seen(items: list[Any]) -> dict[str, int]:
        """How many changes the parent sees."""
        return {
            "seen_global": sum(globals().get(f"set_by_{index}") == token for index, token, *_ in items),
            "seen_argument": sum(argument == [token] for _, token, argument, _ in items),
            "seen_attribute": sum(getattr(place, f"set_by_{index}", None) == token for index, token, *_ in items),
            "seen_environment": sum(os.environ.get(f"{VARIABLE}_{index}") == str(token) for index, token, *_ in items),
        }

    def comparable(self, results: list[tuple[int, int, bool]]) -> list[tuple[int, int]]:
        """The trials and the part of their tokens that is the same in every pass; what was seen varies."""
        return [(index, token & 0xFFFFFFFF) for index, token, _ in results]

    def expected(self, items: list[Any]) -> list[tuple[int, int]]:
        """Each trial its own."""
        return [(index, index + 1) for index, *_ in items]

    def readings(self, results: list[tuple[int, int, bool]]) -> dict[str, float]:
        """Counts of trials."""
        return {
            "trials": len(results),
            "seen_by_worker": sum(seen for *_, seen in results),
            **self._found,
        }


def undo(items: list[Any]) -> None:
    """Takes every change back that the parent sees."""
    late.clear()
    vars(place).clear()
    for index, *_ in items:
        globals().pop(f"set_by_{index}", None)
        os.environ.pop(f"{VARIABLE}_{index}", None)
