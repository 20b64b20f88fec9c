from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.invocation_times import log_times, times


def rows(**columns):
    base = {"case_id": "a", "baseline_id": "a", "block": 0, "pass": "timing", "status": "ok"}
    return pd.DataFrame([base | dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])


def walls(*values):
    return pd.DataFrame(
        [
            {"invocation": invocation, "phase": phase, "metric": metric, "value": value}
            for invocation, phase, metric, value in values
        ]
    )


def test_one_row_per_successful_timing_invocation(bundle):
    found = times(bundle.invocations, bundle.measurements)
    own = bundle.invocations
    ok = own[(own["status"] == "ok") & (own["pass"] == "timing")]
    assert sorted(found["invocation"]) == sorted(ok["invocation"])
    assert not found["one_shot_s"].isna().any()


def test_iterations_count_as_one_by_their_median():
    found = times(
        rows(invocation=[7]),
        walls(
            (7, "startup", "wall", 0.5),
            (7, "steady", "wall", 1.0),
            (7, "steady", "wall", 100.0),
            (7, "steady", "wall", 2.0),
            (7, "steady", "cpu", 3.0),
            (7, "shutdown", "wall", 0.25),
            (7, "warmup", "wall", 50.0),
        ),
    ).iloc[0]
    assert (found["steady_s"], found["cpu_steady_s"], found["one_shot_s"]) == (2, 3, 2.75)
    assert np.isnan(found["wall_total_s"])


def test_what_was_not_measured_is_missing_rather_than_zero():
    found = times(rows(invocation=[7]), walls((7, "steady", "wall", 1.0))).iloc[0]
    assert np.isnan(found["startup_s"])
    assert np.isnan(found["one_shot_s"])


@pytest.mark.parametrize("empty", [pd.DataFrame(), rows(invocation=[])])
def test_nothing_gives_no_rows(empty):
    found = times(empty, pd.DataFrame())
    assert found.empty
    assert "one_shot_s" in found
    assert log_times(found, "steady_s") == {}


def test_logs_average_repeats_and_pass_over_what_has_no_logarithm():
    frame = pd.DataFrame(
        {"case_id": ["a", "a", "b", "b"], "block": [0, 0, 0, 1], "steady_s": [1.0, np.e**2, np.e, 0.0]}
    )
    found = log_times(frame, "steady_s")
    assert found == {"a": pytest.approx([1]), "b": pytest.approx([1])}


def test_logs_of_all_cases_are_aligned_by_block():
    frame = pd.DataFrame({"case_id": ["a", "b", "b"], "block": [2, 1, 2], "steady_s": [1.0, np.e, np.e**3]})
    found = log_times(frame, "steady_s")
    assert found == {"a": pytest.approx([np.nan, 0], nan_ok=True), "b": pytest.approx([1, 3])}
