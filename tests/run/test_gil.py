"""Finding, in what a measured process complains about, which module switched the GIL on."""

import os
import sys

import pytest

from experiments.catalogue import place, strategies
from experiments.workloads.user import UserFunction
from pipeline.run.client import Spawner
from pipeline.run.gil import GilSwitchedOn, gil_switched_on
from tests.support.configs import CPYTHON, finished, plan_of

WARNING = (
    "<frozen importlib._bootstrap>:488: RuntimeWarning: The global interpreter lock (GIL) has been enabled to load "
    "module 'careless', which has not declared that it can run safely without the GIL. To override this behavior and "
    "keep the GIL disabled (at your own risk), run with PYTHON_GIL=0 or -Xgil=0.\\n"
)
JOBS = f"""
import os, time
WARNING = b"{WARNING}"

def in_two_parts(item):
    middle = WARNING.index(b"less'")
    os.write(2, WARNING[:middle])
    time.sleep(0.05)
    os.write(2, WARNING[middle:])

def long_before_the_end(item):
    os.write(2, WARNING)
    for _ in range(50):
        os.write(2, b"x" * 4096 + b"\\n")

def just_before_dying(item):
    os.write(2, WARNING)
    os.kill(os.getpid(), 9)

def another(item):
    os.write(2, WARNING.replace(b"careless", b"other.module"))
    os.write(2, WARNING)

ITEMS = [1]
"""


@pytest.fixture(scope="module")
def spawner():
    with Spawner() as spawner:
        yield spawner


def facts_after(spawner, folder, function, *, starts_without_gil=True):
    (folder / "jobs.py").write_text(JOBS)
    probe = {
        "do": "measure",
        "pass": "timing",
        "workload": place(UserFunction),
        "parameters": {"target": f"{folder}/jobs.py:{function}", "source": f"{folder}/jobs.py:ITEMS"},
        "strategy": place(strategies()["serial"]),
        "options": {},
        "workers": 1,
        "tasks": None,
        "warmup": 0,
        "iterations": 1,
        "memory_limit_bytes": None,
    }
    return spawner.carry_out(
        {
            "interpreter": [sys.executable],
            "environment": dict(os.environ),
            "timeout_s": 20,
            "memory": False,
            "parallel": False,
            "starts_without_gil": starts_without_gil,
            "probe": probe,
        }
    )["facts"]


@pytest.mark.parametrize(
    ("function", "module"),
    [
        ("in_two_parts", "careless"),
        ("long_before_the_end", "careless"),
        ("just_before_dying", "careless"),
        ("another", "other.module"),
    ],
)
def test_the_warning_is_found_wherever_it_is(spawner, tmp_path, function, module):
    facts = facts_after(spawner, tmp_path, function)
    assert (facts["gil_enabled"], facts["gil_enabled_by"]) == (True, module)


def test_an_interpreter_that_has_the_gil_anyway_is_not_looked_at(spawner, tmp_path):
    """There, only a task that says such a thing itself could say it."""
    assert "gil_enabled_by" not in facts_after(spawner, tmp_path, "another", starts_without_gil=False)


def test_it_is_counted_by_interpreter_and_module(tmp_path):
    free = {**CPYTHON, "gil_enabled": False, "free_threaded": True}
    text = "name: t\ngrids: [{workloads: noop, strategies: serial, interpreters: [current, 3.13t]}]"
    plan = plan_of(tmp_path, text, interpreters={"3.13t": free})
    (ours,) = [case for case in plan.cases if case.interpreter == "current"]
    (theirs,) = [case for case in plan.cases if case.interpreter == "3.13t"]

    def told(case, **facts):
        return finished(case, 0, facts=facts)

    entries = [
        {"kind": "calibration"},
        told(ours, gil_enabled=True),
        told(theirs, gil_enabled=False),
        told(theirs, gil_enabled=True, gil_enabled_by="numpy"),
        told(theirs, gil_enabled=True, gil_enabled_by="numpy"),
        told(theirs, gil_enabled=True),
        told(theirs),
    ]
    assert gil_switched_on(plan, entries) == (GilSwitchedOn("3.13t", "numpy", 2), GilSwitchedOn("3.13t", None, 1))
    assert str(GilSwitchedOn("3.13t", "numpy", 2)) == "the GIL was switched on by module numpy in 2 invocations (3.13t)"
