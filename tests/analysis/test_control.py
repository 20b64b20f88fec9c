import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.cases import cases
from pipeline.analysis.control import controlled
from pipeline.analysis.robustness import changed_without_disturbed
from pipeline.analysis.speedups import estimator, raced_ratio
from pipeline.statistics.ratio import log_ratio
from pipeline.statistics.sequence import FIRST_LOOK, sequential_ratio


def described():
    rows = [("serial", 1), ("threads", 2), ("processes", 2)]
    return cases(
        pd.DataFrame(
            [
                {
                    "case_id": strategy, "baseline_id": "serial", "workload": "w", "strategy": strategy,
                    "workers": workers, "interpreter": "current",
                }
                for strategy, workers in rows
            ]
        )
    )  # fmt: skip


def timed(blocks, *, seen, seed=0):
    """Times on a machine whose speed wanders from invocation to invocation; readings see it if `seen`."""
    rng = np.random.default_rng(seed)
    rows = []
    for block in range(blocks):
        for name, truth in (("serial", 1.0), ("threads", 1.0), ("processes", 0.5)):
            level = 0.2 * rng.standard_normal()
            reading = level if seen else 0.2 * rng.standard_normal()
            rows.append(
                {
                    "case_id": name,
                    "block": block,
                    "steady_s": truth * np.exp(level + 0.02 * rng.standard_normal()),
                    "reference_s": 1e-4 * np.exp(reading),
                }
            )
    return pd.DataFrame(rows)


def test_readings_that_see_what_happens_make_the_interval_narrow_and_keep_it_right():
    found = controlled(described(), timed(20, seen=True, seed=1)).set_index("case_id")
    assert set(found.index) == {"threads", "processes"}
    assert (found["width_ratio"] < 0.3).all()
    assert found.loc["processes", "low"] < 2 < found.loc["processes", "high"]
    assert found.loc["threads", "low"] < 1 < found.loc["threads", "high"]


def test_readings_that_see_nothing_change_little():
    found = controlled(described(), timed(30, seen=False))
    assert found["width_ratio"].to_numpy() == pytest.approx(1, abs=0.15)


def test_without_readings_or_with_few_blocks_there_is_no_second_estimate():
    times = timed(20, seen=True)
    assert controlled(described(), times.assign(reference_s=np.nan)).empty
    assert controlled(described(), timed(3, seen=True)).empty
    assert controlled(described(), times.iloc[:0]).empty


def test_how_a_run_stopped_decides_how_it_is_estimated():
    blocks = {"min": 8, "max": 30}
    assert estimator({"until": "decided", "blocks": blocks, "precision": 0.03}) is raced_ratio
    assert estimator({"until": "precision", "blocks": blocks, "precision": None}) is log_ratio
    assert estimator({"blocks": {"min": 8, "max": 8}, "precision": 0.03}) is log_ratio
    assert estimator({}) is log_ratio
    assert estimator({"blocks": 10, "precision": 0.03}) is log_ratio
    values = 0.1 * np.random.default_rng(1).standard_normal(20)
    staged = estimator({"until": "precision", "blocks": blocks, "precision": 0.03})
    assert staged(values).half_width >= log_ratio(values).half_width


def test_a_race_pays_for_looking_only_if_somebody_looked():
    """Before the first look nothing but the clock can have ended it."""
    values = 0.7 + 0.02 * np.random.default_rng(1).standard_normal(FIRST_LOOK)
    assert raced_ratio(values[:-1]) == log_ratio(values[:-1])
    assert raced_ratio(values) == sequential_ratio(values)


def test_answers_that_hang_on_disturbed_invocations_are_found():
    answers = pd.DataFrame(
        {
            "baseline_id": ["a", "b", "c"],
            "use": "resident",
            "outcome": "winner",
            "recommended_case_id": ["a1", "b1", "c1"],
            "recommended_name": ["A", "B", "C"],
        }
    )
    without = answers.assign(
        outcome=["winner", "no reliable difference", "not measured"], recommended_case_id=["a1", "b0", None]
    )
    times = pd.DataFrame({"contaminated": [True, False]})
    found = changed_without_disturbed(answers, times, lambda counted: without)
    assert list(found["baseline_id"]) == ["b"], "where nothing is left to decide by, nothing is said"
    clean = pd.DataFrame({"contaminated": [False]})
    assert changed_without_disturbed(answers, clean, lambda counted: without).empty
