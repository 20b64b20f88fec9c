"""The libraries with engines of their own: right results, told deaths, nothing left behind."""

from pathlib import Path

import pytest

from pipeline import store
from tests.acceptance.command_line import contents, wait_for, write
from tests.support.engines import QUICK, need_all

need_all()
SHARED_MEMORY = Path("/dev/shm")
JOBS = """
import os, pathlib
SAME = [7] * 6
def note(item):
    with open(pathlib.Path(__file__).with_name("calls.txt"), "a") as file:
        file.write(f"{os.getpid()}\\n")
    return item * 6
def fail(item):
    raise KeyError(f"no {item}")
"""


def chosen(name, options):
    return "{" + ", ".join([f"use: {name}", *(f'{key}: "{value}"' for key, value in options.items())]) + "}"


def config(workload, strategies, **measure):
    settings = {"blocks": 1, "iterations": 1, "warmup": 0, "precision": "null", "memory": "false", "timeout": "60s"}
    written = ", ".join(f"{key}: {value}" for key, value in {**settings, **measure}.items())
    several = ", ".join(strategies)
    grid = f"{{workloads: {workload}, strategies: [{several}], workers: 2}}"
    return f"name: engines\nmeasure: {{{written}, budget: 10m}}\ngrids: {grid}\n"


def run(whichpool, text, bundle="bundle"):
    write(whichpool.folder, text)
    whichpool("run", "config.yaml", "--out", bundle)
    return store.load(whichpool.folder / bundle).invocations


@pytest.fixture(scope="module")
def several(shared):
    """One small run of everything but ray, which takes long to start."""
    (shared.folder / "jobs.py").write_text(JOBS)
    own = '{use: "jobs.py:note", items: "jobs.py:SAME"}'
    strategies = [chosen(name, options) for name, options in QUICK]
    frame = run(shared, config(f"[{{use: int_loop, steps: 300, tasks: 8}}, {own}]", strategies))
    calls = (shared.folder / "calls.txt").read_text().split()
    return frame, calls, shared


def test_every_engine_gives_the_results_of_a_loop(several):
    frame, _, _ = several
    assert frame[frame["status"] != "ok"][["strategy", "error"]].to_dict("records") == []
    assert len(frame) == 2 * (len(QUICK) + 1)
    assert (frame.groupby("workload")["checksum"].nunique() == 1).all()


def test_calls_that_look_the_same_are_all_made(several):
    frame, calls, _ = several
    assert len(calls) == 6 * len(frame[frame["workload"] == "jobs.py:note"])


def test_engines_leave_nothing_behind(several):
    _, _, command = several
    assert command.survivors() == []
    assert contents(command.temporary) == []


@pytest.mark.timeout(240)
def test_an_instance_of_ray_is_gone_with_its_case_in_time_or_not(whichpool):
    before = set(contents(SHARED_MEMORY))
    (whichpool.folder / "jobs.py").write_text(JOBS)
    workloads = '[{use: noop, tasks: 8}, {use: "jobs.py:fail", items: "jobs.py:SAME"}]'
    frame = run(whichpool, config(workloads, ["ray"])).set_index(["workload", "strategy"])
    assert frame.loc[("noop", "ray"), "status"] == "ok", frame.loc[("noop", "ray"), "error"]
    assert "KeyError: 'no 7'" in frame.loc[("jobs.py:fail", "ray"), "error"]
    assert whichpool.survivors() == []
    late = run(whichpool, config("{use: sleep, seconds: 60s, tasks: 2}", ["ray"], timeout="10s"), "late")
    assert set(late[late["strategy"] == "ray"]["status"]) == {"timeout"}
    assert whichpool.survivors() == []
    wait_for(lambda: contents(whichpool.temporary) == [], "the removal of temporary files", 5)
    left = set(contents(SHARED_MEMORY)) - before
    assert not [name for name in left if "plasma" in name or "ray" in name]
