"""Each strategy's quickest case, measured under each kind of interpreter that this machine has."""

import functools
import sys

import pytest

from experiments.catalogue import place, strategies, workloads
from pipeline.machine.interpreters import discover
from pipeline.run.client import Spawner

KINDS = {
    "oldest CPython": lambda one: one.implementation == "CPython",
    "free-threaded CPython": lambda one: one.free_threaded,
    "CPython with a pool of interpreters": lambda one: one.interpreter_pool,
    "PyPy": lambda one: one.implementation == "PyPy",
}
FORK = {"start_method": "fork"}
CASES = [
    ("serial", {}),
    ("threads", {}),
    ("thread_per_task", {}),
    ("asyncio", {}),
    ("asyncio_threads", {}),
    ("subinterpreters", {}),
    ("processes", {**FORK, "chunk_size": 3}),
    ("processes", {"start_method": "spawn"}),
    ("mp_pool", {**FORK, "chunk_size": 3}),
    ("process_per_task", FORK),
    ("process_per_task", {"start_method": "forkserver"}),
]
TASKS = 5
WORKERS = 2


@functools.cache
def found(kind):
    of_kind = [one for one in discover() if one.version_info >= (3, 9) and KINDS[kind](one)]
    return of_kind[0] if of_kind else None


@pytest.fixture(scope="module")
def spawner():
    with Spawner() as spawner:
        yield spawner


def request(interpreter, strategy, options):
    return {
        "interpreter": [interpreter, "-I", "-S"],
        "environment": {},
        "timeout_s": 30.0,
        "memory": False,
        "parallel": strategy.parallel,
        "probe": {
            "do": "measure",
            "pass": "timing",
            "workload": place(workloads()["sleep"]),
            "parameters": {"seconds": 0.001},
            "strategy": place(strategy),
            "options": options,
            "workers": WORKERS if strategy.parallel else 1,
            "tasks": TASKS,
            "warmup": 0,
            "iterations": 1,
            "memory_limit_bytes": None,
        },
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "options"), CASES)
def test_every_strategy_works_or_says_why_not(spawner, kind, name, options):
    interpreter, strategy = found(kind), strategies()[name]
    if interpreter is None:
        pytest.skip(f"this machine has no {kind}; WHICHPOOL_TEST_INTERPRETERS may name one")
    reason = strategy.unsupported(interpreter.to_json(), options)
    if reason:
        assert interpreter.version in reason
        return
    answer = spawner.carry_out(request(interpreter.executable, strategy, options))
    assert (answer["status"], answer.get("error")) == ("ok", None)
    facts = answer["facts"]
    assert facts["gil_enabled"] == interpreter.gil_enabled
    assert facts["n_tasks"] == TASKS
    if strategy.parallel and not strategy.asynchronous:
        assert facts["distinct"] == WORKERS
    (steady,) = [phase for phase in answer["phases"] if phase["phase"] == "steady"]
    assert steady["wall"] >= 0.001 * -(-TASKS // WORKERS) * 0.99
    if sys.platform != "linux":
        return  # nobody else tells the CPU time of a process that lives
    of_another = name == "process_per_task" and options["start_method"] == "forkserver"
    assert (steady["cpu"] is None) == of_another
