"""Which process measures a case: its executable, options and environment."""

import os
import subprocess
import sys

import pytest

from experiments.catalogue import workloads
from pipeline.machine.interpreters import facts_of
from pipeline.machine.libraries import environment_folder
from pipeline.plan.expand import make_plan
from pipeline.run.client import Spawner
from pipeline.run.requests import calibration_request, check_request, measure_request
from tests.support.configs import CPYTHON, config_of, plan_of
from tests.support.wheels import put_package

NOOP = "name: t\ngrids: [{workloads: {use: noop, tasks: 2}, strategies: serial, interpreters: [%s]}]"


def started(folder, interpreter="current", **facts):
    """The request for a case of `noop`."""
    plan = plan_of(folder, NOOP % interpreter, interpreters={"current": {**CPYTHON, **facts}})
    return measure_request(plan, plan.cases[0], "timing", {})


def needs(monkeypatch, *libraries, workload="noop"):
    monkeypatch.setattr(workloads()[workload], "libraries", classmethod(lambda cls, values: libraries))


def has(**places):
    return {
        place: {"executable": f"/{place}/python", "versions": dict.fromkeys(names, "1.0")}
        for place, names in places.items()
    }


def test_what_needs_nothing_starts_bare(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    asked = started(tmp_path)
    assert asked["interpreter"] == ["/usr/bin/python3", "-I", "-S"]
    assert asked["environment"]["OMP_NUM_THREADS"] == "1"
    assert "PYTHONDONTWRITEBYTECODE" not in asked["environment"]
    assert asked["starts_without_gil"] is False


def test_what_needs_a_library_starts_where_it_is_with_site_packages(tmp_path, monkeypatch):
    needs(monkeypatch, "numpy")
    own, prepared = has(own=["numpy"]), has(own=["numpy"], prepared=["numpy"])
    assert started(tmp_path, libraries=own)["interpreter"] == ["/own/python", "-I"]
    assert started(tmp_path, libraries=prepared)["interpreter"] == ["/prepared/python", "-I"]


def test_options_and_variables_of_the_axis_are_handed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    asked = started(tmp_path, options=["-X", "gil=1"], gil_enabled=False)
    assert asked["interpreter"] == ["/usr/bin/python3", "-I", "-S", "-X", "gil=1"]
    assert asked["starts_without_gil"] is True
    asked = started(tmp_path, environment={"PYTHON_JIT": "1"})
    assert asked["interpreter"] == ["/usr/bin/python3", "-s", "-S"]
    assert asked["environment"]["PYTHON_JIT"] == "1"
    assert "PYTHONPATH" not in asked["environment"]
    assert asked["environment"]["PATH"] == os.environ["PATH"]


def test_the_users_own_function_keeps_the_users_surroundings(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    (tmp_path / "jobs.py").write_text("def f(item): pass\nitems = [1]\n")
    text = 'name: t\ngrids: [{workloads: {use: "jobs.py:f", items: "jobs.py:items"}, strategies: serial}]'
    switched = {**CPYTHON, "options": ["-O"], "environment": {"PYTHON_JIT": "1"}}
    plan = plan_of(tmp_path, text, interpreters={"current": switched})
    for asked in (measure_request(plan, plan.cases[0], "timing", {}), check_request(plan, plan.cases[0], 1.0)):
        assert asked["interpreter"] == ["/usr/bin/python3", "-O"]
        assert asked["environment"]["PYTHONPATH"] == "/somewhere"
        assert asked["environment"]["PYTHON_JIT"] == "1"


def test_a_workload_may_want_other_inner_threads(tmp_path, monkeypatch):
    monkeypatch.setattr(workloads()["noop"], "environment", lambda self: {"OPENBLAS_NUM_THREADS": "4"})
    environment = started(tmp_path)["environment"]
    assert (environment["OPENBLAS_NUM_THREADS"], environment["OMP_NUM_THREADS"]) == ("4", "1")


def test_a_size_is_found_where_it_is_used(tmp_path, monkeypatch):
    needs(monkeypatch, "numpy", workload="int_loop")
    facts = {**CPYTHON, "libraries": has(prepared=["numpy"]), "options": ["-O"]}
    text = "name: t\ngrids: [{workloads: int_loop, strategies: threads, workers: 2}]"
    plan = plan_of(tmp_path, text, interpreters={"current": facts})
    (calibration,) = plan.calibrations()
    assert calibration_request(plan, calibration)["interpreter"] == ["/prepared/python", "-I", "-O"]


@pytest.mark.parametrize("strategy", ["serial", "processes"])
def test_a_workload_that_imports_a_library_is_measured_in_the_prepared_environment(tmp_path, monkeypatch, strategy):
    """The whole way: the environment is found, chosen, and the library is imported in every worker."""
    monkeypatch.chdir(tmp_path)
    needs(monkeypatch, "needed")
    config = config_of(tmp_path, f"name: t\ngrids: [{{workloads: {{use: noop, tasks: 2}}, strategies: {strategy}}}]")
    (choice,) = config.grids[0].interpreters
    bare = facts_of([choice], config_dir=tmp_path, libraries={"needed"})
    without = make_plan(config, cpus=2, interpreters=bare, seed=1)
    assert {case.unsupported.partition(" (")[0] for case in without.cases} == {"needed is not installed for current"}
    _prepare_by_hand(bare["current"])
    plan = make_plan(config, cpus=2, interpreters=facts_of([choice], config_dir=tmp_path, libraries={"needed"}), seed=1)
    asked = measure_request(plan, plan.cases[0], "timing", {})
    asked["probe"]["workload"] = "needed:Needed"
    with Spawner() as spawner:
        answer = spawner.carry_out(asked)
    assert answer["status"] == "ok", answer
    assert plan.interpreters["current"]["libraries"]["prepared"]["versions"] == {"needed": "3.1"}


LIBRARY = """
from experiments.workloads.base import Workload

def task(item):
    import needed
    return needed.__name__ + str(item)

class Needed(Workload):
    name = "needed"
    function = staticmethod(task)

    def items(self, count):
        return list(range(count))

    def expected(self, items):
        return ["needed%d" % item for item in items]
"""


def _prepare_by_hand(facts):
    folder = environment_folder(f"python{sys.version_info[0]}.{sys.version_info[1]}", facts["executable"])
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    put_package(site_packages, "needed", "3.1", LIBRARY)
