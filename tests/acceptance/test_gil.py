"""What happens when a module switches the GIL on in a free-threaded interpreter, and when the GIL is asked for."""

import json
import sys

import pytest

from pipeline import store
from pipeline.analysis.summary import summarise
from tests.acceptance.command_line import run_of, write
from tests.support.careless import build_careless, free_threaded

JOBS = """
def imports(item):
    import careless
    return item

def innocent(item):
    return item

ITEMS = [1, 2]
"""
EARLY = """
import careless

def early(item):
    return item
"""
MEASURE = "{blocks: 1, iterations: 1, warmup: 0, precision: null, memory: false}"


@pytest.fixture(scope="module")
def python():
    return free_threaded()


@pytest.fixture(scope="module")
def bundle(shared, python):
    build_careless(shared.folder)
    (shared.folder / "jobs.py").write_text(JOBS)
    (shared.folder / "early.py").write_text(EARLY)
    workloads = ", ".join(
        f'{{use: "{target}", items: "jobs.py:ITEMS"}}'
        for target in ("jobs.py:imports", "jobs.py:innocent", "early.py:early")
    )
    strategies = "[serial, threads, {use: processes, start_method: spawn}]"
    write(
        shared.folder,
        f"name: gil\nmeasure: {MEASURE}\ngrids:\n"
        f"  - {{workloads: [{workloads}], strategies: {strategies}, workers: 2, interpreters: {python.executable}}}\n",
    )
    done = shared("run", "config.yaml", "--out", "bundle", "--json")
    return shared.folder / "bundle", done


def test_the_module_is_named_whoever_imports_it_and_whenever(bundle):
    frame = store.load(bundle[0]).invocations
    assert set(frame["status"]) == {"ok"}, frame["error"].tolist()
    told = frame.set_index(["workload", "strategy"])[["gil_enabled", "gil_enabled_by"]]
    for strategy in ("serial", "threads", "processes"):
        assert told.loc["jobs.py:imports", strategy].tolist() == [True, "careless"], strategy
        assert told.loc["early.py:early", strategy].tolist() == [True, "careless"], strategy
        enabled, by = told.loc["jobs.py:innocent", strategy]
        assert enabled == False  # noqa: E712 - of numpy's kind
        assert by != by, strategy


def test_the_end_of_the_run_says_so(bundle, python):
    _, done = bundle
    assert f"the GIL was switched on by module careless in 6 invocations ({python.executable})" in done.stderr
    (found,) = json.loads(done.stdout.splitlines()[-2])["gil_switched_on"]
    assert found == {"interpreter": python.executable, "module": "careless", "invocations": 6}


def test_whoever_looks_at_it_later_is_told_too(shared, bundle, python):
    shown = shared("show", bundle[0]).stdout
    assert f"the GIL was switched on by module careless in 6 invocations ({python.executable})" in shown


def test_the_analysis_says_it_by_case(bundle):
    found = summarise(store.load(bundle[0])).gil
    assert len(found) == 6
    assert set(found["by"]) == {"careless"}
    assert set(found["workload"]) == {"jobs.py:imports", "early.py:early"}


def test_where_warnings_are_suppressed_the_state_is_still_known(whichpool, tmp_path, python):
    build_careless(tmp_path)
    (tmp_path / "jobs.py").write_text(JOBS)
    workload = '{use: "jobs.py:imports", items: "jobs.py:ITEMS"}'
    grid = f"{{workloads: {workload}, strategies: serial, interpreters: {python.executable}}}"
    write(tmp_path, f"name: gil\nmeasure: {MEASURE}\ngrids: {grid}\n")
    done = whichpool("run", "config.yaml", "--out", "bundle", environment={"PYTHONWARNINGS": "ignore"})
    assert "the GIL was switched on by a module that isn't known in 1 invocation (" in done.stderr
    (row,) = store.load(tmp_path / "bundle").invocations.to_dict("records")
    assert row["gil_enabled"]
    assert row["gil_enabled_by"] != row["gil_enabled_by"]


def test_a_gil_that_was_asked_for_is_a_case_of_its_own_and_no_contradiction(whichpool, tmp_path, python):
    """Asked for by an option, by a variable, or not at all; workers of every kind have it."""
    values = [
        f"{{use: {python.executable}, options: [-X, gil=1]}}",
        f'{{use: {python.executable}, environment: {{PYTHON_GIL: "1"}}}}',
        python.executable,
    ]
    strategies = "[serial, threads, {use: processes, start_method: spawn}]"
    axes = f"strategies: {strategies}, workers: 2, interpreters: [{', '.join(values)}]"
    write(tmp_path, f"name: gil\nmeasure: {MEASURE}\ngrids: {{workloads: {{use: noop, tasks: 2}}, {axes}}}\n")
    done = whichpool("run", "config.yaml", "--out", "bundle")
    assert "switched on" not in done.stderr
    loaded = store.load(tmp_path / "bundle")
    enabled = loaded.invocations.groupby("interpreter")["gil_enabled"].agg(["all", "any", "count"])
    name = python.executable
    assert enabled.loc[f"{name} -X gil=1"].tolist() == [True, True, 3]
    assert enabled.loc[f"{name} PYTHON_GIL=1"].tolist() == [True, True, 3]
    assert enabled.loc[name].tolist() == [False, False, 3]
    facts = run_of(tmp_path / "bundle")["interpreters"]
    assert {label: one["gil_enabled"] for label, one in facts.items()} == {
        f"{name} -X gil=1": True,
        f"{name} PYTHON_GIL=1": True,
        name: False,
    }
    assert summarise(loaded).gil.empty


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="the tests run without the GIL")
def test_a_gil_that_cannot_be_switched_off_makes_the_case_unsupported(whichpool, tmp_path):
    values = "[current, {use: current, options: [-X, gil=0]}, {use: current, environment: {PYTHON_JIT: 1}}]"
    grid = f"{{workloads: {{use: noop, tasks: 2}}, strategies: threads, workers: 2, interpreters: {values}}}"
    write(tmp_path, f"name: gil\nmeasure: {MEASURE}\ngrids: {grid}\n")
    whichpool("run", "config.yaml", "--out", "bundle")
    frame = store.load(tmp_path / "bundle").invocations.set_index("interpreter")
    assert set(frame.loc["current", "status"]) == {"ok"}
    assert set(frame.loc["current -X gil=0", "status"]) == {"unsupported"}
    said = set(frame.loc["current -X gil=0", "error"])
    assert len(said) == 1
    assert "gil" in said.pop().lower()
    facts = run_of(tmp_path / "bundle")["interpreters"]["current PYTHON_JIT=1"]
    assert facts.get("jit") or "no just-in-time compiler" in facts["error"]
