"""Several items in a message, and a fork server that imports beforehand."""

import sys

import pytest

from experiments.catalogue import strategies
from experiments.strategies.process_base import exit_in_words, modules_of
from experiments.workloads.arithmetic import power
from experiments.workloads.burden import Burdened
from tests.experiments.strategies import tasks
from tests.experiments.strategies.building import build, interpreter_with, started, told_by

POOLS = ("processes", "mp_pool")
ALL_METHODS = {"start_methods": ["fork", "forkserver", "spawn"]}
PRELOADS = """
from experiments.catalogue import strategies
from experiments.strategies.meeting import NotPreloaded
from tests.experiments.strategies.tasks import where_imported
def places(**options):
    strategy = strategies()["{name}"](2, start_method="forkserver", **options)
    strategy.start(where_imported)
    try:
        return strategy.run(where_imported, range(4))
    finally:
        strategy.stop()
beforehand = places(preload="function")
from multiprocessing.forkserver import _forkserver
_forkserver._stop()
_forkserver.set_forkserver_preload([])
in_the_worker = places(preload="none")
try:
    places(preload="function")
    late = None
except NotPreloaded as error:
    late = str(error)
print(json.dumps([beforehand, in_the_worker, late]))
"""


@pytest.mark.parametrize("name", POOLS)
def test_items_of_a_chunk_travel_together(name):
    with started(tasks.own_process, name, "fork", workers=2, chunk_size=4) as strategy:
        found = strategy.run(tasks.own_process, range(20))
    assert all(len(set(found[first : first + 4])) == 1 for first in range(0, 20, 4))


@pytest.mark.parametrize("chunk_size", [None, 1, 3, 100])
@pytest.mark.parametrize("name", POOLS)
def test_chunks_of_any_size_give_every_result_in_order_and_every_exception(name, chunk_size):
    with started(power, name, "fork", chunk_size=chunk_size) as strategy:
        assert strategy.run(power, [(base, 2) for base in range(10)]) == [base * base for base in range(10)]
        with pytest.raises(TypeError):
            strategy.run(power, [(1, 2), ("a", "b"), (3, 2)])


@pytest.mark.parametrize("name", POOLS)
def test_a_chunk_is_expected_to_share_the_cost_of_its_message(name):
    assert build(name, chunk_size=10).dispatch_s == pytest.approx(build(name).dispatch_s / 10)


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize(
    ("version", "method", "reason"),
    [
        ((3, 11, 7), "forkserver", "the fork server of Python 3.11.7 can't preload"),
        ((3, 12, 7), "forkserver", "the fork server of Python 3.12.7 can't preload"),
        ((3, 12, 8), "forkserver", None),
        ((3, 13, 0), "forkserver", "the fork server of Python 3.13.0 can't preload"),
        ((3, 13, 1), "forkserver", None),
        ((3, 14, 0), "forkserver", None),
        ((3, 14, 0), "fork", "preload is for the start method forkserver; fork has no server"),
        ((3, 14, 0), "spawn", "preload is for the start method forkserver; spawn has no server"),
    ],
)
def test_only_newer_fork_servers_can_preload(name, version, method, reason):
    facts = {**ALL_METHODS, "version_info": version, "implementation": "CPython"}
    unsupported = strategies()[name].unsupported
    found = unsupported(facts, {"start_method": method, "preload": "function"})
    assert found == reason or found.startswith(reason)
    assert unsupported(facts, {"start_method": method, "preload": "none"}) is None
    assert unsupported(facts, {"start_method": method, "preload": None}) is None


@pytest.mark.parametrize("name", POOLS)
def test_what_is_preloaded_was_imported_by_the_server_and_not_by_the_worker(name):
    preloads = strategies()[name].unsupported
    values = {"start_method": "forkserver", "preload": "function"}
    executable = interpreter_with("Python whose fork server preloads", lambda one: not preloads(one.to_json(), values))
    beforehand, in_the_worker, late = told_by(executable, PRELOADS.replace("{name}", name))
    assert len({imported_in for imported_in, _ in beforehand}) == 1
    assert all(imported_in != worker for imported_in, worker in beforehand)
    assert all(imported_in == worker for imported_in, worker in in_the_worker)
    assert late.startswith("the fork server did not import tests.experiments.strategies.tasks beforehand")


def test_the_modules_of_a_wrapped_function_are_preloaded_too():
    import functools

    assert modules_of(power) == ["experiments.workloads.arithmetic"]
    assert modules_of(Burdened(power)) == ["experiments.workloads.burden", "experiments.workloads.arithmetic"]
    assert modules_of(functools.partial(tasks.own_process, power))[1:] == [tasks.__name__, power.__module__]


def test_a_start_method_that_the_interpreter_lacks_is_a_reason():
    reason = strategies()["processes"].unsupported({"start_methods": ["spawn"]}, {"start_method": "fork"})
    assert reason == "start method fork is not available here; this interpreter offers spawn"


@pytest.mark.parametrize(("method", "possible"), [("fork", True), ("forkserver", False), ("spawn", False)])
def test_a_pypy_whose_pool_only_forks_says_so(method, possible):
    facts = {**ALL_METHODS, "version_info": [3, 9, 16], "implementation": "PyPy"}
    reason = strategies()["processes"].unsupported(facts, {"start_method": method})
    assert reason is None if possible else "PyPy 3.9.16 fails unless it forks" in reason
    assert strategies()["mp_pool"].unsupported(facts, {"start_method": method}) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has only spawn")
@pytest.mark.parametrize("name", [*POOLS, "process_per_task"])
def test_process_strategies_use_forkserver_unless_told(name):
    assert strategies()[name](2).start_method == "forkserver"


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exited with code 0"), (3, "exited with code 3"), (-9, "was killed by SIGKILL"), (-45, "killed by signal 45")],
)
def test_exit_codes_are_told_in_words(code, words):
    assert exit_in_words(code).endswith(words)
