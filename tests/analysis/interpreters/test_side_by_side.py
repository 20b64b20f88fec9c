"""What was planted between interpreters is found, and nothing that wasn't."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.interpreters.relations import BUILD, BUILD_WITH_LOCK, LOCK
from pipeline.analysis.interpreters.start_up import BARE
from pipeline.analysis.summary import summarise
from tests.analysis.interpreters.planted import CONTROL, compared, planted

COST = 1.25
WITH_CONTROL = ("current", "python3.13t", CONTROL)


@pytest.fixture(scope="module")
def found():
    return compared(
        planted(
            interpreters=WITH_CONTROL,
            slower={"python3.13t": COST, CONTROL: 1.1},
            starts_s={"current": 0.02, "python3.13t": 0.03, CONTROL: 0.03},
            heavier={"python3.13t": 1.3, CONTROL: 1.3},
        )
    )


def row(frame, **equal):
    for column, value in equal.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def test_the_planted_cost_of_one_thread_is_found_against_every_measure(found):
    truth = {BUILD: COST, LOCK: COST / 1.1, BUILD_WITH_LOCK: 1.1}
    for kind, ratio in truth.items():
        for workload in ("int_loop", "hash_large"):
            one = row(found.single_thread, kind=kind, workload=workload)
            assert one["ratio"] == pytest.approx(ratio, rel=0.04)
            assert one["low"] < ratio * 1.02
            assert one["high"] > ratio * 0.98
            assert one["outcome"] == "slower"
            assert one["n"] == 10
            assert one["ratio"] == pytest.approx(one["time_s"] / one["against_s"])


def test_all_computing_work_together_leaves_out_what_waits_and_what_is_empty(found):
    whole = row(found.single_thread, kind=BUILD, whole=True)
    own = found.single_thread[(found.single_thread["kind"] == BUILD) & ~found.single_thread["whole"]]
    assert set(own.loc[own["computing"], "workload"]) == {"int_loop", "hash_large"}
    assert whole["ratio"] == pytest.approx(np.exp(np.log(own.loc[own["computing"], "ratio"]).mean()))
    assert whole["low"] < COST < whole["high"]


def test_equal_interpreters_are_told_apart_no_more_often_than_the_level_allows():
    outcomes = []
    for seed in range(12):
        made = planted(seed=seed, workloads=("int_loop", "hash_large"), strategies=("serial",), memory_blocks=0)
        frame = compared(made).single_thread
        assert (frame["ratio"].between(0.93, 1.07)).all()
        outcomes += list(frame.loc[~frame["whole"], "outcome"])
    assert len(outcomes) == 24
    assert sum(each in ("slower", "faster") for each in outcomes) <= 2
    assert "no worthwhile difference" in outcomes


def test_too_few_blocks_tell_what_they_could_have_found():
    made = planted(blocks=3, cv=0.1, workloads=("int_loop",), strategies=("serial",), memory_blocks=0)
    (one,) = compared(made).single_thread.to_dict("records")
    assert one["outcome"] == "no reliable difference"
    assert one["mde"] > 0.2


def test_the_planted_flip_is_found_and_what_does_not_flip_is_not(found):
    flips = found.flips.set_index("workload")
    deciding = flips["flips"].groupby(level=0).any().to_dict()
    assert deciding == {"int_loop": True, "hash_large": False, "sleep": False, "noop": False}
    assert flips.loc["int_loop", "pays_under"] == ("python3.13t",)
    assert flips.loc["int_loop", "not_under"] == ("current", CONTROL)
    assert flips.loc["noop", "pays_under"] == ()


def test_what_threads_gain_by_the_interpreter_is_a_ratio_of_speedups(found):
    frame = found.scaling[(found.scaling["workload"] == "int_loop") & (found.scaling["workers"] == 4)]
    speedups = frame.set_index("interpreter")["speedup"]
    gained = row(frame, interpreter="python3.13t")
    assert gained["gain"] == pytest.approx(speedups["python3.13t"] / speedups["current"])
    assert gained["gain_low"] > 3
    assert gained["gain_p_holm"] < 0.01
    same = row(frame, interpreter=CONTROL)
    assert same["gain_low"] < 1 < same["gain_high"]
    assert frame.set_index("interpreter")["gain"].isna()["current"]


def test_the_planted_start_is_found(found):
    bare = found.start_up[found.start_up["what"] == BARE].set_index("interpreter")
    assert bare["seconds"].to_dict() == pytest.approx({"current": 0.02, "python3.13t": 0.03, CONTROL: 0.03}, rel=0.03)
    assert bare.loc["python3.13t", "low"] < 1.5 < bare.loc["python3.13t", "high"]
    assert np.isnan(bare.loc["current", "ratio"])


def test_pools_start_equally_fast_under_every_interpreter(found):
    pools = found.start_up[found.start_up["what"] == "pool"]
    assert set(pools["label"]) >= {"threads", "processes (fork)"}
    assert (pools["p_holm"].dropna() > 0.05).mean() > 0.9
    fork = row(pools, interpreter="current", label="processes (fork)", workers=4)
    assert fork["seconds"] == pytest.approx(0.012, rel=0.05)


def test_the_planted_memory_is_found(found):
    memory = found.memory.set_index("interpreter")
    assert memory.loc["python3.13t", "ratio"] == pytest.approx(1.3, rel=0.02)
    assert memory.loc["current", "peak_bytes"] == pytest.approx(10e6, rel=0.02)
    assert np.isnan(memory.loc["current", "ratio"])


def test_an_interpreter_that_could_not_be_used_is_named_with_its_reason():
    made = planted(workloads=("int_loop",), strategies=("serial", "threads"), memory_blocks=0)
    gone = made.invocations["interpreter"] == "python3.13t"
    made.invocations.loc[gone, "status"] = "unsupported"
    made.run["interpreters"]["python3.13t"] = {"error": "there is no interpreter"}
    found = compared(made)
    assert found.measured == ("current",)
    assert found.unusable == {"python3.13t": "there is no interpreter"}
    assert found.single_thread.empty
    assert found.flips["flips"].sum() == 0


def test_a_lock_that_a_module_switched_on_is_told_with_the_module_and_fails_no_oracle():
    made = planted(workloads=("int_loop",), strategies=("serial", "threads"), memory_blocks=0)
    assert compared(made).switched_on.empty
    on = (made.invocations["interpreter"] == "python3.13t") & (made.invocations["strategy"] == "threads")
    made.invocations.loc[on, "gil_enabled"] = True
    unexplained = summarise(made)
    assert "GIL state" in unexplained.trust.failed_oracles
    made.invocations.loc[on, "gil_enabled_by"] = "numpy"
    found = compared(made)
    assert found.switched_on.to_dict("records") == [
        {"interpreter": "python3.13t", "workload": "int_loop", "n": on.sum(), "by": "numpy"}
    ]
    assert found.invalid is None


def test_a_lock_that_was_asked_for_is_no_contradiction(found):
    assert found.invalid is None
    assert found.switched_on.empty


def test_a_failed_oracle_leaves_no_verdict():
    made = planted(workloads=("int_loop",), strategies=("serial", "threads"), memory_blocks=0)
    made.invocations["wrong_results"] = made.invocations["strategy"] == "threads"
    assert "results" in compared(made).invalid
