from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from pipeline.analysis.cases import cases
from pipeline.analysis.costs import costs
from pipeline.analysis.memory import memory
from pipeline.analysis.winners import winners, winners_of
from pipeline.statistics import student
from tests.support.synthetic import synthetic_bundle

SMALL = {"workloads": ["int_loop"], "interpreters": ["current"], "mishaps": False}


def decide(speedup, *, use="resident", margin=1.05, **options):
    """The resident decision about a bundle with one group whose true speed-ups are known."""
    options = SMALL | {"strategies": ["serial", "threads", "processes"], "workers": (2, 4)} | options
    bundle = synthetic_bundle(speedup=speedup, **options)
    found = winners(bundle.invocations, bundle.measurements, margin=margin)
    return found[found["use"] == use].iloc[0]


def simulated(groups, parallel, blocks, *, speedup=1.0, last=None, seed=0, cv=0.03):
    """The decisions of many runs with one group each. `last` is the last case's speed-up."""
    rng = np.random.default_rng(seed)
    ids = [(f"{group}-{case}", f"{group}-0", case) for group in range(groups) for case in range(parallel + 1)]
    invocations = pd.DataFrame(
        [
            {
                "case_id": case_id,
                "baseline_id": baseline_id,
                "workload": "noise",
                "strategy": "threads" if case else "serial",
                "workers": max(1, case),
                "interpreter": "current",
            }
            for case_id, baseline_id, case in ids
        ]
    )
    described = cases(invocations)
    truth = [1.0, *[speedup] * (parallel - 1), last or speedup]
    factor = np.array([1 / truth[case] for *_, case in ids])
    steady = np.exp(cv * rng.standard_normal((blocks, len(ids)))) * factor
    times = pd.DataFrame(
        {
            "case_id": np.tile([case_id for case_id, *_ in ids], blocks),
            "block": np.repeat(np.arange(blocks), len(ids)),
            "steady_s": steady.ravel(),
            "one_shot_s": np.nan,
        }
    )
    empty = pd.DataFrame()
    runs = [
        winners_of(
            group,
            times[times["case_id"].isin(group["case_id"])],
            costs(empty, empty),
            memory(empty, empty),
            margin=1.0,
        )
        for _, group in described.groupby("baseline_id", sort=False)
    ]
    decided = pd.concat(runs, ignore_index=True)
    return decided[decided["use"] == "resident"]


@pytest.fixture(scope="module")
def equals():
    return simulated(groups=200, parallel=6, blocks=8)


def test_among_equals_a_winner_is_named_in_at_most_5_percent_of_runs(equals):
    assert (equals["outcome"] == "winner").mean() <= 0.05
    assert (equals["outcome"] == "serial").mean() <= 0.05
    assert (equals["recommended_strategy"] == "serial").mean() >= 0.95


def test_without_the_correction_that_would_fail(equals):
    assert ((equals["speedup"] > 1) & (equals["low"] > 1)).mean() > 0.07


def test_an_effect_of_the_detectable_size_is_found_four_times_in_five():
    groups, parallel, blocks, cv = 150, 6, 10, 0.03
    error = cv * np.sqrt(2 / blocks)
    effect = np.exp(student.detectable(error, blocks - 1, 0.05 / parallel))
    found = simulated(groups, parallel, blocks, last=effect, cv=cv)
    assert found["mde"].median() == pytest.approx(effect - 1, rel=0.1)
    assert (found["outcome"] == "winner").mean() == pytest.approx(0.8, abs=0.09)


def test_a_shaky_best_estimate_does_not_hide_a_reliable_winner():
    bundle = synthetic_bundle(
        speedup=lambda case: 2.0, **SMALL, strategies=["serial", "threads"], workers=(2, 4), seed=5
    )
    values = bundle.measurements.copy()
    shaky = bundle.invocations.query("strategy == 'threads' and workers == 4")
    wild = values["invocation"].isin(shaky.query("block % 2 == 0")["invocation"]) & (values["phase"] == "steady")
    values.loc[wild, "value"] /= 100
    wilder = values["invocation"].isin(shaky.query("block % 2 == 1")["invocation"]) & (values["phase"] == "steady")
    values.loc[wilder, "value"] *= 40
    row = winners(bundle.invocations, values).iloc[0]
    assert (row["outcome"], row["name"], row["recommended_name"]) == ("winner", "threads × 2", "threads × 2")
    assert row["runner_up"] == "threads × 4"
    assert row["runner_up_speedup"] > row["speedup"]
    assert row["tied"] == ("threads × 4",)


def test_a_difference_well_above_the_detectable_one_is_found():
    found = simulated(groups=100, parallel=6, blocks=8, speedup=1.12)
    assert (found["outcome"] == "winner").mean() > 0.95


def test_a_clear_winner():
    row = decide(lambda case: 3.0 if case.options.get("start_method") == "fork" and case.workers == 4 else 1.5)
    assert (row["outcome"], row["name"], row["workers"]) == ("winner", "processes (fork) × 4", 4)
    assert row["speedup"] == pytest.approx(3, rel=0.06)
    assert row["low"] < row["speedup"] < row["high"]
    assert row["pays"]
    assert row["tied"] == ()
    assert row["recommended_name"] == row["name"]
    assert row["runner_up_speedup"] == pytest.approx(1.5, rel=0.1)
    assert row["startup_s"] == pytest.approx(0.012, rel=0.1)
    assert row["peak_bytes"] == pytest.approx(34e6, rel=0.05)
    assert row["candidates"] == 8
    assert row["n"] == 10


def test_serial_wins_over_what_is_slower():
    row = decide(lambda case: 0.5 if case.workers == 4 else 0.8)
    assert (row["outcome"], row["strategy"], row["speedup"]) == ("serial", "serial", 1)
    assert np.isnan(row["low"])
    assert not row["pays"]
    assert row["tied"] == ()
    assert row["runner_up_speedup"] == pytest.approx(0.8, rel=0.06)
    assert row["runner_up_high"] < 1
    assert row["recommended_name"] == "serial"


def test_no_reliable_difference_says_what_could_have_been_found():
    row = decide(lambda case: 1.04 if case.workers == 2 else 0.7, cv=0.08)
    assert row["outcome"] == "no reliable difference"
    assert 0.05 < row["mde"] < 0.4
    assert row["recommended_strategy"] == "serial"
    assert not row["pays"]
    assert {"serial"} & {row["name"], *row["tied"]}
    assert not any("× 4" in name for name in row["tied"])


def test_a_reliable_speedup_that_does_not_pay_is_said_so():
    row = decide(lambda case: 1.03, cv=0.002)
    assert row["outcome"] == "no worthwhile difference"
    assert row["low"] > 1
    assert "less than the 5%" in row["reason"]
    assert "serial" not in row["tied"]
    assert row["recommended_strategy"] == "serial"
    assert decide(lambda case: 1.03, cv=0.002, margin=1.01)["outcome"] == "winner"


def test_that_nothing_pays_is_told_apart_from_not_knowing():
    row = decide(lambda case: 1.0 if case.workers == 2 else 0.7, cv=0.01)
    assert (row["outcome"], row["recommended_strategy"]) == ("no worthwhile difference", "serial")
    assert "differ by less than 5%" in row["reason"]
    row = decide(lambda case: 0.96 if case.workers == 2 else 0.7, cv=0.03, seed=3)
    assert row["outcome"] in {"no worthwhile difference", "serial"}


def test_a_run_of_equals_names_any_winner_at_all_in_at_most_5_percent():
    rng = np.random.default_rng(5)
    named, runs, groups, cases_each, blocks = 0, 150, 4, 4, 10
    ids = [(f"{group}-{case}", f"{group}-0") for group in range(groups) for case in range(cases_each)]
    described = cases(
        pd.DataFrame(
            {
                "case_id": [case_id for case_id, _ in ids],
                "baseline_id": [baseline_id for _, baseline_id in ids],
                "workload": "noise",
                "strategy": ["serial" if case_id == baseline_id else "threads" for case_id, baseline_id in ids],
                "workers": 2,
                "interpreter": "current",
            }
        )
    )
    nothing = costs(pd.DataFrame(), pd.DataFrame()), memory(pd.DataFrame(), pd.DataFrame())
    for _ in range(runs):
        steady = np.exp(0.1 * rng.standard_normal((blocks, len(ids))))
        times = pd.DataFrame(
            {
                "case_id": np.tile([case_id for case_id, _ in ids], blocks),
                "block": np.repeat(np.arange(blocks), len(ids)),
                "steady_s": steady.ravel(),
                "one_shot_s": steady.ravel() * np.exp(0.02 * rng.standard_normal(steady.size)),
            }
        )
        named += (winners_of(described, times, *nothing, margin=1.0)["outcome"] == "winner").any()
    assert named <= binom.ppf(0.999, runs, 0.05)


def test_of_what_is_tied_the_cheapest_is_recommended():
    row = decide(lambda case: 2.0)
    assert row["outcome"] == "winner"
    assert len(row["tied"]) >= 5
    assert row["name"] not in row["tied"]
    assert row["recommended_workers"] == 2
    assert row["recommended_name"] in {"threads × 2", "processes (fork) × 2"}
    assert row["recommended_low"] > 1.05


def test_start_up_decides_one_shot_use():
    resident, one_shot = (
        decide(lambda case: 1.0 if case.strategy == "threads" else 2.0, use=use) for use in ("resident", "one_shot")
    )
    assert resident["strategy"] == one_shot["strategy"] == "processes"
    assert one_shot["start_method"] == "fork"
    assert one_shot["speedup"] < resident["speedup"]


def test_two_blocks_are_enough_to_take_part_and_one_is_not():
    assert decide(lambda case: 3.0, blocks=2, cv=1e-4)["outcome"] == "winner"
    row = decide(lambda case: 3.0, blocks=1)
    assert row["outcome"] == "not measured"
    assert "2 blocks" in row["reason"]


def test_what_cannot_be_compared_is_not_measured():
    bundle = synthetic_bundle(**SMALL)
    parallel = bundle.invocations["strategy"] != "serial"
    for rows, missing in ((bundle.invocations[parallel], "serial"), (bundle.invocations[~parallel], "parallel")):
        found = winners(rows, bundle.measurements, planned=bundle.run["cases"])
        assert set(found["outcome"]) == {"not measured"}
        assert found["reason"].str.contains(missing).all()
        assert not found["pays"].any()
        assert list(found["tied"]) == [(), ()]


def test_a_case_that_failed_cannot_win(bundle):
    found = winners(bundle.invocations, bundle.measurements)
    own = found[found["workload"] == "square_and_quad"]
    assert set(own["outcome"]) == {"serial"}
    assert not own["tied"].map(lambda names: "mp_pool (fork) × 4" in names).any()


def test_every_group_and_use_has_one_row_whatever_the_parameters_lack(bundle):
    found = winners(bundle.invocations, bundle.measurements, planned=bundle.run["cases"])
    assert not found.duplicated(["baseline_id", "use"]).any()
    assert len(found) == 2 * bundle.invocations["baseline_id"].nunique()
    assert found["param_steps"].isna().all()
    assert found[["outcome", "interpreter"]].notna().all(axis=None)


def test_the_default_bundle_gives_the_known_answers(summary):
    found = summary.winners.set_index(["workload", "setting", "interpreter", "use"])
    answer = {
        ("int_loop", "", "current", "resident"): {"processes", "mp_pool"},
        ("int_loop", "", "python3.13t", "one_shot"): {"threads"},
        ("sleep", "10 ms", "current", "one_shot"): {"asyncio", "threads"},
        ("noop", "", "current", "resident"): {"serial"},
        ("square_and_quad", "", "current", "one_shot"): {"serial"},
    }
    for key, strategies in answer.items():
        assert found.loc[key, "strategy"] in strategies, key
