import json

import pandas as pd
import pytest

from pipeline import store
from pipeline.run.journal import FILE_NAME, Journal
from pipeline.run.session import Outcome
from pipeline.store.atomic import StoreError, write_bytes
from pipeline.store.bundle import write_tables
from pipeline.store.record import describe_end, describe_run, plan_again
from pipeline.store.run_file import write_run
from pipeline.store.tables import INVOCATION_TYPES, MEASUREMENT_TYPES
from tests.support.configs import finished, plan_of

TEXT = """
name: t
grids:
  - {workloads: [int_loop, {use: sleep, seconds: 1ms}], strategies: [serial, {use: processes, start_method: spawn}],
     workers: 2, interpreters: [current, missing]}
"""
MACHINE = {"facts": {}, "fingerprint": "f" * 12, "effective_cpus": 4}


@pytest.fixture
def plan(tmp_path):
    return plan_of(tmp_path, TEXT, interpreters={"missing": {"error": "no such interpreter"}})


@pytest.fixture
def folder(tmp_path, plan):
    folder = tmp_path / "bundle"
    folder.mkdir()
    run = describe_run(plan, run_id="r1", machine=MACHINE, command=["whichpool", "run"])
    write_run(folder, run)
    with Journal.open(folder) as journal:
        journal.append({"kind": "calibration", "workload": "int_loop", "size": 5})
        for number, case in enumerate(plan.supported):
            journal.append(finished(case, 0, number=number, status="timeout" if number == 3 else "ok"))
        memory = [{"metric": "peak_memory", "phase": "total", "value": 7e6, "unit": "bytes", "method": "cgroup_v1"}]
        entry = finished(plan.supported[0], 0, number=9, for_pass="memory", memory=[{**memory[0], "scope": "tree"}])
        journal.append(entry)
    return folder


def finish(folder, plan):
    run = json.loads((folder / "run.json").read_text())
    outcome = Outcome(False, {case.case_id: "budget" for case in plan.supported}, {}, {})
    with Journal.open(folder) as journal:
        return write_tables(folder, describe_end(run, outcome, journal.entries))


def test_a_run_that_was_killed_reads_like_one_that_ended(folder, plan):
    killed = store.load(folder)
    finish(folder, plan)
    ended = store.load(folder)
    assert killed.run["status"] == "running"
    assert ended.run["status"] == "complete"
    pd.testing.assert_frame_equal(killed.invocations, ended.invocations)
    pd.testing.assert_frame_equal(killed.measurements, ended.measurements)


def test_the_tables_have_the_documented_columns_and_types(folder, plan):
    bundle = finish(folder, plan)
    for frame, types in ((bundle.invocations, INVOCATION_TYPES), (bundle.measurements, MEASUREMENT_TYPES)):
        assert {name: str(frame[name].dtype) for name in types} == types
    options = {"option_chunk_size", "option_preload"}
    assert set(bundle.invocations) - set(INVOCATION_TYPES) == {"param_seconds", "param_steps", "param_tasks", *options}


def test_every_documented_column_exists_and_every_column_is_documented():
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "results.md").read_text()
    for name in [*INVOCATION_TYPES, *MEASUREMENT_TYPES]:
        assert f"`{name}`" in text, name


def test_rows_say_what_was_measured(folder, plan):
    bundle = finish(folder, plan)
    rows = bundle.invocations
    assert list(rows["status"]) == ["ok", "ok", "ok", "timeout", "ok", *["unsupported"] * 4]
    assert set(rows.loc[rows["status"] == "unsupported", "error"]) == {"no such interpreter"}
    assert rows.loc[3, "error"] == "it broke"
    assert rows.loc[0, "started_at"] == pd.Timestamp(1.7e9, unit="s", tz="UTC")
    assert set(rows["start_method"].dropna()) == {"spawn"}
    measured = bundle.measurements
    assert set(measured["invocation"]) == {0, 1, 2, 9}
    steady = measured[(measured["invocation"] == 0) & (measured["phase"] == "steady") & (measured["metric"] == "wall")]
    assert list(steady["iteration"]) == [0, 1]
    assert list(measured.loc[measured["metric"] == "peak_memory", "value"]) == [7e6]


def test_the_hashes_are_those_of_the_files(folder, plan):
    import hashlib

    bundle = finish(folder, plan)
    assert set(bundle.run["files"]) == {FILE_NAME, "invocations.parquet", "measurements.parquet"}
    for name, expected in bundle.run["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected


def test_the_plan_can_be_made_again_without_the_configuration(folder, plan, tmp_path):
    (tmp_path / "test.yaml").unlink()
    again = plan_again(json.loads((folder / "run.json").read_text()))
    assert [case.case_id for case in again.cases] == [case.case_id for case in plan.cases]
    assert [case.unsupported for case in again.cases] == [case.unsupported for case in plan.cases]
    assert [case.measure for case in again.cases] == [case.measure for case in plan.cases]
    assert again.calibrations() == plan.calibrations()


def test_a_run_from_before_there_were_oracles_goes_on_without_them(folder, plan):
    run = json.loads((folder / "run.json").read_text())
    run["schema_version"] = 1
    for key in ("oracles", "until", "disturbed"):
        del run["config"]["measure"][key]
    again = plan_again(run)
    assert [case.case_id for case in again.cases] == [case.case_id for case in plan.cases]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "not a bundle"),
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "no schema version"),
        ('{"schema_version": 99}', "written by a newer whichpool"),
    ],
)
def test_what_is_no_bundle_is_refused_in_words(tmp_path, content, message):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(StoreError, match=message):
        store.load(tmp_path)


def test_a_damaged_table_is_named(folder, plan):
    finish(folder, plan)
    (folder / "invocations.parquet").write_bytes(b"PAR1 rubbish")
    with pytest.raises(StoreError, match=r"invocations\.parquet: damaged"):
        store.load(folder)


def test_an_atomic_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(StoreError, match="No space left on device"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
