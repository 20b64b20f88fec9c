from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.cases import cases
from pipeline.analysis.costs import costs
from pipeline.analysis.memory import memory, worker_memory_slopes
from tests.support.synthetic import synthetic_bundle

SMALL = {"workloads": ["noop"], "strategies": ["serial", "threads", "processes"], "interpreters": ["current"]}


def test_start_up_is_found(summary):
    spawn = summary.costs.query("start_method == 'spawn' and workers == 2 and n > 0")
    assert spawn["startup_s"].to_numpy() == pytest.approx(0.144, rel=0.06)
    assert ((spawn["startup_low"] < spawn["startup_s"]) & (spawn["startup_s"] < spawn["startup_high"])).all()
    assert spawn["shutdown_s"].to_numpy() == pytest.approx(0.036, rel=0.06)


def test_dispatch_is_the_time_of_a_task_that_does_nothing(summary):
    noop = summary.costs.query("workload == 'noop' and strategy == 'threads' and n > 0")
    assert noop["dispatch_s"].to_numpy() == pytest.approx(15e-6, rel=0.06)
    assert summary.costs.query("workload != 'noop'")["dispatch_s"].isna().all()


def test_cpu_over_wall_counts_busy_cpus(summary):
    found = summary.costs.query("workload == 'hash_large' and n > 0").set_index(["strategy", "workers"])
    assert found.loc[("serial", 1), "cpu_over_wall"].to_numpy() == pytest.approx(1, rel=0.05)
    assert found.loc[("threads", 4), "cpu_over_wall"].to_numpy() == pytest.approx(3.65, rel=0.06)


def test_a_clock_too_coarse_for_a_start_up_does_not_break_the_mean():
    bundle = synthetic_bundle(mishaps=False, **SMALL)
    values = bundle.measurements.copy()
    values.loc[values["phase"] == "startup", "value"] = 0.0
    found = costs(bundle.invocations, values)
    assert (found["startup_s"] == 0).all()


def test_every_case_has_a_row_and_those_without_a_result_no_numbers(bundle, summary):
    assert len(summary.costs) == len(bundle.run["cases"])
    assert summary.costs.query("n == 0")[["startup_s", "cpu_over_wall"]].isna().all(axis=None)


def test_memory_is_found(bundle, summary):
    found = summary.memory.set_index("case_id")
    truth = pd.Series(bundle.true_peak_bytes)[found.index]
    assert np.log(found["peak_bytes"] / truth).abs().max() < 0.02
    forked = found.query("strategy == 'processes' and workers == 4")
    assert forked["extra_bytes"].to_numpy() == pytest.approx(24e6, rel=0.03)
    assert forked["worker_bytes"].to_numpy() == pytest.approx(6e6, rel=0.01)
    assert set(found["method"]) == {"cgroup_v2"}
    assert set(forked["worker_method"]) == {"pss"}
    assert found.query("strategy == 'serial'")["worker_bytes"].isna().all()
    assert (found.query("strategy == 'serial'")["extra_bytes"] == 0).all()


def test_methods_are_never_mixed():
    bundle = synthetic_bundle(mishaps=False, memory_blocks=4, **SMALL)
    values = bundle.measurements.copy()
    peaks = values.index[values["metric"] == "peak_memory"]
    other = [index for index in peaks if values.loc[index, "invocation"] % 2]
    values.loc[other, "method"] = "pss_sampled"
    values.loc[other, "value"] *= 3
    found = memory(bundle.invocations, values)
    assert found.groupby("case_id")["n"].sum().eq(4).all()
    sampled = found["method"] == "pss_sampled"
    assert found.loc[sampled, "peak_bytes"].min() > 2.5 * 10e6
    assert found.loc[~sampled, "peak_bytes"].max() < 2.5 * 40e6
    baseline_methods = set(found.query("strategy == 'serial'")["method"])
    assert (found["extra_bytes"].notna() == found["method"].isin(baseline_methods)).all()
    assert (found.query("strategy == 'serial'")["extra_bytes"] == 0).all()


def test_memory_that_a_worker_saves_is_negative_and_allowed():
    bundle = synthetic_bundle(mishaps=False, **SMALL)
    values = bundle.measurements.copy()
    values.loc[values["metric"] == "worker_memory", "value"] = [-1000.0, 2000.0] * (
        (values["metric"] == "worker_memory").sum() // 2
    )
    found = memory(bundle.invocations, values)
    assert found["worker_bytes"].dropna().between(-1001, 2001).all()


def test_without_a_memory_pass_there_are_no_rows():
    bundle = synthetic_bundle(mishaps=False, memory_blocks=0, **SMALL)
    found = memory(bundle.invocations, bundle.measurements)
    assert found.empty
    assert {"peak_bytes", "worker_bytes", "method", "label"} <= set(found.columns)


FIXED_BYTES = 9e6
WORKER_BYTES = 6e6


def with_pool_memory(bundle, *, fixed=FIXED_BYTES, worker=WORKER_BYTES, noise=5e4, seed=0, offsets=None, method="pss"):
    """The measurements, and the memory of each ready pool drawn around a straight line over the workers.

    `offsets` are added by workload: a fork server shares what the kind of work has loaded.
    """
    rng = np.random.default_rng(seed)
    rows = bundle.invocations.query("`pass` == 'memory' and strategy != 'serial'")
    line = fixed + worker * rows["workers"].astype(float) + rows["workload"].map(offsets or {}).fillna(0.0)
    added = bundle.measurements[bundle.measurements["metric"] == "worker_memory"].set_index("invocation")
    drawn = added.loc[rows["invocation"]].reset_index()
    drawn = drawn.assign(
        metric="pool_memory", value=line.to_numpy() + noise * rng.standard_normal(len(rows)), method=method
    )
    return pd.concat([bundle.measurements, drawn[bundle.measurements.columns]], ignore_index=True)


def slopes(bundle, measurements):
    return worker_memory_slopes(cases(bundle.invocations, bundle.run["cases"]), bundle.invocations, measurements)


def test_the_slope_leaves_out_what_a_pool_needs_once():
    bundle = synthetic_bundle(mishaps=False, memory_blocks=3, **SMALL)
    found = slopes(bundle, with_pool_memory(bundle))
    assert found["label"].tolist() == [
        "threads",
        "processes (fork)",
        "processes (forkserver)",
        "processes (spawn)",
    ]
    assert found["worker_bytes"].to_numpy() == pytest.approx(WORKER_BYTES, rel=0.02)
    assert found["fixed_bytes"].to_numpy() == pytest.approx(FIXED_BYTES, rel=0.03)
    assert ((found["worker_low"] < found["worker_bytes"]) & (found["worker_bytes"] < found["worker_high"])).all()
    assert found["n"].eq(9).all()
    assert set(found["worker_counts"]) == {(1, 2, 4)}
    assert set(found["method"]) == {"pss"}


def test_kinds_of_work_that_load_different_amounts_don_t_tilt_the_slope():
    """The heavier kind of work has more workers here; a line through all points would take that for the workers'."""
    kinds = {**SMALL, "workloads": ["noop", "int_loop"]}
    bundle = synthetic_bundle(mishaps=False, **kinds)
    measured = with_pool_memory(bundle, offsets={"int_loop": 50e6})
    shape = bundle.invocations.set_index("invocation")
    of_row = shape.loc[measured["invocation"]].reset_index(drop=True)
    left_out = (of_row["workload"] == "noop") & (of_row["workers"] == 4)
    found = slopes(bundle, measured[~(left_out | ((of_row["workload"] == "int_loop") & (of_row["workers"] == 1)))])
    assert found["worker_bytes"].to_numpy() == pytest.approx(WORKER_BYTES, rel=0.02)
    assert found["fixed_bytes"].to_numpy() == pytest.approx(FIXED_BYTES + 25e6, rel=0.03)


def test_one_number_of_workers_has_no_slope():
    bundle = synthetic_bundle(mishaps=False, workers=[2], **SMALL)
    found = slopes(bundle, with_pool_memory(bundle))
    assert found[["fixed_bytes", "worker_bytes", "worker_low", "worker_high"]].isna().all(axis=None)
    assert found["n"].eq(3).all()
    assert set(found["worker_counts"]) == {(2,)}


def test_each_kind_of_work_with_another_number_of_workers_has_no_slope_either():
    bundle = synthetic_bundle(mishaps=False, **{**SMALL, "workloads": ["noop", "int_loop"]})
    measured = with_pool_memory(bundle)
    of_row = bundle.invocations.set_index("invocation").loc[measured["invocation"]].reset_index(drop=True)
    kept = np.where(of_row["workload"] == "noop", of_row["workers"] == 1, of_row["workers"] == 4)
    found = slopes(bundle, measured[kept])
    assert set(found["worker_counts"]) == {(1, 4)}
    assert found["worker_bytes"].isna().all()


def test_two_invocations_give_a_slope_without_an_interval():
    bundle = synthetic_bundle(mishaps=False, memory_blocks=1, workers=[1, 4], **SMALL)
    found = slopes(bundle, with_pool_memory(bundle))
    assert found["worker_bytes"].to_numpy() == pytest.approx(WORKER_BYTES, rel=0.05)
    assert found[["worker_low", "worker_high"]].isna().all(axis=None)


def test_slopes_of_different_methods_are_never_mixed():
    bundle = synthetic_bundle(mishaps=False, memory_blocks=4, **SMALL)
    measured = with_pool_memory(bundle, noise=0.0)
    other = (measured["metric"] == "pool_memory") & (measured["invocation"] % 2 == 1)
    measured.loc[other, "method"] = "uss"
    measured.loc[other, "value"] *= 3
    found = slopes(bundle, measured).set_index("method")["worker_bytes"]
    assert found["pss"].to_numpy() == pytest.approx(WORKER_BYTES)
    assert found["uss"].to_numpy() == pytest.approx(3 * WORKER_BYTES)


def test_without_a_memory_pass_there_are_no_slopes():
    bundle = synthetic_bundle(mishaps=False, memory_blocks=0, **SMALL)
    found = slopes(bundle, bundle.measurements)
    assert found.empty
    assert {"label", "interpreter", "method", "worker_bytes", "fixed_bytes"} <= set(found.columns)
