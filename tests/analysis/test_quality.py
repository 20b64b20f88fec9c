from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.cases import cases
from pipeline.analysis.checksums import checksum_agreement
from pipeline.analysis.noise import noise
from pipeline.analysis.quality import gil_contradictions, not_measured, stability
from tests.support.synthetic import synthetic_bundle


def test_statuses_count_every_invocation_with_its_message(bundle, summary):
    found = summary.statuses
    assert found["n"].sum() == len(bundle.invocations)
    failed = found[found["status"] == "failed"]
    assert set(failed["error"]) == {"ValueError: the task raised"}
    assert set(failed["n"]) == {10}
    assert found.loc[found["status"] == "ok", "error"].isna().all()


def test_every_case_without_a_result_is_listed_with_its_reason(bundle, summary):
    found = summary.not_measured
    assert found["kind"].value_counts().to_dict() == {"unsupported": 18, "failed": 2, "excluded": 1}
    assert found["reason"].notna().all()
    measured = set(summary.times["case_id"])
    assert set(found["case_id"].dropna()) == {case["case_id"] for case in bundle.run["cases"]} - measured


def test_cases_that_never_came_to_run_are_listed(bundle):
    run = {"cases": [case | {"stopped_by": "budget"} for case in bundle.run["cases"]], "excluded": []}
    nothing = bundle.invocations.iloc[:0]
    found = not_measured(nothing, cases(nothing, run["cases"]), run)
    assert len(found) == len(run["cases"])
    assert set(found["kind"]) == {"not run", "unsupported"}
    assert found.loc[found["kind"] == "not run", "reason"].str.contains("budget").all()


def test_exclusions_alone_are_listed_too():
    run = {"excluded": [{"case": "sleep serial", "reason": "not wanted"}]}
    found = not_measured(pd.DataFrame(), cases(pd.DataFrame()), run)
    assert found[["name", "kind", "reason"]].to_numpy().tolist() == [["sleep serial", "excluded", "not wanted"]]


def test_stability_tells_spread_between_from_spread_within():
    bundle = synthetic_bundle(
        blocks=200, cv=0.06, block_cv=0.0, workloads=["int_loop"], strategies=["serial"], memory_blocks=0
    )
    found = stability(bundle.invocations, bundle.measurements, cases(bundle.invocations))
    assert found["cv_between"].to_numpy() == pytest.approx(0.06, rel=0.15)
    assert found["cv_within"].to_numpy() == pytest.approx(0.02, rel=0.2)
    assert (found["n"] == 200).all()
    assert (found["iterations"] == 600).all()
    assert not found["unstable"].any()


def test_an_unstable_case_is_called_so():
    bundle = synthetic_bundle(cv=0.3, workloads=["int_loop"], strategies=["serial"], memory_blocks=0)
    assert stability(bundle.invocations, bundle.measurements, cases(bundle.invocations))["unstable"].all()


def test_stops_say_what_stopped_each_case(bundle, summary):
    assert len(summary.stops) == len(bundle.run["cases"])
    assert summary.stops["stopped_by"].value_counts().to_dict() == {"max blocks": 184, "failures": 2}


def test_noise_is_given_as_rates():
    rows = pd.DataFrame(
        {
            "pass": ["timing", "timing", "memory"],
            "status": ["ok", "timeout", "ok"],
            "duration_s": [1.0, 2.0, 1.0],
            "steal_s": [0.4, 0.8, 99.0],
            "involuntary_switches": [10, 40, 99],
            "load_1min": [0.5, 1.5, 99.0],
        }
    )
    found = noise(rows, cpus=4).set_index("disturbance")
    assert found.loc["steal", ["median", "maximum", "n"]].tolist() == [pytest.approx(0.1), pytest.approx(0.1), 2]
    assert found.loc["involuntary_switches", "median"] == 15
    assert found.loc["load_1min", "maximum"] == 1.5
    assert np.isnan(found.loc["pressure", "median"])
    assert found.loc["pressure", "n"] == 0


def test_results_are_compared_with_those_of_serial(bundle):
    described = cases(bundle.invocations)
    assert set(checksum_agreement(bundle.invocations, described)["results"]) == {"same"}
    rows = bundle.invocations.copy()
    lost = described.query("workload == 'noop' and name == 'threads × 2' and interpreter == 'current'")["case_id"]
    rows.loc[rows["case_id"].isin(lost) & (rows["block"] == 3), "checksum"] = "other"
    shaky = described.query("workload == 'int_loop' and strategy == 'serial'")["case_id"]
    rows.loc[rows["case_id"].isin(shaky) & (rows["block"] == 4), "checksum"] = "other"
    silent = described.query("workload == 'hash_large' and strategy == 'serial'")["case_id"]
    rows.loc[rows["case_id"].isin(silent), "checksum"] = None
    found = checksum_agreement(rows, described).set_index(["workload", "setting", "interpreter"])
    assert found.loc[("noop", "", "current"), ["results", "differing"]].tolist() == ["different", ("threads × 2",)]
    assert found.loc[("noop", "", "python3.13t"), "results"] == "same"
    assert found.loc[("int_loop", "", "current"), "results"] == "not deterministic"
    assert found.loc[("hash_large", "", "current"), "results"] == "unknown"


def test_a_gil_that_came_back_on_a_free_threaded_build_is_found(bundle):
    described = cases(bundle.invocations)
    interpreters = bundle.run["interpreters"]
    assert gil_contradictions(bundle.invocations, described, interpreters).empty
    rows = bundle.invocations.copy()
    back = (rows["interpreter"] == "python3.13t") & (rows["strategy"] == "threads") & rows["gil_enabled"].notna()
    rows.loc[back, "gil_enabled"] = True
    found = gil_contradictions(rows, described, interpreters)
    assert set(found["strategy"]) == {"threads"}
    assert found["n"].sum() == back.sum()
    assert found["by"].isna().all()
    named = gil_contradictions(rows.assign(gil_enabled_by="numpy"), described, interpreters)
    assert set(named["by"]) == {"numpy"}
    asked_for = {**interpreters, "python3.13t": {**interpreters["python3.13t"], "gil_enabled": True}}
    assert gil_contradictions(rows, described, asked_for).empty, "as with -X gil=1"
