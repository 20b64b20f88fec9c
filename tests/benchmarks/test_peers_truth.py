"""The comparisons with a known truth: their programs need what they say, and tools' outputs are read rightly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from benchmarks.peers import asv_project
from benchmarks.peers.command import PeerFailed
from benchmarks.peers.environment import Settings
from benchmarks.peers.truth import asv as truth_asv
from benchmarks.peers.truth import benchexec as run_benchexec
from benchmarks.peers.truth import memory, orphans, timeout
from benchmarks.peers.truth import pyperf as truth_pyperf
from benchmarks.peers.truth import rebench as truth_rebench
from benchmarks.peers.truth.programs.needs import TOUCHED_MIB
from benchmarks.peers.truth.tools import MIB, Command, Readings, Tool, against, attempted, last_line, prepare, spread
from pipeline.machine import cgroup
from pipeline.machine.control_group import join
from tests.support.memory_runs import has_private_groups

HOLDING = """
import pathlib, subprocess, sys, time
program = subprocess.Popen([sys.executable, "hang.py"], stdout=subprocess.PIPE)
log = pathlib.Path("processes.txt")
if sys.argv[1] == "waits":
    program.stdout.read()
while not log.exists() or len(log.read_text().splitlines()) < 3:
    time.sleep(0.01)
program.kill()
sys.exit(7)
"""
"""A tool that kills the program alone, or that waits until nobody holds the program's pipe any more."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(Path(sys.executable), Path(sys.executable), tmp_path, quick=True, seed=1)


def tool(name: str, readings: Readings | Exception = {}, command: Command | None = None) -> Tool:  # noqa: B006
    def measured(_settings: Settings, _folder: Path, _times: int) -> Readings:
        if isinstance(readings, Exception):
            raise readings
        return readings

    def hanging(_settings: Settings, folder: Path) -> Command:
        if command is None:
            raise PeerFailed("can't hang")
        prepare(folder)
        return command

    return Tool(name, measured, measured, hanging, lambda folder, output, code: f"exit code {code}")


# The programs


@pytest.mark.skipif(not has_private_groups(), reason="the kernel's own peak needs a control group")
@pytest.mark.parametrize("name", TOUCHED_MIB)
def test_a_program_needs_what_it_says(settings: Settings, name: str) -> None:
    folder = prepare(settings.folder / "run")
    peaks = []
    for scale in ("0", "1"):
        group = cgroup.create(f"peers-test-{os.getpid()}")
        assert group is not None
        try:
            subprocess.run(
                [sys.executable, "needs.py", name, scale],
                cwd=folder,
                check=True,
                timeout=60,
                preexec_fn=lambda group=group: join(group.join_files),
            )
            peaks.append(group.peak_bytes() or 0)
        finally:
            group.remove()
    assert (peaks[1] - peaks[0]) / MIB == pytest.approx(TOUCHED_MIB[name], rel=0.03)


def test_the_orphan_burns_cpu_time_that_its_program_does_not_account_for(settings: Settings) -> None:
    folder = prepare(settings.folder / "run")
    start = time.monotonic()
    pid = os.posix_spawn(sys.executable, [sys.executable, str(folder / "orphan.py"), "0.5"], dict(os.environ))
    _, status, usage = os.wait4(pid, 0)
    assert status == 0
    assert time.monotonic() - start >= 0.5
    assert usage.ru_utime + usage.ru_stime < 0.4
    assert len(list(folder.glob("done-*"))) == 1


# A program that hangs


def fake(kind: str) -> Command:
    return Command([sys.executable, "-c", HOLDING, kind])


def test_survivors_are_found_and_then_ended(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "run")
    back_s, survivors, code = timeout.watched(fake("walks away"), folder, tmp_path / "output.txt")
    assert survivors == ("child", "descendant")
    assert back_s is not None
    assert 0 <= back_s < timeout.LIMIT_S
    assert code == 7
    assert len(timeout.noted(folder)) == 3
    assert not any(process.alive() for process in timeout.noted(folder))


def test_a_tool_that_waits_for_a_pipe_is_not_back_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeout, "LIMIT_S", 1.0)
    folder = prepare(tmp_path / "run")
    back_s, survivors, code = timeout.watched(fake("waits"), folder, tmp_path / "output.txt")
    assert back_s is None
    assert survivors == ("child", "descendant", "program")
    assert code == 7
    assert not any(process.alive() for process in timeout.noted(folder))


def test_a_tool_that_ends_without_starting_the_program_is_told(settings: Settings) -> None:
    command = Command([sys.executable, "-c", "pass"])
    row = timeout._row(settings, tool("broken", command=command))
    assert row == ["broken", "failed: TimeoutError: it ended without having started the program", "", ""]


def test_one_tool_that_fails_costs_its_own_row(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeout, "TOOLS", (tool("bad"), tool("good", command=fake("walks away"))))
    (table,) = timeout.tables(settings)
    assert table.rows[0] == ["bad", "failed: PeerFailed: can't hang", "", ""]
    assert table.rows[1][2:] == ["child, descendant", "exit code 7"]


def test_a_process_id_that_belongs_to_somebody_else_is_no_survivor() -> None:
    ticks = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[timeout.FIRST_FIELDS])
    assert timeout.Noted("program", os.getpid(), ticks, 0.0).alive()
    assert not timeout.Noted("program", os.getpid(), ticks - 1, 0.0).alive()


@pytest.mark.parametrize(
    ("outcomes", "cells"),
    [
        ([(3.5, ()), (3.7, ()), (3.6, ())], ["3.6 (3.5 to 3.7)", "none", "ended"]),
        ([(None, ("descendant",))] * 2, ["not within 9", "descendant", "ended"]),
        ([(3.5, ()), (None, ("child",))], ["3.5; not within 9 (1 of 2)", "child; or none", "ended"]),
    ],
)
def test_the_row_of_a_timeout(outcomes: list[tuple[float | None, tuple[str, ...]]], cells: list[str]) -> None:
    assert timeout.row("it", [timeout.Outcome(back, left, "ended") for back, left in outcomes]) == ["it", *cells]


# Cells and rows


def test_readings_beside_the_truth() -> None:
    assert spread([3.0, 1.0, 2.0]) == "2 (1 to 3)"
    assert spread([2.01, 2.02]) == "2"
    assert against([300.0], 600.0) == "300: −50.0 %"
    assert against([610.0, 606.0, 608.0], 600.0) == "608 (606 to 610): +1.3 %"


def test_rows_of_memory() -> None:
    truth = {"forked": 250.0, "shared": 200.0}
    rows = memory._rows(tool("it"), {"peak": {"forked": [125.0 * MIB]}}, truth)
    assert rows == [["it", "peak", "125: −50.0 %", "no reading"]]
    assert memory._rows(tool("it"), "failed: no", truth) == [["it", "failed: no", "", ""]]


def test_rows_of_orphans(settings: Settings) -> None:
    found = {"all": {"orphan": [1.51, 1.55, 1.53]}, "self": {"orphan": [0.03]}, "none": {}}
    assert orphans._rows(settings, tool("it", found)) == [
        ["it", "all", "1.53 (1.51 to 1.55)", "yes"],
        ["it", "self", "0.03", "no"],
        ["it", "none", "no reading", "no"],
    ]


@pytest.mark.parametrize("failure", [PeerFailed("exit code 1: a|b"), KeyError("a|b")])
def test_a_failure_fits_into_a_cell(failure: Exception) -> None:
    def broken() -> Mapping[str, Mapping[str, list[float]]]:
        raise failure

    told = attempted(broken)
    assert isinstance(told, str)
    assert told.startswith("failed: ")
    assert "a/b" in told
    assert "|" not in told


def test_every_table_has_cells_for_its_header(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for topic in (memory, orphans, timeout):
        monkeypatch.setattr(topic, "TOOLS", (tool("failing", PeerFailed("no")),))
    monkeypatch.setattr(memory, "_truth", lambda *_: dict.fromkeys(TOUCHED_MIB, 1.0))
    for table in all_tables(settings):
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.header)}


def all_tables(settings: Settings) -> Iterator[memory.Table]:
    for topic in (memory, orphans, timeout):
        yield from topic.tables(settings)


# What the tools print and write


def test_benchexec_output() -> None:
    found = run_benchexec.results(
        "starttime=2026-01-01T00:00:00+00:00\nreturnvalue=0\ncputime=1.54s\nmemory=8224768B\n"
    )
    assert found["returnvalue"] == "0"
    assert run_benchexec.number(found["cputime"]) == 1.54
    assert run_benchexec.number(found["memory"]) == 8224768
    assert (
        run_benchexec.reported(Path(), "terminationreason=walltime\n", 0) == "exit code 0: terminationreason=walltime"
    )


def test_pyperf_results(tmp_path: Path) -> None:
    runs = [
        {"metadata": {"mem_max_rss": 20}, "warmups": [[1, 9]]},
        {"metadata": {"mem_max_rss": 30}, "values": [1, 2]},
        {"values": [3]},
    ]
    one = {"metadata": {"name": "forked", "mem_max_rss": 40}, "runs": runs}
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"benchmarks": [one], "metadata": {"unit": "byte"}}), encoding="utf-8")
    assert truth_pyperf.values(file) == {"forked": [1, 3]}
    assert truth_pyperf.values(file, "mem_max_rss") == {"forked": [30, 40]}


@pytest.mark.parametrize(
    ("result", "found"), [([25e6, None], {"forked": 25e6}), (None, {}), ([1, 2], {"forked": 1.0, "shared": 2.0})]
)
def test_asv_results(tmp_path: Path, result: list[float | None] | None, found: dict[str, float]) -> None:
    folder = tmp_path / asv_project.RESULTS / asv_project.MACHINE
    folder.mkdir(parents=True)
    (folder / "machine.json").write_text("{}", encoding="utf-8")
    row = [result, [["'needs:forked'", "'needs:shared'"]]]
    told = {"result_columns": ["result", "params", "version"], "results": {"asv_calls.Call.peakmem_call": row}}
    (folder / "abc.json").write_text(json.dumps(told), encoding="utf-8")
    assert truth_asv.values(tmp_path, "peakmem_call") == found
    with pytest.raises(PeerFailed, match="time_call"):
        truth_asv.values(tmp_path, "time_call")


def test_asv_without_results(tmp_path: Path) -> None:
    with pytest.raises(PeerFailed, match="nothing"):
        truth_asv.values(tmp_path, "time_call")


def test_rebench_data(tmp_path: Path) -> None:
    columns = ["invocation", "iteration", "value", "unit", "criterion", "benchmark"]
    lines = [
        "# a comment",
        "\t".join(columns),
        "1\t1\t316000.0\tkb\tMaxRSS\tforked",
        "1\t1\t820.0\tms\ttotal\tforked",
        "2\t1\t317000.0\tkb\tMaxRSS\tforked",
    ]
    file = tmp_path / "results.data"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert truth_rebench.rows(file, "MaxRSS") == [("forked", 316000.0), ("forked", 317000.0)]
    assert truth_rebench.rows(file, "total") == [("forked", 820.0)]


def test_last_words() -> None:
    assert last_line("a\n timed out \nb\n\n", "timed out") == "timed out"
    assert last_line("a\nb\n\n") == "b"
    assert last_line("\n") == ""
