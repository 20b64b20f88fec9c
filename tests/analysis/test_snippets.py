"""The scripts that an advice prints run as they stand, from a file beside the user's."""

import ast
import importlib.util
import os
import subprocess
import sys

import pytest

from experiments.catalogue import strategies
from pipeline.analysis.snippets import BODIES, Call, snippet
from pipeline.machine.interpreters import discover

JOBS = """
import asyncio

def images():
    return list(range(7))

LIST = list(range(7))
STATE = []

def resize(item):
    return 2 * item

async def fetch(item):
    await asyncio.sleep(0.001)
    return 2 * item

def reset():
    STATE.append(1)
"""
TOLD = {"source_is_called": True, "asynchronous": False}
QUESTION = {"use": "sub/jobs.py:resize", "items": "sub/jobs.py:images", "setup": None}
OPTIONS = {
    "processes": [
        *({"start_method": method} for method in ("fork", "forkserver", "spawn")),
        {"start_method": "fork", "chunk_size": 3},
        {"start_method": "forkserver", "preload": "function"},
    ],
    "dask": [{"scheduler": name} for name in ("threads", "processes", "distributed")],
    "mp_pool": [*({"start_method": method} for method in ("fork", "forkserver", "spawn")), {"chunk_size": 3}],
}
LIBRARIES = {"joblib": "joblib", "loky": "loky", "dask": "distributed", "ray": "ray"}
CASES = [(name, options) for name in BODIES for options in OPTIONS.get(name, [{}])]


def python_for(strategy):
    if strategy in LIBRARIES and importlib.util.find_spec(LIBRARIES[strategy]) is None:
        pytest.skip(f"{LIBRARIES[strategy]} is not installed")
    if strategy != "subinterpreters":
        return sys.executable
    able = [found.executable for found in discover() if found.interpreter_pool]
    if not able:
        pytest.skip("no Python 3.14 or newer was found, which a pool of subinterpreters needs")
    return able[0]


def run(folder, text, python=sys.executable):
    """What the script returns, by running it as a user does and printing its results instead of their number."""
    (folder / "jobs.py").write_text(JOBS)
    assert text.endswith('    print(len(results), "results")\n')
    (folder / "script.py").write_text(text + "    print(list(results))\n")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [python, "script.py"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    number, results = done.stdout.splitlines()
    assert number == "7 results"
    return ast.literal_eval(results)


@pytest.mark.parametrize(("strategy", "options"), CASES, ids=str)
def test_every_snippet_runs(tmp_path, strategy, options):
    python = python_for(strategy)
    asynchronous = strategy == "asyncio"
    question = {**QUESTION, "use": "jobs.py:fetch"} if asynchronous else QUESTION
    call = Call.of(question, {**TOLD, "asynchronous": asynchronous})
    assert run(tmp_path, snippet(call, strategy, 2, options), python) == [0, 2, 4, 6, 8, 10, 12]


@pytest.mark.parametrize("strategy", ["serial", "threads", "processes", "mp_pool"])
def test_a_coroutine_function_runs_under_what_is_not_asynchronous(tmp_path, strategy):
    question = {"use": "jobs.py:fetch", "items": "jobs.py:LIST", "setup": "jobs.py:reset"}
    call = Call.of(question, {"source_is_called": False, "asynchronous": True})
    text = snippet(call, strategy, 2, {"start_method": "spawn"})
    assert run(tmp_path, text) == [0, 2, 4, 6, 8, 10, 12]
    assert "    reset()\n" in text


def test_what_starts_processes_is_guarded_and_names_its_start_method():
    call = Call.of(QUESTION, TOLD)
    for strategy in ("processes", "mp_pool"):
        text = snippet(call, strategy, 3, {"start_method": "forkserver"})
        assert 'if __name__ == "__main__":' in text
        assert 'get_context("forkserver")' in text


def test_modules_and_methods_are_imported_by_what_they_are_called():
    question = {"use": "a/jobs.py:Tools.resize", "items": "b/data.py:ITEMS", "setup": "a/jobs.py:reset"}
    text = snippet(Call.of(question, {**TOLD, "source_is_called": False}), "serial", 1, {})
    assert "from data import ITEMS\nfrom jobs import Tools, reset\n" in text
    assert "[Tools.resize(item) for item in ITEMS]" in text


def test_every_strategy_that_advice_may_name_has_one():
    from pipeline.plan.candidates import DOMINATED

    assert strategies().keys() - DOMINATED.keys() <= BODIES.keys()
