from __future__ import annotations

import pandas as pd
import pytest

from pipeline.analysis.cases import cases, group_columns, timed_for_themselves
from pipeline.analysis.settings import setting


def invocation(case_id, **columns):
    base = {
        "case_id": case_id,
        "baseline_id": "b",
        "workload": "sleep",
        "strategy": "threads",
        "start_method": None,
        "workers": 2,
        "interpreter": "current",
    }
    return base | columns


def test_planned_cases_keep_the_order_of_the_plan_and_include_those_that_never_ran(bundle):
    shuffled = bundle.invocations.sample(frac=1, random_state=0)
    planned = bundle.run["cases"]
    without = shuffled[shuffled["case_id"] != planned[3]["case_id"]]
    found = cases(without, planned)
    assert list(found["case_id"]) == [case["case_id"] for case in planned]


def test_without_a_plan_the_order_does_not_depend_on_the_rows(bundle):
    shuffled = bundle.invocations.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(cases(shuffled), cases(bundle.invocations))
    first = cases(shuffled).groupby("baseline_id", sort=False)["strategy"].first()
    assert (first == "serial").all()


def test_names_are_short_and_tell_the_cases_of_a_group_apart(bundle):
    found = cases(bundle.invocations)
    assert {"serial", "threads × 2", "processes (spawn) × 4"} <= set(found["name"])
    assert not found.duplicated(["baseline_id", "name"]).any()
    assert set(found.loc[found["workload"] == "sleep", "setting"]) == {"1 ms", "10 ms"}
    assert set(found.loc[found["workload"] == "noop", "setting"]) == {""}


def test_options_that_vary_are_part_of_the_label():
    found = cases(
        pd.DataFrame(
            [
                invocation("1", strategy="mp_pool", start_method="fork", option_chunksize=1, option_idle=5),
                invocation("2", strategy="mp_pool", start_method="fork", option_chunksize=4, option_idle=5),
                invocation("3", strategy="mp_pool", start_method="spawn", option_idle=5),
                invocation("4"),
            ]
        )
    )
    assert dict(zip(found["case_id"], found["label"], strict=True)) == {
        "1": "mp_pool (fork, chunksize 1)",
        "2": "mp_pool (fork, chunksize 4)",
        "3": "mp_pool (spawn)",
        "4": "threads",
    }


def test_parameters_of_mixed_kinds_can_be_sorted_and_shown():
    found = cases(
        pd.DataFrame(
            [
                invocation("1", workload="jobs.py:resize", param_level="best"),
                invocation("2", workload="other.py:run", param_level=10),
                invocation("3", workload="other.py:run", param_level=9),
            ]
        )
    )
    assert dict(zip(found["case_id"], found["setting"], strict=True)) == {"1": "", "2": "level 10", "3": "level 9"}


@pytest.mark.parametrize(
    ("workload", "values", "text"),
    [
        ("sleep", {"seconds": 0.001}, "1 ms"),
        ("sleep", {"seconds": 1.5}, "1.5 s"),
        ("sleep", {"seconds": 2.5e-5}, "25 µs"),
        ("sleep", {"seconds": 0.0}, "0 s"),
        ("sleep", {"seconds": 0.01, "tasks": 8.0}, "10 ms, tasks 8"),
        ("allocate", {"size": 8 << 20}, "8 MiB"),
        ("payload", {"size": 1536, "kind": "bytes"}, "1.5 KiB, bytes"),
        ("int_loop", {"steps": None}, "steps auto"),
        ("int_loop", {"task_time": 1e-4, "payload": 1536}, "100 µs tasks, 1.5 KiB payload"),
        ("hash_large", {"size": 1 << 20, "task_time": 0.0, "payload": None}, "1 MiB, empty tasks"),
        ("int_loop", {"steps": float("nan")}, "steps auto"),
        ("jobs.py:resize", {"seconds": 2, "tasks": 3}, "2 s, tasks 3"),
        ("jobs.py:resize", {}, ""),
    ],
)
def test_settings_are_written_as_people_write_them(workload, values, text):
    assert setting(workload, values) == text


def test_nothing_gives_no_cases_but_the_columns():
    found = cases(pd.DataFrame())
    assert found.empty
    assert set(group_columns(found)) <= set(found.columns)


def test_workloads_that_are_there_for_their_readings_are_not_compared():
    described = pd.DataFrame({"workload": ["int_loop", "stopping", "heartbeat", "jobs.py:resize"]})
    assert list(timed_for_themselves(described)["workload"]) == ["int_loop", "jobs.py:resize"]
