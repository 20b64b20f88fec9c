"""Captions say what their figure shows, and figures carry what they draw."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.analysis.summary import summarise
from reports import drawing, findings, payload, sections
from reports.document import text_of
from reports.opened import csv_of
from tests.reports.planted_models import NAN
from tests.reports.test_sections import Loaded, bundle


def plain(sentence: Any) -> str:
    return text_of(sentence).replace("\u00a0", " ")


def case(workload: str, speedup: float, low: float, high: float) -> dict[str, Any]:
    row = {"workload": workload, "setting": "", "baseline_id": workload, "name": "threads × 2", "label": "threads"}
    return row | {"speedup": speedup, "low": low, "high": high}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([case("a", 1.84, 1.79, 1.9)], "for 1 of 1 kind of work. Highest speed-up: 1.84 (1.79 to 1.90), threads × 2 "),
        ([case("a", 1.2, 0.9, 1.5), case("b", 0.5, 0.4, 0.6)], "for 0 of 2 kinds of work. Highest speed-up: 1.20 "),
        ([case("a", 1.2, NAN, NAN)], "for 0 of 1 kind of work. Highest speed-up: 1.20, threads × 2 for a. "),
    ],
)
def test_only_whole_intervals_above_serial_count_as_faster(rows: list[dict[str, Any]], sentence: str) -> None:
    assert sentence in plain(findings.speedups(pd.DataFrame(rows)))


def test_a_front_is_told_without_serial() -> None:
    rows = [
        {"baseline_id": "a", "label": "serial", "strategy": "serial", "front": True},
        {"baseline_id": "a", "label": "threads", "strategy": "threads", "front": True},
        {"baseline_id": "b", "label": "threads", "strategy": "threads", "front": False},
    ]
    found = plain(findings.front(pd.DataFrame(rows)))
    assert found == "Most often on the front, besides serial: threads, for 1 of 2 kinds of work. "
    assert plain(findings.front(pd.DataFrame(rows[:1]))) == "Serial alone is on every front. "


def test_what_is_drawn_is_csv_that_gives_the_numbers_back() -> None:
    frame = pd.DataFrame({"name": ["=cmd()", 'a,"b"', "-x", None], "value": [1 / 3, NAN, -2.5, 1e-9], "other": 0})
    found = pd.read_csv(io.StringIO(csv_of(frame, ["name", "value", "absent"])))
    assert list(found.columns) == ["name", "value"]
    assert found["name"].fillna("").tolist() == ["'=cmd()", 'a,"b"', "'-x", ""]
    pd.testing.assert_series_equal(found["value"], frame["value"])


def test_payload_is_drawn_by_size_and_tells_what_takes_longest() -> None:
    drawing.prepare()
    made = bundle(memory_blocks=0)
    cases = pd.DataFrame(
        [
            {"case_id": f"{label}{size}", "interpreter": "current", "workload": "payload", "use": "resident",
             "label": label, "strategy": label, "workers": 2, "param_kind": "bytes", "param_size": size,
             "time_s": 8 * (0.001 + size * rate), "n_tasks": 8}
            for label, rate in (("threads", 0.0), ("processes", 1e-8))
            for size in (1024, 1 << 20)
        ]
    )  # fmt: skip
    summary = summarise(made)
    object.__setattr__(summary, "speedups", cases)
    object.__setattr__(summary, "cases", cases)
    report = sections.Report(Loaded(Path(), made.run, cases, made.measurements), summary)
    rows = payload.payloads(report, "current").set_index(["label", "size"])["task_s"]
    assert rows["processes", 1 << 20] == pytest.approx(0.001 + 0.01048576)
    figure = payload.figure(report, "current")
    assert figure is not None
    assert plain(figure.caption).startswith("Longest takes processes × 2 with 1 MiB of bytes: 11.5 ms per task.")
    assert "threads 1 ms" in figure.panels[0].alt.replace("\u00a0", " ")
    assert payload.figure(report, "another") is None
