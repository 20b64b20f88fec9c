from __future__ import annotations

import dataclasses
import io
from types import SimpleNamespace

import pandas as pd
import pytest

from pipeline.analysis.summary import Summary, summarise
from tests.support.synthetic import synthetic_bundle


def altered(bundle, *, run=None, invocations=None, measurements=None):
    return SimpleNamespace(
        run=bundle.run if run is None else run,
        invocations=bundle.invocations if invocations is None else invocations,
        measurements=bundle.measurements if measurements is None else measurements,
    )


def frames(summary: Summary) -> dict[str, pd.DataFrame]:
    values = {field.name: getattr(summary, field.name) for field in dataclasses.fields(summary)}
    return {name: value for name, value in values.items() if isinstance(value, pd.DataFrame)}


def through_parquet(frame):
    return pd.read_parquet(io.BytesIO(frame.to_parquet()))


def test_a_good_run_is_trusted_and_its_limits_are_noted(summary):
    assert summary.trust.ok
    assert summary.trust.reasons == ()
    assert "2 cases failed" in summary.trust.notes
    assert summary.effective_cpus == 4


def test_tables_read_from_parquet_give_the_same(bundle, summary):
    read = altered(
        bundle,
        invocations=through_parquet(bundle.invocations),
        measurements=through_parquet(bundle.measurements),
    )
    again = frames(summarise(read))
    for name, frame in frames(summary).items():
        pd.testing.assert_frame_equal(again[name], frame)


def test_the_same_bundle_gives_the_same_summary_whatever_the_order_of_its_rows(bundle, summary):
    shuffled = altered(
        bundle,
        invocations=bundle.invocations.sample(frac=1, random_state=1),
        measurements=bundle.measurements.sample(frac=1, random_state=2),
    )
    again = frames(summarise(shuffled))
    for name in ("speedups", "winners", "costs", "memory", "not_measured"):
        pd.testing.assert_frame_equal(again[name], frames(summary)[name])


EMPTY = pd.DataFrame()


@pytest.fixture(scope="module")
def small():
    return synthetic_bundle(
        workloads=["int_loop", "sleep"], strategies=["serial", "threads", "processes"], workers=(2,), blocks=2
    )


@pytest.mark.parametrize(
    "alter",
    [
        lambda bundle: altered(bundle, run={}, invocations=EMPTY, measurements=EMPTY),
        lambda bundle: altered(bundle, invocations=EMPTY, measurements=EMPTY),
        lambda bundle: altered(
            bundle, invocations=bundle.invocations.iloc[:0], measurements=bundle.measurements.iloc[:0]
        ),
        lambda bundle: altered(
            bundle, invocations=bundle.invocations.query("status == 'unsupported'"), measurements=EMPTY
        ),
        lambda bundle: altered(
            bundle,
            run={},
            invocations=through_parquet(bundle.invocations.query("status == 'unsupported'")),
            measurements=through_parquet(bundle.measurements.iloc[:0]),
        ),
        lambda bundle: altered(
            bundle,
            invocations=bundle.invocations.assign(status="failed", error="it raised", checksum=None),
            measurements=EMPTY,
        ),
    ],
    ids=["nothing", "only a plan", "no rows", "only unsupported", "only unsupported, no plan", "all failed"],
)
def test_a_bundle_without_results_is_summarised_and_not_trusted(alter, small, summary):
    found = summarise(alter(small))
    assert not found.trust.ok
    assert "nothing was measured" in found.trust.reasons[0]
    assert set(found.winners["outcome"]) <= {"not measured"}
    for name, frame in frames(found).items():
        ours = [column for column in frames(summary)[name] if not column.startswith(("param_", "option_"))]
        assert set(ours) <= set(frame.columns), name


def test_one_block_and_one_case_are_enough_to_be_summarised():
    found = summarise(synthetic_bundle(blocks=1, memory_blocks=1, workloads=["noop"], strategies=["serial"]))
    assert set(found.winners["outcome"]) == {"not measured"}
    assert (found.speedups["speedup"] == 1).all()


def test_few_blocks_are_noted_but_no_reason_for_doubt(small):
    trust = summarise(small).trust
    assert trust.ok
    assert "2 blocks" in " ".join(trust.notes)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda rows: rows.assign(steal_s=rows["duration_s"]), "took 25.0% of the CPU time"),
        (lambda rows: rows.assign(throttled=3), "CPU quota held back"),
        (lambda rows: rows.assign(gil_enabled=True), "the oracle GIL state failed"),
        (
            lambda rows: rows.assign(checksum=rows["checksum"].where(rows["strategy"] != "threads", "lost")),
            "2 cases differ (int_loop with threads × 2, sleep with threads × 2)",
        ),
    ],
)
def test_what_makes_numbers_doubtful_is_a_reason(small, change, reason):
    trust = summarise(altered(small, invocations=change(small.invocations))).trust
    assert not trust.ok
    assert reason in " / ".join(trust.reasons)


def test_impossible_sleeps_are_a_reason(small):
    values = small.measurements.assign(value=small.measurements["value"] / 3)
    trust = summarise(altered(small, measurements=values)).trust
    assert any("no batch of sleeps is shorter than possible" in reason for reason in trust.reasons)
    assert "sleep law, grid" in trust.failed_oracles


def test_an_interrupted_run_is_noted(small):
    trust = summarise(altered(small, run=small.run | {"status": "interrupted"})).trust
    assert trust.ok
    assert any("not come to its end (interrupted)" in note for note in trust.notes)


def test_more_speed_than_there_are_cpus_makes_every_verdict_invalid():
    bundle = synthetic_bundle(workloads=["int_loop"], workers=(2,), mishaps=False, cv=0.005, speedup=lambda case: 4.0)
    found = summarise(bundle)
    assert found.trust.failed_oracles == ("no more than the CPUs, grid",)
    assert set(found.winners["outcome"]) == {"invalid"}
    assert found.winners["reason"].str.contains("no more than the CPUs, grid").all()
    assert (found.winners["speedup"] > 2).any()
    assert not found.winners["pays"].any()
