"""Which ways to run a user's function are worth a try, the most likely ones first: the one place where that is chosen.

`whichpool advise` has a minute, not an hour. What is dominated by a relative is left out, what differs little from a
candidate comes late, and late ones are left out, by name, where the time doesn't reach for them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.catalogue import strategies
from experiments.strategies.base import Strategy
from pipeline.config.fields import Scalar

DOMINATED = {
    "thread_per_task": "threads does the same and starts each thread once",
    "process_per_task": "processes does the same and starts each process once",
}
"""Strategies that are there to measure what a start costs, with what to use in their place."""
FIRST, RELATIVE, LIBRARY = 1, 2, 3
"""How likely a candidate is the answer: what the standard library is known for, its variants, other libraries."""
WAITING_SHARE = 0.5
"""A task that computes for less than this share of its time mainly waits."""
WAITING_WORKERS = (8, 32)
PROCESSES_PER_CPU = 4
"""More processes than this on each CPU cost more memory than any wait is worth."""
SMALL_TASK_S = 1e-3
"""Below this, handing out a task to a process costs a noticeable part of it: then several at once make sense."""
CHUNKS_PER_WORKER = 4
"""So many, as `multiprocessing` has it, that a worker with slow ones doesn't hold up the rest."""


@dataclass(frozen=True)
class Trial:
    """What trying a function out in a plain loop has shown."""

    items: int
    task_s: float
    """Mean time of a task."""
    slowest_s: float
    cpu_share: float
    """CPU time over elapsed time."""
    import_s: float = 0.0
    """What importing takes: workers that don't share memory with their parent pay it as well."""
    open_s: float = 0.0
    """What every invocation pays before it can begin: the import, the items, the set-up."""
    asynchronous: bool = False

    @property
    def waits(self) -> bool:
        """Whether a task mainly waits."""
        return self.cpu_share < WAITING_SHARE

    @property
    def pass_s(self) -> float:
        """One pass over all items in a plain loop."""
        return self.items * self.task_s


def cpu_share(told: Mapping[str, float]) -> float:
    """The share of its time that a function computes, from what a trial told; a wait for a CPU isn't the function's."""
    own_s = told["pass_s"] - told["pass_queued_s"]
    return min(1.0, told["pass_cpu_s"] / own_s) if own_s > 0 else 1.0


@dataclass(frozen=True)
class Candidate:
    """One way to run the function."""

    strategy: str
    workers: int
    options: Mapping[str, Scalar] = field(default_factory=dict)
    """A value for each of its parameters."""
    likely: int = FIRST


def candidates(
    interpreter: Mapping[str, Any], trial: Trial, *, cpus: int, workers: Sequence[int] = ()
) -> list[Candidate]:
    """What is worth a try with this function, the most likely first; `workers` are used as given, else chosen."""
    found = []
    for name, strategy in strategies().items():
        if name in DOMINATED or not strategy.parallel:
            continue
        counts = tuple(workers) or _workers(strategy, trial, cpus)
        defaults = {key: parameter.default for key, parameter in strategy.parameters().items()}
        for options, likely in _options(strategy, interpreter, trial, counts):
            found += [Candidate(name, count, defaults | options, likely) for count in counts]
    return sorted(found, key=lambda each: each.likely)


def _workers(strategy: type[Strategy], trial: Trial, cpus: int) -> tuple[int, ...]:
    """As many as there are CPUs for computing; for waiting more, where a worker is cheap."""
    usable = max(1, min(trial.items, cpus))
    if not trial.waits:
        return (usable,)
    most = cpus * PROCESSES_PER_CPU if strategy.bypasses_gil else WAITING_WORKERS[-1]
    counts = {min(count, most, trial.items) for count in WAITING_WORKERS}
    return (max(counts),) if strategy.bypasses_gil else tuple(sorted(counts))


def _options(
    strategy: type[Strategy], interpreter: Mapping[str, Any], trial: Trial, workers: Sequence[int]
) -> Iterator[tuple[dict[str, Scalar], int]]:
    """Each combination of options that is worth a try, with how likely it is the answer."""
    parameters = strategy.parameters()
    common = _likely(strategy, trial)
    methods = _start_methods(strategy, interpreter)
    for position, method in enumerate(methods or [None]):
        options: dict[str, Scalar] = {} if method is None else {"start_method": method}
        yield options, common if position == 0 else max(common, RELATIVE)
        if position == 0 and "chunk_size" in parameters and trial.task_s < SMALL_TASK_S:
            chunk = math.ceil(trial.items / (CHUNKS_PER_WORKER * max(workers)))
            if chunk > 1:
                yield {**options, "chunk_size": chunk}, common


def _likely(strategy: type[Strategy], trial: Trial) -> int:
    if strategy.libraries({}):
        return LIBRARY
    if strategy.asynchronous:
        return FIRST if trial.asynchronous else LIBRARY
    return FIRST if strategy.name in ("threads", "processes") else RELATIVE


def _start_methods(strategy: type[Strategy], interpreter: Mapping[str, Any]) -> list[str]:
    """Those that the interpreter offers, the fastest first; of the relatives of `processes` only that one."""
    parameter = strategy.parameters().get("start_method")
    if parameter is None:
        return []
    offered = [method for method in parameter.choices if method in (interpreter.get("start_methods") or ())]
    if not offered:
        return [parameter.default] if parameter.default else []
    return offered if strategy.name == "processes" else offered[:1]
