from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.speedups import speedups
from tests.support.synthetic import synthetic_bundle

SMALL = {"workloads": ["int_loop"], "strategies": ["serial", "threads", "processes"], "interpreters": ["current"]}


def resident(bundle, **options):
    found = speedups(bundle.invocations, bundle.measurements, **options)
    return found[found["use"] == "resident"].set_index("case_id")


def test_intervals_hold_the_truth_as_often_as_they_say():
    hits = []
    for seed in range(15):
        bundle = synthetic_bundle(seed=seed, workers=(2,), memory_blocks=0, mishaps=False, **SMALL)
        found = speedups(bundle.invocations, bundle.measurements)
        for use, truth in (("resident", bundle.true_speedups), ("one_shot", bundle.true_one_shot)):
            rows = found[(found["use"] == use) & (found["strategy"] != "serial")].set_index("case_id")
            true = pd.Series(truth)[rows.index]
            hits += list((rows["low"] <= true) & (true <= rows["high"]))
    assert len(hits) == 15 * 2 * 4
    # The cases of a run share their baseline, so these aren't 120 independent trials.
    assert 0.90 <= np.mean(hits) <= 0.99


def test_estimates_are_near_the_truth_and_the_second_opinion_agrees(bundle):
    found = resident(bundle).query("n > 0 and strategy != 'serial'")
    error = np.log(found["speedup"] / pd.Series(bundle.true_speedups)[found.index])
    assert error.abs().max() < 0.06
    assert (np.log(found["median_speedup"] / found["speedup"])).abs().max() < 0.06
    assert found["agree"].mean() > 0.95
    assert ((found["low"] < found["speedup"]) & (found["speedup"] < found["high"])).all()


def test_drift_of_the_machine_cancels_within_a_block():
    still = synthetic_bundle(block_cv=0.0, mishaps=False, **SMALL)
    drifting = synthetic_bundle(block_cv=0.5, mishaps=False, **SMALL)
    widths = [np.log(frame["high"] / frame["low"]).mean() for frame in map(resident, (still, drifting))]
    assert widths[1] == pytest.approx(widths[0], rel=0.15)


def test_a_baseline_is_exactly_1_without_an_interval(bundle):
    found = resident(bundle).query("strategy == 'serial'")
    assert (found["speedup"] == 1).all()
    assert (found["n"] == 10).all()
    assert found[["low", "high", "mde", "p_value"]].isna().all(axis=None)


def test_derived_numbers_follow_from_the_speedup(bundle):
    found = resident(bundle, effective_cpus=2).query("n > 0")
    workers = found["workers"].astype(float)
    assert np.allclose(found["speedup"], found["baseline_s"] / found["time_s"])
    assert np.allclose(found["efficiency"] * workers, found["speedup"])
    assert found.loc[workers == 1, "karp_flatt"].isna().all()
    several = found[workers > 1]
    fraction, count = several["karp_flatt"], workers[workers > 1]
    assert np.allclose(several["speedup"], 1 / (fraction + (1 - fraction) / count))
    assert set(found.loc[found["beyond_cpus"], "workers"]) == {4}


def test_karp_flatt_finds_the_serial_fraction():
    bundle = synthetic_bundle(cv=1e-6, mishaps=False, speedup=lambda case: 1 / (0.1 + 0.9 / case.workers), **SMALL)
    found = resident(bundle).query("workers > 1")
    assert found["karp_flatt"].to_numpy() == pytest.approx(0.1, abs=1e-4)


def test_one_shot_use_pays_for_start_up(bundle):
    found = speedups(bundle.invocations, bundle.measurements).set_index(["use", "case_id"])
    spawn = found.query("start_method == 'spawn' and workload == 'int_loop' and workers == 4 and n > 0")
    assert (spawn.loc["one_shot", "speedup"] < 0.6 * spawn.loc["resident", "speedup"]).all()


def test_only_blocks_with_both_sides_count(bundle):
    found = resident(bundle)
    lost = found.query("workload == 'noop' and strategy == 'processes' and workers == 4 and n > 0")
    assert (lost["n"] == 8).all()
    kept = found.query("workload == 'int_loop' and strategy == 'threads' and workers == 2")
    assert (kept["n"] == 10).all(), "a contaminated invocation was repeated"


def test_cases_without_a_result_have_a_row_without_numbers(bundle):
    found = resident(bundle).query("n == 0")
    assert set(found["strategy"]) == {"processes", "mp_pool"}
    assert found[["speedup", "low", "time_s", "mde"]].isna().all(axis=None)


def test_one_block_gives_a_speedup_without_an_interval():
    bundle = synthetic_bundle(blocks=1, mishaps=False, **SMALL)
    found = resident(bundle).query("strategy != 'serial'")
    assert (found["n"] == 1).all()
    assert found["speedup"].notna().all()
    assert found[["low", "high", "mde"]].isna().all(axis=None)
    assert found["agree"].all()


def test_without_its_baseline_a_case_still_has_its_time():
    bundle = synthetic_bundle(mishaps=False, **SMALL)
    own = bundle.invocations[bundle.invocations["strategy"] != "serial"]
    found = speedups(own, bundle.measurements)
    assert (found["n"] == 0).all()
    assert found["speedup"].isna().all()
    assert found["time_s"].notna().all()


def test_parameters_and_options_are_kept_and_may_be_absent(bundle):
    found = speedups(bundle.invocations, bundle.measurements)
    assert {"param_tasks", "param_seconds", "option_chunksize"} <= set(found.columns)
    bare = bundle.invocations.drop(
        columns=[name for name in bundle.invocations if name.startswith(("param_", "option_"))]
    )
    fewer = speedups(bare, bundle.measurements).set_index(["use", "case_id"])["speedup"]
    pd.testing.assert_series_equal(fewer.sort_index(), found.set_index(["use", "case_id"])["speedup"].sort_index())
