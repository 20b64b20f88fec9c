"""What a look at the user's function finds before anything is measured."""

import itertools
import time

import pytest

from experiments.probe.check import check
from experiments.probe.travel import Travel, why_function_stays
from experiments.workloads.user import NotThere

JOBS = """
import time

def slow_import():
    time.sleep(0.05)

slow_import()
STREAM = (number for number in range(5))
ITEMS = [1, 2, 3, 4]
SEEN = []

def double(item):
    return 2 * item

def remember(item):
    SEEN.append(item)
    return len(SEEN)

def only_once(item):
    if item in SEEN:
        raise FileExistsError(item)
    SEEN.append(item)

def breaks_at_three(item):
    if item == 3:
        raise ValueError("three")
    return item

def makes_generators(item):
    return (item for _ in range(3))

def rest(item):
    time.sleep(0.01)
    return item

def forget():
    SEEN.clear()

nameless = lambda item: item

def locals_of():
    class Thing:
        pass
    return [1, Thing()]

if __name__ == "__main__":
    LATER = [1, 2]
"""


NAMES = itertools.count()
"""Modules of one name would be taken for each other."""


class Heard:
    """A channel that keeps what it is told."""

    def __init__(self):
        self.told = {}

    def tell(self, **message):
        self.told |= message


@pytest.fixture
def look(tmp_path, monkeypatch):
    def look(function, items, *, trial_s=0.0, setup=None):
        file = tmp_path / f"look_{next(NAMES)}.py"
        file.write_text(JOBS)
        monkeypatch.syspath_prepend(tmp_path)
        parameters = {"target": f"{file}:{function}", "source": f"{file}:{items}"}
        parameters |= {"setup": f"{file}:{setup}"} if setup else {}
        place = "experiments.workloads.user:UserFunction"
        channel = Heard()
        check(channel, {"workload": place, "parameters": parameters, "tasks": None, "trial_s": trial_s})
        return channel.told

    return look


def test_number_of_items_and_time_of_the_import(look):
    told = look("double", "STREAM")
    assert told["items"] == 5
    assert not told["asynchronous"]
    assert 0.05 <= told["import_s"] <= told["open_s"] < 5
    assert told["stays"] is None
    assert told["item_bytes"] > 0
    assert "pass_s" not in told


def test_a_lambda_stays_at_home(look):
    assert look("nameless", "ITEMS")["stays"].endswith("nameless is a lambda; give it a def and a name at module level")


def test_the_first_item_that_cannot_be_pickled_is_named(look):
    told = look("double", "locals_of")
    assert told["stays"].startswith("item 1, a Thing: ")
    assert told["stays"].endswith("define it at module level, under its own name")
    assert told["source_is_called"]


def test_closures_and_results_that_cannot_travel():
    def inner(item):
        return item

    stays = why_function_stays(inner, "jobs.py:inner")
    assert stays.startswith("jobs.py:inner is made inside test_closures_and_results_that_cannot_travel")
    assert why_function_stays(sorted, "sorted") is None
    assert why_function_stays(time.sleep, "time.sleep") is None
    assert Travel("item", [1, 2]).obstacle is None
    assert Travel("item", []).mean_bytes is None
    assert Travel("result of item", [0, (x for x in ())]).obstacle == (
        "result of item 1, a generator: cannot pickle 'generator' object"
    )


def test_a_trial_tells_the_time_of_a_task_and_that_it_waits(look):
    told = look("rest", "ITEMS", trial_s=5.0)
    assert told["trial_tasks"] == 4
    assert told["slowest_s"] >= 0.01
    assert told["pass_s"] >= 0.04
    assert told["pass_cpu_s"] < 0.5 * told["pass_s"]
    assert told["results_vary"] is False


def test_a_trial_ends_in_time_but_after_a_whole_task(look):
    told = look("rest", "ITEMS", trial_s=0.001)
    assert told["trial_tasks"] == 1
    assert told["items"] == 4


def test_a_pass_that_changes_the_next_one_is_noticed_unless_a_set_up_puts_things_back(look):
    assert look("remember", "ITEMS", trial_s=1.0)["results_vary"] is True
    assert look("remember", "ITEMS", trial_s=1.0, setup="forget")["results_vary"] is False


def test_what_fails_only_on_repeats_is_told_apart(look):
    told = look("only_once", "ITEMS", trial_s=1.0)
    assert told["repeat_error"].startswith("FileExistsError: 1")
    assert told["trial_tasks"] == 4
    assert "repeat_error" not in look("only_once", "ITEMS", trial_s=1.0, setup="forget")


def test_the_item_that_breaks_the_plain_loop_is_named(look, monkeypatch):
    heard = []
    monkeypatch.setattr(Heard, "tell", lambda self, **message: heard.append(message))
    with pytest.raises(ValueError, match="three"):
        look("breaks_at_three", "ITEMS", trial_s=1.0)
    assert {"failing_item": 2} in heard


def test_results_that_cannot_travel_are_found_by_the_trial(look):
    told = look("makes_generators", "ITEMS", trial_s=1.0)
    assert told["stays"] is None
    assert told["results_stay"] == "result of item 0, a generator: cannot pickle 'generator' object"


def test_what_exists_only_in_a_script_is_explained(look):
    with pytest.raises(NotThere, match='has no "LATER" once it is imported'):
        look("double", "LATER")
