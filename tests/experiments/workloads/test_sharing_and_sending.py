"""What workers share with their parent, and what can be given to them."""

import importlib.util

import pytest

from tests.experiments.strategies.building import METHODS, started
from tests.experiments.workloads.opening import opened

TRIALS = 6
PLAIN = ("seen_by_worker", "seen_global", "seen_argument", "seen_attribute", "seen_environment")
SHARED = ("returned", "shared_memory", "manager", "queue", "value")


def driven(name, strategy, method=None, *, tasks=TRIALS, **values):
    """The readings of one pass, whose results are checked."""
    with opened(name, **values) as workload:
        items = workload.items(workload.tasks or workload.default_tasks if tasks is None else tasks)
        with started(workload.function, strategy, method) as ready:
            results = workload.drive(ready, workload.function, items)
        assert workload.comparable(results) == workload.expected(items)
        return workload.readings(results)


@pytest.mark.parametrize("strategy", ["serial", "threads"])
def test_threads_see_everything_and_are_seen(strategy):
    found = driven("visibility", strategy)
    assert {name: found[name] for name in (*PLAIN, "returned")} == dict.fromkeys((*PLAIN, "returned"), TRIALS)


@pytest.mark.parametrize("method", METHODS)
def test_what_a_process_sets_stays_there_unless_it_is_made_for_sharing(method):
    found = driven("visibility", "processes", method)
    assert {name: found[name] for name in PLAIN} == dict.fromkeys(PLAIN, 0)
    assert {name: found[name] for name in SHARED} == dict.fromkeys(SHARED, TRIALS)


def accepted(found):
    return {name.removeprefix("accepted_") for name, value in found.items() if name.startswith("accepted_") and value}


@pytest.mark.parametrize("strategy", ["serial", "threads"])
def test_threads_can_be_given_anything(strategy):
    found = driven("sendable", strategy, tasks=None)
    assert found["accepted"] == found["kinds"] == len(accepted(found))


@pytest.mark.parametrize(("strategy", "method"), [("processes", each) for each in METHODS] + [("mp_pool", "fork")])
def test_processes_take_what_can_be_pickled_and_go_on_after_what_cannot(strategy, method):
    found = accepted(driven("sendable", strategy, method, tasks=None))
    assert {"number", "bytes", "list", "dict", "function"} <= found
    assert not {"lambda", "closure", "local_class", "generator", "lock"} & found


@pytest.mark.skipif(importlib.util.find_spec("loky") is None, reason="loky is not installed")
def test_cloudpickle_takes_more():
    assert {"lambda", "closure", "local_class"} <= accepted(driven("sendable", "loky", tasks=None))
