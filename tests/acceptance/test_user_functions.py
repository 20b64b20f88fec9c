"""The user's own function: whatever it is, it runs under every strategy or says why not."""

import os
import re

import pytest

from pipeline import store
from tests.acceptance.command_line import contents, write

resource = pytest.importorskip("resource", reason="limits of resources are a thing of Unix")

WORK = """
import asyncio
import helpers

print("imported", flush=True)

ITEMS = [1, 2, 3, 4]
STREAM = (number for number in ITEMS)

def numbers():
    yield from ITEMS

def double(item):
    print("called")
    return helpers.twice(item)

async def double_slowly(item):
    await asyncio.sleep(0.001)
    return helpers.twice(item)

class Tools:
    @staticmethod
    def double(item):
        return helpers.twice(item)
"""
HELPERS = "def twice(item):\n    return 2 * item\n"
CONFIG = """
name: mine
measure: {blocks: 1, iterations: 2, warmup: 1, precision: null, memory: false, timeout: 60s}
grids:
  - workloads:
      - {use: "../code/work.py:double", items: "../code/work.py:ITEMS"}
      - {use: "../code/work.py:double_slowly", items: "../code/work.py:numbers", tasks: 4}
      - {use: "../code/work.py:Tools.double", items: "../code/work.py:STREAM"}
    strategies:
      - serial
      - threads
      - {use: processes, start_method: [fork, forkserver, spawn]}
      - {use: mp_pool, start_method: [fork, spawn]}
      - asyncio
    workers: 2
"""
STRATEGIES = [
    ("serial", None),
    ("threads", None),
    *[("processes", method) for method in ("fork", "forkserver", "spawn")],
    *[("mp_pool", method) for method in ("fork", "spawn")],
]
SYNCHRONOUS = ("double", "Tools.double")


@pytest.fixture(scope="module")
def table(shared):
    """The configuration in one folder, the code in another, the command started in a third."""
    write(shared.folder / "code", WORK, "work.py")
    write(shared.folder / "code", HELPERS, "helpers.py")
    write(shared.folder / "configurations", CONFIG)
    (shared.folder / "elsewhere").mkdir()
    done = shared("run", "../configurations/config.yaml", "--out", "bundle", cwd=shared.folder / "elsewhere")
    assert done.stdout == "bundle\n"
    frame = store.load(shared.folder / "elsewhere" / "bundle").invocations
    return frame.assign(function=frame["workload"].str.split(":").str[1])


@pytest.mark.parametrize("function", ["double", "double_slowly", "Tools.double"])
@pytest.mark.parametrize(("strategy", "start_method"), STRATEGIES)
def test_it_runs_in_every_worker_of_every_start_method(table, function, strategy, start_method):
    rows = table[(table["function"] == function) & (table["strategy"] == strategy)]
    rows = rows[rows["start_method"].eq(start_method) if start_method else rows["start_method"].isna()]
    assert list(rows["status"]) == ["ok"], rows["error"].tolist()
    assert list(rows["n_tasks"]) == [4]


def test_a_coroutine_function_runs_under_asyncio_and_others_say_why_not(table):
    rows = table[table["strategy"] == "asyncio"].set_index("function")
    assert rows.loc["double_slowly", "status"] == "ok"
    for function in SYNCHRONOUS:
        assert rows.loc[function, "status"] == "unsupported"
        assert "not a coroutine function" in rows.loc[function, "error"]


def test_whoever_ran_it_the_results_are_the_same(table):
    assert table["checksum"].nunique() == 1


BROKEN = {
    "raises.py": ("raise ValueError('not today')\nITEMS = [1]\ndef work(item): ...\n", "ValueError: not today"),
    "lacks.py": ("import there_is_no_such_module\nITEMS = [1]\ndef work(item): ...\n", "No module named"),
    "quits.py": ("import sys\nsys.exit('bye')\nITEMS = [1]\ndef work(item): ...\n", "SystemExit: bye"),
    "dies.py": ("import os\nos._exit(3)\nITEMS = [1]\ndef work(item): ...\n", "exited with code 3"),
    "no_function.py": ("ITEMS = [1]\nwork = 3\n", "work is a int, not a function"),
    "items_raise.py": (
        "def ITEMS(): raise OSError('no disk')\ndef work(item): ...\n",
        "OSError: no disk (items_raise.py:1)",
    ),
    "no_items.py": ("ITEMS = []\ndef work(item): ...\n", "gives no items"),
    "no_list.py": ("ITEMS = 7\ndef work(item): ...\n", "'int' object is not iterable"),
    "endless.py": ("import itertools\nITEMS = itertools.repeat(1)\ndef work(item): ...\n", "or never ends"),
}


@pytest.fixture
def broken(tmp_path):
    for name, (text, _) in BROKEN.items():
        write(tmp_path, text, name)
    lines = [f'      - {{use: "{name}:work", items: "{name}:ITEMS"}}' for name in BROKEN]
    write(tmp_path, "\n".join(["name: x", "grids:", "  - strategies: threads", "    workloads:", *lines, ""]))
    return tmp_path


def test_functions_that_cannot_be_used_are_told_all_at_once_before_anything_is_measured(whichpool, broken):
    def little_memory():
        resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))

    before = contents(broken)
    done = whichpool("run", "config.yaml", expect=2, preexec_fn=little_memory)
    assert done.stdout == ""
    told = [line for line in done.stderr.splitlines() if re.match(r"config\.yaml:\d+: ", line)]
    assert len(told) == len(BROKEN)
    for number, (name, (_, words)) in enumerate(BROKEN.items(), 5):
        line = next(line for line in told if line.startswith(f"config.yaml:{number}: "))
        assert f"{name}:work can't be used under current: " in line
        assert words in line
    assert [path for path in contents(broken) if "__pycache__" not in path] == before


def test_each_of_several_task_lists_of_one_function_is_checked(whichpool, tmp_path):
    write(tmp_path, "GOOD = [1]\nBAD = []\ndef work(item):\n    return item\n", "jobs.py")
    lines = [
        '      - {use: "jobs.py:work", items: "jobs.py:GOOD"}',
        '      - {use: "jobs.py:work", items: "jobs.py:BAD"}',
    ]
    measure = "measure: {blocks: 1, precision: null, memory: false}"
    write(tmp_path, "\n".join(["name: x", measure, "grids:", "  - strategies: threads", "    workloads:", *lines, ""]))
    done = whichpool("run", "config.yaml", expect=2)
    assert "config.yaml:7: jobs.py:work can't be used under current: " in done.stderr
    assert "BAD gives no items" in done.stderr
    assert "config.yaml:6" not in done.stderr


def test_a_module_of_the_same_name_elsewhere_is_not_taken_for_the_users(whichpool, tmp_path):
    write(tmp_path / "elsewhere", "ITEMS = [1]\ndef work(item):\n    return 'of another'\n", "jobs.py")
    write(tmp_path, "ITEMS = [1]\ndef work(item):\n    return 'mine'\n", "jobs.py")
    grid = '{workloads: {use: "jobs.py:work", items: "jobs.py:ITEMS"}, strategies: threads, workers: 1}'
    write(tmp_path, f"name: x\nmeasure: {{blocks: 1, precision: null, memory: false}}\ngrids: {grid}\n")
    path = os.pathsep.join(filter(None, [str(tmp_path / "elsewhere"), os.environ.get("PYTHONPATH")]))
    done = whichpool("run", "config.yaml", expect=2, environment={"PYTHONPATH": path})
    assert "jobs.py is hidden by another module of its name" in done.stderr
    assert "elsewhere/jobs.py" in done.stderr


NOT_BY_NAME = """
import functools
ITEMS = [1, 2]
nameless = lambda item: item

def logged(function):
    def inner(item):
        return function(item)
    return inner

@logged
def decorated(item):
    return item

@functools.lru_cache
def cached(item):
    return item
"""


def test_what_workers_cannot_import_by_name_works_where_nobody_has_to(whichpool, tmp_path):
    """Threads share it; processes would have to find it by its name, and can't."""
    write(tmp_path, NOT_BY_NAME, "jobs.py")
    workloads = ", ".join(
        f'{{use: "jobs.py:{name}", items: "jobs.py:ITEMS"}}' for name in ("nameless", "decorated", "cached")
    )
    strategies = "[serial, threads, {use: processes, start_method: [fork, spawn]}, {use: mp_pool, start_method: fork}]"
    measure = "{blocks: 1, iterations: 1, precision: null, memory: false}"
    write(
        tmp_path,
        f"name: x\nmeasure: {measure}\ngrids: {{workloads: [{workloads}], strategies: {strategies}, workers: 2}}\n",
    )
    whichpool("run", "config.yaml", "--out", "bundle")
    frame = store.load(tmp_path / "bundle").invocations
    frame = frame.assign(function=frame["workload"].str.split(":").str[1])
    alone = frame[frame["strategy"].isin(["serial", "threads"]) | (frame["function"] == "cached")]
    assert set(alone["status"]) == {"ok"}
    pooled = frame[~frame.index.isin(alone.index)]
    assert len(pooled) == 2 * 3
    assert set(pooled["status"]) == {"unsupported"}
    reasons = dict(zip(pooled["function"], pooled["error"], strict=True))
    assert reasons == {
        "nameless": "not picklable: jobs.py:nameless is a lambda; give it a def and a name at module level",
        "decorated": "not picklable: jobs.py:decorated is made inside logged; define it at module level "
        "(a decorator needs functools.wraps)",
    }
