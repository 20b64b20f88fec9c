"""Cases with a known answer, measured along with every configuration: if one comes out wrong, so did the measuring.

Here they are planned; `pipeline.analysis.oracles` knows the answers. Together they may take a tenth of the budget.
The most telling come first: those that don't fit any more are not run, and say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from experiments.catalogue import strategies, workloads
from pipeline.config.fields import Scalar
from pipeline.config.measure import Blocks, Measure
from pipeline.machine.cpus import affinity
from pipeline.plan.case import Case
from pipeline.plan.plan import InterpreterFacts, Plan
from pipeline.plan.possible import why_impossible

SHARE = 0.10
"""Of the budget, for all oracles together."""
STEPS = 60_000
"""Of `int_loop` in one task: some milliseconds on any machine."""
SLOWER_BY = 0.10
"""The slow-down that is planted to see whether it is seen."""
SLEEP_S = 0.050
SLEEPS_PER_DISPATCH = 40
"""A sleep lasts at least so many times what handing out a task takes, so that a law about sleeps can be judged."""
TOUCHED_BYTES = 128 << 20
PAYLOAD_BYTES = 1 << 20
TIMEOUT_S = 20.0
CPU_TASKS = 4
"""Tasks of the computing oracles, which two workers share evenly."""
WORKERS = 2
ONCE = Blocks(min=1, max=2)
"""For what is a law of nature: it holds in each single invocation."""
MEAN = Blocks(min=3, max=30)
FINE_MEAN = Blocks(min=5, max=30)
NOT_CONFINED = "this system can't confine a process to one CPU"
SAFETY = 1.25
"""How many times longer than predicted an invocation may take on a slow machine."""

REFERENCE_A, REFERENCE_B = "reference_a", "reference_b"
"""One case under two names: the first and the last invocation of every block, in random order."""
SLOWER, THREADS, PROCESSES = "slower", "threads", "processes"
ONE_CPU_SERIAL, ONE_CPU_PROCESSES, ONE_CPU_SLEEP = "one_cpu_serial", "one_cpu_processes", "one_cpu_sleep"
SLEEP_PREFIX = "sleep "
LOCK, HEARTBEAT = "lock", "heartbeat"
MEMORY_EMPTY, MEMORY_TOUCHED, MEMORY_INHERITED = "memory_empty", "memory_touched", "memory_inherited"
PAYLOAD, PAYLOAD_DOUBLE = "payload", "payload_double"


Values = dict[str, Scalar]


@dataclass(frozen=True)
class Part:
    """One case that an oracle needs."""

    role: str
    workload: str
    parameters: Values
    strategy: str = "serial"
    options: Values = field(default_factory=dict)
    workers: int = 1
    blocks: Blocks = ONCE
    """The fewest that say anything, and as many as still tell more."""
    iterations: int = 2
    one_cpu: bool = False
    memory_only: bool = False
    unsupported: str | None = None
    interpreter: str = ""
    """The one of all the others, if empty."""


def with_oracles(plan: Plan) -> Plan:
    """The plan with the oracle cases that its budget allows; as it is where they are switched off."""
    grid = plan.supported
    if not plan.config.measure.oracles or not grid:
        return plan
    cases = [_case(part, plan, grid[0].interpreter) for part in _parts(plan, grid[0].interpreter)]
    return replace(plan, cases=(*plan.cases, *_affordable(cases, plan)))


def _parts(plan: Plan, interpreter: str) -> Iterator[Part]:
    """What belongs to the oracles, the most telling first."""
    facts = plan.interpreters[interpreter]
    pool: Values = {"start_method": "fork" if "fork" in facts.get("start_methods", ()) else "spawn"}
    computing = list(_computing(pool, _without_gil(facts), None if affinity() else NOT_CONFINED))
    yield from computing[:2]
    yield from _sleeps(plan)
    yield from computing[2:]
    yield from _waiting(_without_gil(facts) or (None if plan.cpus > 1 else "needs a CPU beside the busy one"))
    yield from _memory(pool)
    for role, times in ((PAYLOAD, 1), (PAYLOAD_DOUBLE, 2)):
        moved: Values = {"size": times * PAYLOAD_BYTES, "kind": "bytes", "tasks": 4}
        yield Part(role, "payload", moved, "processes", pool, blocks=MEAN)


def _computing(pool: Values, no_gil: str | None, confined: str | None) -> Iterator[Part]:
    """One loop in Python: twice the same, under threads, under processes, on one CPU, and with more steps."""
    loop: Values = {"steps": STEPS, "tasks": CPU_TASKS}
    slower: Values = {**loop, "steps": round(STEPS * (1 + SLOWER_BY))}
    both: dict[str, Any] = {"workload": "int_loop", "parameters": loop}
    two = {**both, "workers": WORKERS, "blocks": MEAN}
    yield Part(REFERENCE_A, **both, blocks=FINE_MEAN)
    yield Part(REFERENCE_B, **both, blocks=FINE_MEAN)
    yield Part(THREADS, **two, strategy="threads", unsupported=no_gil)
    yield Part(PROCESSES, **two, strategy="processes", options=pool)
    yield Part(ONE_CPU_SERIAL, **both, blocks=MEAN, one_cpu=True, unsupported=confined)
    yield Part(ONE_CPU_PROCESSES, **two, strategy="processes", options=pool, one_cpu=True, unsupported=confined)
    yield Part(SLOWER, "int_loop", slower, blocks=FINE_MEAN)


def _waiting(no_heartbeat: str | None) -> Iterator[Part]:
    asleep: Values = {"seconds": SLEEP_S, "tasks": WORKERS}
    confined = None if affinity() else NOT_CONFINED
    yield Part(ONE_CPU_SLEEP, "sleep", asleep, "threads", workers=WORKERS, one_cpu=True, unsupported=confined)
    locked: Values = {"seconds": 0.010, "critical": 50, "tasks": 8}
    yield Part(LOCK, "lock_contention", locked, "threads", workers=WORKERS)
    beats: Values = {"interval": 0.010, "beats": 12, "tasks": 2}
    yield Part(HEARTBEAT, "heartbeat", beats, "threads", workers=WORKERS, iterations=1, unsupported=no_heartbeat)


def _without_gil(facts: dict[str, Any]) -> str | None:
    return None if facts.get("gil_enabled", True) else "this interpreter has no GIL"


def _sleeps(plan: Plan) -> Iterator[Part]:
    """One for every way to run tasks that the grid uses: a strategy that loses or doubles tasks can't hide.

    There are two iterations with the same items, for those that remember results.
    """
    seen: dict[str, Case] = {}
    for case in plan.supported:
        # Items that travel together are run by one worker: the law is about items by themselves.
        alone = replace(case, options={key: None if key == "chunk_size" else case.options[key] for key in case.options})
        seen.setdefault(alone.strategy_label, alone)
    for label, case in seen.items():
        strategy = strategies()[case.strategy](WORKERS, **case.options)
        # A process for each task may take longer to come into being than the usual sleep.
        asleep: Values = {"seconds": max(SLEEP_S, SLEEPS_PER_DISPATCH * strategy.dispatch_s), "tasks": WORKERS + 1}
        workers = WORKERS if strategy.parallel else 1
        yield Part(
            f"{SLEEP_PREFIX}{label}", "sleep", asleep, case.strategy, case.options, workers,
            interpreter=case.interpreter,
        )  # fmt: skip


def _memory(pool: Values) -> Iterator[Part]:
    for role, workload, size in (
        (MEMORY_EMPTY, "allocate", 0),
        (MEMORY_TOUCHED, "allocate", TOUCHED_BYTES // WORKERS),
        (MEMORY_INHERITED, "preloaded", TOUCHED_BYTES),
    ):
        yield Part(
            role, workload, {"size": size, "tasks": WORKERS}, "processes", pool, WORKERS,
            memory_only=True, unsupported=None if pool["start_method"] == "fork" else "needs the start method fork",
        )  # fmt: skip


def _case(part: Part, plan: Plan, interpreter: str) -> Case:
    name = part.interpreter or interpreter
    return Case(
        workload=part.workload,
        parameters=part.parameters,
        strategy=part.strategy,
        options=part.options,
        workers=part.workers,
        interpreter=name,
        measure=Measure(
            blocks=part.blocks,
            iterations=part.iterations,
            warmup=0 if part.workload in ("sleep", "lock_contention", "heartbeat") else 1,
            precision=None,
            timeout=min(TIMEOUT_S, plan.config.measure.timeout_s),
            memory=part.memory_only,
        ),
        unsupported=part.unsupported or _impossible(part, plan.interpreters[name], name),
        oracle=part.role,
        one_cpu=part.one_cpu,
        timed=not part.memory_only,
    )


def _impossible(part: Part, facts: InterpreterFacts, name: str) -> str | None:
    """A strategy that the user's own functions can use may still lack its library where nothing of theirs is seen."""
    workload, strategy = workloads()[part.workload], strategies()[part.strategy]
    return why_impossible(workload, part.parameters, strategy, part.options, facts=facts, name=name)


def _affordable(cases: list[Case], plan: Plan) -> Iterator[Case]:
    """The cases, those marked as not possible whose fewest blocks don't fit any more."""
    left_s = SHARE * plan.config.measure.budget_s
    for case in cases:
        if case.unsupported is not None:
            yield case
            continue
        for_pass = "timing" if case.timed else "memory"
        least_s = SAFETY * case.measure.blocks.min * plan.predicted_s(case, for_pass)
        if least_s > left_s:
            yield replace(case, unsupported=f"would take more than {SHARE:.0%} of the budget")
        else:
            left_s -= least_s
            yield case
