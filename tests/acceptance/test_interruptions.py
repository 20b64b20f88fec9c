"""Runs that are cut off: nothing is left running, nothing that was measured is lost, and the run can be finished."""

import collections
import json
import os
import random
import signal
import time

import pytest

from pipeline import store
from tests.acceptance.command_line import GONE_WITHIN_S, invocations, journal, run_of, wait_for, write

SEED = 7
BLOCKS = 2
STEADY = f"""
name: steady
measure: {{blocks: {BLOCKS}, iterations: 1, warmup: 0, precision: null, memory: true, timeout: 20s, budget: 10m}}
grids:
  - workloads: [{{use: int_loop, tasks: 2}}, {{use: sleep, seconds: 20ms, tasks: 4}}]
    strategies: [serial, threads, {{use: processes, start_method: fork}}]
    workers: 2
"""
HANGING = """
name: hanging
measure: {blocks: 3, iterations: 1, warmup: 0, precision: null, memory: false, timeout: 60s}
grids:
  - workloads: [{use: "hostile.py:hangs_in_a_pool", items: "hostile.py:ITEMS"}]
    strategies: [{use: processes, start_method: forkserver}]
    workers: 2
"""


@pytest.fixture(scope="module")
def uninterrupted(shared):
    write(shared.folder, STEADY)
    shared("run", "config.yaml", "--out", "whole", "--seed", SEED)
    return store.load(shared.folder / "whole")


@pytest.fixture
def bundle(whichpool, tmp_path):
    """Where a run of the same configuration goes that is going to be cut off."""
    write(tmp_path, STEADY)
    return tmp_path / "bundle"


def cut_off(process, number, *, expect):
    """Ends a command by a signal, as a user, a closed terminal, or the kernel does."""
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode in ((expect,) if isinstance(expect, int) else expect), (process.returncode, out, err)
    assert "Traceback" not in err
    return out, err


def lines_of(bundle):
    path = bundle / "journal.jsonl"
    return path.read_bytes() if path.exists() else b""


def wait_for_lines(bundle, number):
    wait_for(lambda: (bundle / "journal.jsonl").exists() and lines_of(bundle).count(b"\n") >= number, "progress")


def assert_same_shape(bundle, whole):
    """Every case in every block and pass, once, as in the run that nobody cut off."""
    loaded = store.load(bundle)
    keys = ["case_id", "block", "pass"]
    assert sorted(invocations(bundle)) == sorted(whole.invocations[keys].itertuples(index=False, name=None))
    for name in ("invocations", "measurements"):
        ours, theirs = getattr(loaded, name), getattr(whole, name)
        assert ours.dtypes.to_dict() == theirs.dtypes.to_dict()
    assert sorted(loaded.invocations["invocation"]) == list(range(len(whole.invocations)))
    assert set(loaded.invocations["status"]) == {"ok"}
    measured = ["case_id", "iteration", "phase", "metric", "unit", "method"]
    counted = [
        frame.groupby(measured, dropna=False).size().sort_index() for frame in (loaded.measurements, whole.measurements)
    ]
    assert counted[0].equals(counted[1])
    assert loaded.run.keys() == whole.run.keys()
    assert (loaded.run["status"], loaded.run["seed"]) == ("complete", SEED)
    assert loaded.run["cases"] == whole.run["cases"]
    assert loaded.run["files"].keys() == whole.run["files"].keys()


def test_an_uninterrupted_run_measures_every_case_once_per_block_and_pass(uninterrupted):
    counts = collections.Counter(uninterrupted.invocations["pass"])
    assert counts == {"timing": 6 * BLOCKS, "memory": 6 * BLOCKS}


def test_a_run_that_is_killed_again_and_again_ends_as_if_it_had_not_been(whichpool, bundle, uninterrupted):
    """SIGKILL at moments that nobody chose: before the first invocation, and anywhere in the middle of others."""
    chance = random.Random()
    arguments = ("run", "config.yaml", "--out", "bundle", "--seed", SEED)
    for more_lines in (0, 2, 5, 7):
        process = whichpool.start(*arguments)
        before = lines_of(bundle)
        wanted = before.count(b"\n") + more_lines
        wait_for_lines(bundle, wanted)
        time.sleep(chance.uniform(0, 0.3))
        cut_off(process, signal.SIGKILL, expect=-signal.SIGKILL)
        assert whichpool.survivors() == []
        assert lines_of(bundle).startswith(before), "what had been measured was changed"
        arguments = ("run", "--resume", "bundle")
    assert run_of(bundle)["status"] == "running"
    before = lines_of(bundle)
    done = whichpool(*arguments)
    assert done.stdout.splitlines()[-1] == "bundle"
    assert lines_of(bundle).startswith(before)
    assert_same_shape(bundle, uninterrupted)
    calibrations = [entry for entry in journal(bundle) if entry["kind"] == "calibration"]
    assert len(calibrations) == 1


def test_what_a_killed_run_has_measured_can_be_read(whichpool, bundle):
    process = whichpool.start("run", "config.yaml", "--out", "bundle")
    wait_for(lambda: len(invocations(bundle)) >= 9, "a few invocations")
    cut_off(process, signal.SIGKILL, expect=-signal.SIGKILL)
    loaded = store.load(bundle)
    assert loaded.run["status"] == "running"
    keys = ["case_id", "block", "pass"]
    assert invocations(bundle) == list(loaded.invocations[keys].itertuples(index=False, name=None))
    assert "workload" in whichpool("show", "bundle").stdout


def test_ctrl_c_keeps_what_there_is_says_how_to_go_on_and_can_be_gone_on_from(whichpool, bundle, uninterrupted):
    process = whichpool.start("run", "config.yaml", "--out", "bundle", "--seed", SEED)
    wait_for(lambda: len(invocations(bundle)) >= 5, "a few invocations")
    out, err = cut_off(process, signal.SIGINT, expect=130)
    assert out.splitlines()[-1] == "bundle"
    assert "interrupted; go on with: whichpool run --resume bundle" in err
    assert run_of(bundle)["status"] == "interrupted"
    before = invocations(bundle)
    assert len(store.load(bundle).invocations) == len(before)
    assert whichpool.survivors() == []
    done = whichpool("run", "--resume", "bundle", "--json")
    assert json.loads(done.stdout.splitlines()[0])["status"] == "complete"
    assert invocations(bundle)[: len(before)] == before
    assert_same_shape(bundle, uninterrupted)


def test_an_impatient_ctrl_c_is_as_good(whichpool, bundle, uninterrupted):
    process = whichpool.start("run", "config.yaml", "--out", "bundle", "--seed", SEED)
    wait_for(lambda: len(invocations(bundle)) >= 5, "a few invocations")
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    # While Python itself shuts down, it leaves Ctrl-C to the system.
    cut_off(process, signal.SIGINT, expect=(130, -signal.SIGINT))
    assert whichpool.survivors() == []
    whichpool("run", "--resume", "bundle")
    assert_same_shape(bundle, uninterrupted)


def test_ctrl_c_before_anything_is_measured_leaves_nothing(whichpool, tmp_path):
    (tmp_path / "slow.py").write_text("import time\nITEMS = [1]\ntime.sleep(100)\ndef work(item):\n    return item\n")
    grid = '{workloads: {use: "slow.py:work", items: "slow.py:ITEMS"}, strategies: serial}'
    write(tmp_path, f"name: slow\ngrids: {grid}\n")
    process = whichpool.start("run", "config.yaml")
    wait_for(lambda: len(whichpool.processes()) >= 3, "the check of the function")
    out, err = cut_off(process, signal.SIGINT, expect=130)
    assert (out, err.splitlines()[-1]) == ("", "interrupted")
    assert not (tmp_path / "results").exists()


@pytest.fixture
def hanging(whichpool, tmp_path, request):
    """A run that hangs in workers of a pool, each with a descendant that hides in a session of its own."""
    (tmp_path / "hostile.py").write_text(request.path.with_name("hostile.py").read_text())
    write(tmp_path, HANGING)
    process = whichpool.start("run", "config.yaml", "--out", "bundle")
    # Orchestrator, spawner, measured process, fork server, its resource tracker, two workers, a descendant of each.
    wait_for(lambda: hidden(whichpool) >= 2, "the hanging tree")
    return process


def hidden(whichpool):
    """How many processes have been double-forked away: they have become the spawner's, beside the measured one."""
    seen = whichpool.processes()
    spawners = {process.pid for process in seen if process.is_spawner}
    return sum(process.parent in spawners for process in seen) - 1


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGKILL, -signal.SIGKILL),
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGHUP, -signal.SIGHUP),
        (signal.SIGINT, 130),
    ],
)
def test_however_the_orchestrator_ends_nothing_that_it_measured_survives(whichpool, hanging, number, code):
    start = time.monotonic()
    cut_off(hanging, number, expect=code)
    assert whichpool.survivors(within_s=GONE_WITHIN_S) == []
    assert time.monotonic() - start < 2 * GONE_WITHIN_S + 4
    assert [path.name for path in whichpool.temporary.iterdir()] == []


def test_a_supervisor_that_is_killed_costs_its_case_and_leaves_nothing(whichpool, hanging, tmp_path):
    """As the kernel does when memory runs out: twice, after which the case is given up and the run has ended."""
    killed = set()

    def has_ended():
        fresh = [process for process in whichpool.processes() if process.is_spawner and process.pid not in killed]
        if fresh and hidden(whichpool) >= 2:
            killed.add(fresh[0].pid)
            os.kill(fresh[0].pid, signal.SIGKILL)
        return hanging.poll() is not None

    wait_for(has_ended, "the end of the run")
    whichpool.finish(hanging)
    errors = [entry["error"] for entry in journal(tmp_path / "bundle") if entry["kind"] == "invocation"]
    assert errors.count("the process that supervises measurements was killed") == len(killed) == 2
    assert len(errors) - errors.count(None) == 2
    assert whichpool.survivors() == []
