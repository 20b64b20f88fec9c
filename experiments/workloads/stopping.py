"""Whether a worker that hangs can be stopped from outside."""

from __future__ import annotations

import os
import time

from experiments.parameters import choice, duration
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from experiments.strategies.base import Strategy
    from experiments.workloads.crews import Crew
    from experiments.workloads.hanging import Line

WAYS = {
    "thread": ("async_exception", "future_cancel"),
    "process": ("terminate", "kill", "interrupt", "terminate_workers", "future_cancel"),
    "subinterpreter": ("close", "future_cancel"),
    "asyncio": ("task_cancel",),
}
"""What can be tried on whom."""
MEANS = tuple(dict.fromkeys(means for ways in WAYS.values() for means in ways))
NEW = ("interrupt", "terminate_workers")
"""Came with Python 3.14."""
LOOK_S = 0.0002
SETTLE_S = 0.005
"""Between saying that it hangs and hanging."""
READY_S = 10.0
SPARE_S = 10.0
"""How long after its time a victim that nobody could release would end by itself."""


def try_to_stop(trials: list[tuple[int, str, str, str, float]]) -> list[tuple[int, bool, bool, bool, float | None]]:
    """Each `(index, victim, means, hang, patience_s)`: has a worker hang, tries to stop it, looks at its sibling.

    One after the other, until the first that can't be stopped: all after it are tried at once, so that they cost the
    patience once. All trials are of one kind. Returns for each the index, whether the worker hung beforehand, whether
    it stopped, whether the sibling answered afterwards, and after how many seconds it had stopped.
    """
    from experiments.workloads.crews import crew_for
    from experiments.workloads.hanging import Line, keep_answering

    _, victim, means, _, patience_s = trials[0]
    line = Line(READY_S + patience_s * (len(trials) + 1) + SPARE_S)
    crew = crew_for(victim, means)
    workers = [crew.start(keep_answering, line.asked, line.answer, line.released, line.deadline_s)]
    found: list[tuple[int, bool, bool, bool, float | None]] = []
    try:
        line.sibling_answers(READY_S)
        while len(found) < len(trials):
            all_at_once = bool(found) and not found[-1][2]
            now = trials[len(found) :] if all_at_once else [trials[len(found)]]
            found += _tried(now, crew, line, workers)
    finally:
        os.write(line.release, b".")
        crew.clean(workers)
        line.close()
    return found


def _tried(
    trials: list[tuple[int, str, str, str, float]], crew: Crew, line: Line, workers: list[Any]
) -> list[tuple[int, bool, bool, bool, float | None]]:
    """These trials, all at once; adds their victims to the workers."""
    from experiments.workloads.hanging import hang

    _, _, means, how, patience_s = trials[0]
    victims = crew.start_all(len(trials), hang, how, *line.numbers())
    workers += victims
    # All begin at the same time: to start one beside others that are busy takes long.
    ready = line.have_told(len(victims), READY_S)
    line.let_hang()
    hung = ready and line.have_told(len(victims), READY_S)
    time.sleep(SETTLE_S)
    hung_before = [hung and not crew.ended(victim) for victim in victims]
    applied: list[float] = []
    stopped: dict[int, float] = {}
    for victim in victims:
        applied.append(time.monotonic())
        crew.means[means](victim)
    while len(stopped) < len(victims) and time.monotonic() < applied[-1] + patience_s:
        for position, victim in enumerate(victims):
            if position not in stopped and crew.ended(victim):
                stopped[position] = time.monotonic() - applied[position]
        time.sleep(LOOK_S)
    alive = crew.siblings_answer(victims, line, patience_s)
    return [
        (trial[0], hung_before[position], position in stopped, alive[position], stopped.get(position))
        for position, trial in enumerate(trials)
    ]


def one_or_all(item: Any) -> Any:
    """One trial, or a list of them."""
    return try_to_stop(item) if isinstance(item, list) else try_to_stop([item])[0]


class Stopping(Workload):
    """Lets workers hang, and tries to stop them from outside.

    One task is one trial. A worker of the kind `victim` begins to hang as `hang` says: in a `loop` of bytecode; in a
    blocking call that is a `wait`, of a task an `await`; or in a loop that catches what is raised in it (`swallow`).
    Once it says that it hangs, `means` is tried on it, and it has `patience` to end. Then a sibling of the same kind,
    which does its work all the time, must answer a question. At the end everybody who is left is released.

    It shows what "processes can be killed, threads can't" comes to.

    Expected, with and without a GIL: `kill` and `terminate` stop every process at once; `interrupt` those that don't
    swallow the exception; `terminate_workers` those of a pool. An asynchronous exception stops a thread in a loop as
    soon as it gets the GIL, but neither one that waits nor one that swallows. A task can be cancelled where it awaits;
    in a loop it holds up everybody else on its event loop, its sibling included. A future that runs can't be cancelled,
    and a subinterpreter that runs can't be closed.

    The tests check each of these, and that no thread or process is left. Every run checks that each victim did hang.

    `tasks` is the number of trials: they go one by one up to the first that isn't stopped, and the others all at once.
    The readings are counts of trials, `trials`, `stopped` and `siblings_alive`, and `stop_latency_median` and
    `stop_latency_p95` in seconds (by nearest rank; missing where none stopped).
    """

    name = "stopping"
    needs = Resource.READINGS
    function = staticmethod(one_or_all)
    makes_workers = True
    default_tasks = 20
    seconds_per_task = 0.05
    reading_units: Mapping[str, str] = dict.fromkeys(("trials", "stopped", "siblings_alive"), "1")

    victim: str = choice("process", tuple(WAYS), "Who hangs; `asyncio` is a task of an event loop.")
    means: str = choice("kill", MEANS, "What is done about it.")
    hang: str = choice("loop", ("loop", "wait", "swallow"), "What the victim does when it hangs.")
    patience: float = duration(1.0, "How long a victim has to end.")

    @classmethod
    def contradiction(cls, values: Mapping[str, Any]) -> str | None:
        """Not everything can be done to everybody."""
        victim, means = values.get("victim", "process"), values.get("means", "kill")
        if means in WAYS[victim]:
            return None
        return f"{means} is not a way to stop a victim of the kind {victim}: there are {', '.join(WAYS[victim])}"

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """Some ways are new, and one is CPython's own."""
        victim, means = values.get("victim", "process"), values.get("means", "kill")
        said = f"this is {interpreter.get('implementation', 'Python')} {interpreter.get('version', '')}".rstrip()
        if victim == "subinterpreter" and not interpreter.get("interpreter_pool"):
            return f"subinterpreters need CPython 3.14 or later; {said}"
        if means in NEW and tuple(interpreter.get("version_info", ())) < (3, 14):
            return f"{means} needs Python 3.14 or later; {said}"
        if means == "async_exception" and interpreter.get("implementation") != "CPython":
            return f"only CPython can raise an exception in another thread; {said}"
        if victim == "process" and "fork" not in (interpreter.get("start_methods") or ()):
            return "the victims are forked, which this system can't do"
        return None

    def items(self, count: int) -> list[tuple[int, str, str, str, float]]:
        """Numbered trials."""
        return [(index, self.victim, self.means, self.hang, self.patience) for index in range(count)]

    def drive(self, strategy: Strategy, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """All trials as one task."""
        found: list[Any] = strategy.run(function, [items])[0]
        return found

    def comparable(self, results: list[tuple[int, bool, bool, bool, float | None]]) -> list[tuple[int, bool]]:
        """Which victims hung: what came of it varies."""
        return [(index, hung) for index, hung, *_ in results]

    def expected(self, items: list[tuple[int, str, str, str, float]]) -> list[tuple[int, bool]]:
        """All of them."""
        return [(index, True) for index, *_ in items]

    def readings(self, results: list[tuple[int, bool, bool, bool, float | None]]) -> dict[str, float]:
        """Counts of trials, and how long it took where it worked."""
        counts: dict[str, float] = {
            "trials": len(results),
            "stopped": sum(stopped for _, _, stopped, _, _ in results),
            "siblings_alive": sum(alive for *_, alive, _ in results),
        }
        ordered = sorted(seconds for *_, seconds in results if seconds is not None)
        if not ordered:
            return counts
        from experiments.workloads.responsiveness import quantile

        return {
            **counts,
            "stop_latency_median": quantile(ordered, 0.5),
            "stop_latency_p95": quantile(ordered, 0.95),
        }
