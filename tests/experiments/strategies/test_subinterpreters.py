"""Interpreters within one process: each with its own GIL, ready, and told in one line what went wrong."""

import pytest

from experiments.catalogue import strategies
from tests.experiments.strategies.building import interpreter_with, told_by

CODE = """
import os, sys, threading
from experiments.strategies.base import NotPicklable
from experiments.strategies.subinterpreters import Subinterpreters
from experiments.workloads.arithmetic import power
from tests.experiments.strategies import tasks

def caught(function, items=(1,)):
    try:
        return strategy.run(function, list(items))
    except Exception as error:
        return [type(error).__name__, str(error), str(error.__cause__ or "")]

def failing_start(function):
    other = Subinterpreters(2)
    try:
        other.start(function)
    except Exception as error:
        return [type(error).__name__, str(error)]
    finally:
        other.stop()

strategy = Subinterpreters(3)
workers = strategy.start(power)
import _interpreters
told = {
    "workers": workers,
    "own_gil": [_interpreters.get_config(worker["interpreter"]).gil for worker in workers],
    "results": strategy.run(power, [(base, 2) for base in range(20)]),
    "seen": strategy.run(tasks.about_the_interpreter, range(12)),
    "path": list(sys.path),
    "value_error": caught(tasks.raise_value_error),
    "demanding": caught(tasks.raise_demanding),
    "holder": caught(tasks.raise_holder),
    "generator": caught(tasks.return_a_generator),
    "after": strategy.run(power, [(7, 2)]),
}
strategy.stop()
sys.path.insert(0, os.environ["ONLY_MAIN"])
import only_main
told["not_importable"] = failing_start(only_main.double)
told["left"] = [len(_interpreters.list_all()), threading.active_count(), len(os.listdir("/dev/fd"))]
for _ in range(3):
    strategy.start(power)
    strategy.stop()
told["left_later"] = [len(_interpreters.list_all()), threading.active_count(), len(os.listdir("/dev/fd"))]
print(json.dumps(told))
"""
ONLY_MAIN = """
from concurrent import interpreters
if interpreters.get_current() != interpreters.get_main():
    raise ImportError("module only_main does not support loading in subinterpreters")
def double(item):
    return 2 * item
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    executable = interpreter_with("Python with a pool of interpreters (3.14)", lambda one: one.interpreter_pool)
    folder = tmp_path_factory.mktemp("modules")
    (folder / "only_main.py").write_text(ONLY_MAIN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONLY_MAIN", str(folder))
        return told_by(executable, CODE)


def test_each_worker_is_an_interpreter_of_its_own_with_a_lock_of_its_own(told):
    workers = told["workers"]
    assert len({worker["interpreter"] for worker in workers}) == 3
    assert len({worker["thread"] for worker in workers}) == 3
    assert len({worker["process"] for worker in workers}) == 1
    assert told["own_gil"] == ["own"] * 3
    assert all(worker["gil_enabled"] in (True, False) for worker in workers)


def test_tasks_run_in_those_interpreters_with_the_path_of_the_parent(told):
    own = {worker["interpreter"] for worker in told["workers"]}
    assert {identity for identity, _ in told["seen"]} <= own
    assert all(path == told["path"] for _, path in told["seen"])
    assert told["results"] == [base * base for base in range(20)]


def test_an_exception_of_a_task_reaches_the_caller_and_leaves_the_pool_usable(told):
    kind, message, cause = told["value_error"]
    assert (kind, message) == ("ValueError", "cannot do 1")
    assert "tasks.py" in cause
    assert told["after"] == [49]


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("demanding", "a task's item, result or exception can't be pickled: Demanding.__init__() missing 1 required"),
        ("holder", "a task raised Holder: holds a lock; the exception can't be pickled"),
        ("generator", "a task's item, result or exception can't be pickled: "),
    ],
)
def test_what_cannot_travel_is_told_in_one_line(told, task, words):
    kind, message, _ = told[task]
    assert kind == "NotPicklable"
    assert message.startswith(words)
    assert "\n" not in message


def test_a_module_that_refuses_to_load_there_is_told_at_the_start(told):
    expected = ["ImportError", "module only_main does not support loading in subinterpreters"]
    assert told["not_importable"] == expected


def test_nothing_is_left_of_stopped_pools(told):
    assert told["left"][:2] == [1, 1]
    assert told["left_later"] == told["left"]


def test_interpreters_without_such_a_pool_are_a_reason():
    unsupported = strategies()["subinterpreters"].unsupported
    facts = {"interpreter_pool": False, "implementation": "CPython", "version": "3.13.0"}
    assert unsupported(facts, {}) == "a pool of subinterpreters needs CPython 3.14 or later; this is CPython 3.13.0"
    assert unsupported({"interpreter_pool": True}, {}) is None
