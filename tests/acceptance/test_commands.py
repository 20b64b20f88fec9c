"""What each command shows, and that what is planned is what is measured."""

import json
import os
import re
import sys

import pytest

from experiments.catalogue import strategies, workloads
from pipeline import store
from tests.acceptance.command_line import invocations, run_of, write

COMMANDS = ("plan", "run", "report", "show", "list", "interpreters", "doctor")
CONFIG = """
name: varied
description: "A little of everything [bold]not bold[/]"
measure: {blocks: 2, iterations: 1, warmup: 0, precision: null, memory: false, budget: 10m}
grids:
  - workloads: [{use: noop, tasks: 2}, {use: payload, size: [1KiB, 2KiB], tasks: 2}]
    strategies: [serial, threads, {use: processes, start_method: fork}, asyncio]
    workers: [1, 2]
    interpreters: [current, ./nowhere]
    exclude:
      - {strategy: processes, workers: 1, reason: one process is no pool}
"""


@pytest.fixture(scope="module")
def planned(shared):
    write(shared.folder, CONFIG)
    return json.loads(shared("plan", "config.yaml", "--json").stdout)


@pytest.fixture(scope="module")
def done(shared, planned):
    return shared("run", "config.yaml", "--json")


@pytest.fixture(scope="module")
def bundle(done, shared):
    return shared.folder / done.stdout.splitlines()[-1]


def test_a_plan_for_programs_says_what_the_one_for_people_says(shared, planned):
    shown = shared("plan", "config.yaml").stdout
    assert planned["name"] == "varied"
    assert planned["predicted_block_s"] > 0
    supported = [case for case in planned["cases"] if case["unsupported"] is None]
    assert f"{len(supported)} cases; a block takes about" in shown
    assert "one process is no pool" in shown
    assert {item["reason"] for item in planned["excluded"]} == {"one process is no pool"}
    assert "there is no interpreter at" in shown
    assert "no asynchronous form" in shown
    assert "error" in planned["interpreters"]["./nowhere"]


def test_what_is_planned_is_what_is_measured(planned, bundle):
    frame = store.load(bundle).invocations
    measured = frame[frame["status"] != "unsupported"]
    supported = {case["case_id"] for case in planned["cases"] if case["unsupported"] is None}
    assert set(measured["case_id"]) == supported
    assert (measured.groupby("case_id").size() == 2).all()
    assert set(measured["status"]) == {"ok"}
    unsupported = {case["case_id"]: case["unsupported"] for case in planned["cases"] if case["unsupported"]}
    rows = frame[frame["status"] == "unsupported"]
    assert dict(zip(rows["case_id"], rows["error"], strict=True)) == unsupported
    baselines = {case["case_id"]: case["baseline_id"] for case in planned["cases"]}
    assert set(baselines.values()) <= set(baselines)


def test_a_run_names_its_folder_by_time_and_name_and_tells_it_last(done, bundle):
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"results/\d{8}T\d{6}Z-varied", lines[-1])
    assert {path.name for path in bundle.iterdir()} == {
        "run.json",
        "journal.jsonl",
        "invocations.parquet",
        "measurements.parquet",
    }
    summary = json.loads(lines[-2])
    assert summary["bundle"] == lines[-1]
    assert summary["run_id"] == bundle.name
    assert (summary["status"], summary["failures"]) == ("complete", {})
    assert summary["timing_invocations"] == 2 * summary["cases"]
    assert set(summary["stopped_by"].values()) == {"max blocks"}


def test_a_run_says_by_which_command_it_was_made(done, bundle):
    assert run_of(bundle)["command"] == ["whichpool", "run", "config.yaml", "--json"]


def test_a_bundle_is_shown(shared, bundle):
    shown = shared("show", bundle).stdout
    assert shown.count("payload") >= 2
    assert "times as fast as serial" in shown


def test_the_same_seed_gives_the_same_order_and_another_one_another(whichpool, tmp_path):
    grid = "{workloads: {use: noop, tasks: 2}, strategies: [serial, threads], workers: [1, 2, 3]}"
    write(tmp_path, f"name: x\nmeasure: {{blocks: 4, precision: null, memory: false}}\ngrids: {grid}\n")
    started = {
        name: whichpool.start("run", "config.yaml", "--out", name, "--seed", name[0]) for name in ("1a", "1b", "2")
    }
    for process in started.values():
        whichpool.finish(process)
    orders = {name: invocations(tmp_path / name) for name in started}
    assert orders["1a"] == orders["1b"] != orders["2"]
    assert sorted(orders["1a"]) == sorted(orders["2"])


def test_a_folder_may_have_any_name_and_may_be_there_already(whichpool, tmp_path):
    write(tmp_path, "name: x\nmeasure: {blocks: 1, memory: false}\ngrids: {workloads: noop, strategies: serial}\n")
    out = tmp_path / "with space [bold] ünï·code"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    done = whichpool("run", "config.yaml", "--out", out)
    assert done.stdout.splitlines()[-1] == str(out)
    assert (out / "notes.txt").read_text() == "mine"


def test_a_budget_given_on_the_command_line_holds_and_can_be_raised_later(whichpool, tmp_path):
    grid = "{workloads: {use: sleep, seconds: 20ms, tasks: 4}, strategies: threads, workers: 2}"
    measure = "{blocks: 6, iterations: 1, warmup: 0, precision: null, memory: false}"
    write(tmp_path, f"name: x\nmeasure: {measure}\ngrids: {grid}\n")
    done = whichpool("run", "config.yaml", "--out", "bundle", "--budget", "600ms")
    assert "stopped by: budget" in done.stderr
    before = len(store.load(tmp_path / "bundle").invocations)
    assert 1 <= before < 12
    whichpool("run", "--resume", "bundle", "--budget", "5m")
    assert len(store.load(tmp_path / "bundle").invocations) == 12


def test_lists(shared):
    shown = shared("list", "workloads").stdout
    assert [name for name in workloads() if not re.search(rf"^{name} ", shown, re.MULTILINE)] == []
    shown = shared("list", "strategies").stdout
    assert [name for name in strategies() if not re.search(rf"^{name} ", shown, re.MULTILINE)] == []
    shown = shared("list", "interpreters").stdout
    version = ".".join(map(str, sys.version_info[:3]))
    assert re.search(rf"^python3\.\d+t? +{version} ", shown, re.MULTILINE), shown


def test_lists_explain(shared):
    shown = shared("list", "strategies", "--explain").stdout
    assert [name for name in strategies() if not re.search(rf"^ +{name} *$", shown, re.MULTILINE)] == []
    shown = shared("list", "workloads", "sleep", "payload").stdout
    assert "name: sleep" in shown
    assert "transport" in shown
    assert "name: noop" not in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["workloads", "slep"],
            'unknown workload "slep"; `whichpool list workloads` shows those there are; did you mean',
        ),
        (["strategies", "thread", "--explain"], 'did you mean "threads"?'),
        (["interpreters", "--explain"], "only workloads and strategies can be explained"),
        (["interpreters", "3.13"], "only workloads and strategies can be explained"),
    ],
)
def test_what_cannot_be_explained(shared, arguments, message):
    done = shared("list", *arguments, expect=2)
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_has_an_example(whichpool, command):
    shown = whichpool(*filter(None, [command]), "--help").stdout
    assert shown.startswith("usage: whichpool")
    assert re.search(rf"\nexamples?:\n  whichpool {command or 'run'}", shown)
    if not command:
        assert [name for name in COMMANDS if not re.search(rf"^ +{name}( |$)", shown, re.MULTILINE)] == []


def test_the_version_is_a_version(whichpool):
    assert re.fullmatch(r"whichpool \d+\.\d+\.\d+\n", whichpool("--version").stdout)


def test_a_terminal_that_knows_only_ascii_is_enough(shared, planned, bundle):
    plain = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    for arguments in (
        ("plan", "config.yaml"),
        ("show", bundle),
        ("list", "strategies"),
        ("list", "workloads", "--explain"),
        ("--help",),
    ):
        shown = shared(*arguments, environment=plain).stdout
        assert shown.isascii()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_on_a_terminal_a_bar_shows_how_far_it_is(whichpool, tmp_path):
    grid = "{workloads: {use: sleep, seconds: 20ms, tasks: 4}, strategies: threads, workers: 2}"
    write(tmp_path, f"name: x\nmeasure: {{blocks: 3, precision: null, memory: false}}\ngrids: {grid}\n")
    ours, theirs = os.openpty()
    terminal = {"TERM": "xterm-256color"}
    process = whichpool.start("run", "config.yaml", "--out", "bundle", stderr=theirs, environment=terminal)
    os.close(theirs)
    shown = _all_of(ours)
    done = whichpool.finish(process)
    assert done.stdout == "bundle\n"
    assert "block 2" in shown
    assert "to go" in shown
    assert "stopped by: max blocks" in shown


def _all_of(descriptor):
    parts = []
    while True:
        try:
            part = os.read(descriptor, 1 << 16)
        except OSError:  # how Linux says that nobody holds the other end any more
            part = b""
        if not part:
            os.close(descriptor)
            return b"".join(parts).decode()
        parts.append(part)
