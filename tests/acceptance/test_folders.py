"""Where a run is kept: places that can't be written, disks that fill up, runs that are there already."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import store
from tests.acceptance.command_line import contents, invocations, journal, run_of, wait_for, write

CONFIG = """
name: small
measure: {blocks: 8, iterations: 1, warmup: 0, precision: null, memory: false, budget: 10m}
grids: {workloads: {use: sleep, seconds: 20ms, tasks: 4}, strategies: threads, workers: 2}
"""
EVERYTHING = 2 * 8
FULL = Path("/dev/full")
ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
WITHOUT_PRIVILEGES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
"""Runs a command of root's without the capability to write where the permissions say no."""


@pytest.fixture(autouse=True)
def config(tmp_path):
    return write(tmp_path, CONFIG)


@pytest.fixture
def mounted(tmp_path):
    """Mounts a file system in memory, of which every test here wants a different kind."""
    places = []

    def mount(options):
        place = tmp_path / "mounted"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "whichpool-test", str(place)]
        if sys.platform != "linux" or shutil.which("mount") is None:
            pytest.skip("mounting a small file system needs Linux")
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"mounting a small file system needs root: {done.stderr.splitlines()[0]}")
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def refused(whichpool, out, **options):
    """The message of a run that can't begin; nothing may have been made."""
    before = contents(whichpool.folder)
    done = whichpool("run", "config.yaml", "--out", out, expect=2, **options)
    assert done.stdout == ""
    assert contents(whichpool.folder) == before
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize("out", ["config.yaml/below", "/proc/here", "x" * 300])
def test_a_place_where_nothing_can_be_made_is_told(whichpool, out):
    message = refused(whichpool, out)
    assert message.startswith(f"{out}: cannot be written: ")
    assert message.endswith("; name another folder with --out")


def test_a_folder_that_may_not_be_written_is_told(whichpool, tmp_path):
    for name, mode in (("closed", 0o000), ("readable", 0o555)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
    prefix = ()
    if os.access(tmp_path / "readable", os.W_OK):
        prefix = WITHOUT_PRIVILEGES
        if shutil.which(prefix[0]) is None:
            pytest.skip("root may write everywhere, and there is no setpriv to take that away")
    for out in ("closed/bundle", "readable/bundle", "readable"):
        message = refused(whichpool, out, prefix=prefix)
        assert message == f"{out}: cannot be written: Permission denied; name another folder with --out"


def test_a_read_only_disk_is_told(whichpool, mounted):
    place = mounted("ro,size=1m")
    assert refused(whichpool, place / "bundle").startswith(f"{place}/bundle: cannot be written: Read-only file system")


def test_a_disk_that_is_full_from_the_start_is_told(whichpool, mounted):
    place = mounted("size=1m")
    fill(place)
    assert "cannot be written: No space left on device" in refused(whichpool, place)


def test_too_little_room_for_temporary_files_is_told(whichpool, mounted, tmp_path):
    place = mounted("size=64k")
    fill(place)
    os.truncate(place / "ballast", (place / "ballast").stat().st_size - (16 << 10))
    message = refused(whichpool, "bundle", environment={"TMPDIR": str(place)})
    assert message.startswith(f"{place}: cannot be written: ")
    assert message.endswith("; name another folder in TMPDIR")
    assert not (tmp_path / "bundle").exists()


def fill(place):
    with (place / "ballast").open("wb", buffering=0) as ballast:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while ballast.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def finish(whichpool, bundle):
    """Resumes; everything that had been measured is kept, everything else is measured once."""
    before = invocations(bundle)
    whichpool("run", "--resume", bundle)
    assert invocations(bundle)[: len(before)] == before
    assert len(invocations(bundle)) == len(set(invocations(bundle))) == EVERYTHING
    assert len(store.load(bundle).invocations) == EVERYTHING
    assert run_of(bundle)["status"] == "complete"


def test_a_disk_that_fills_up_keeps_what_was_measured(whichpool, mounted):
    place = mounted("size=1m")
    bundle = place / "bundle"
    process = whichpool.start("run", "config.yaml", "--out", bundle)
    wait_for(lambda: len(invocations(bundle)) >= 4, "a few invocations")
    fill(place)
    done = whichpool.finish(process, expect=2)
    assert "cannot be written: No space left on device" in done.stderr
    assert f"whichpool run --resume {bundle}" in done.stderr
    assert 4 <= len(invocations(bundle)) < EVERYTHING
    (place / "ballast").unlink()
    finish(whichpool, bundle)


@ONLY_LINUX
def test_a_limit_on_the_size_of_files_keeps_what_was_measured(whichpool, tmp_path):
    """For whoever can't mount anything: the same with a quota that is reached in the middle of a line."""
    bundle = tmp_path / "bundle"
    process = whichpool.start("run", "config.yaml", "--out", bundle)
    wait_for(lambda: len(invocations(bundle)) >= 4, "a few invocations")
    limit = (bundle / "journal.jsonl").stat().st_size + 3000
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    done = whichpool.finish(process, expect=2)
    assert f"{bundle}/journal.jsonl: cannot be written: " in done.stderr
    assert f"whichpool run --resume {bundle}" in done.stderr
    assert 4 <= len(invocations(bundle)) < EVERYTHING
    finish(whichpool, bundle)


def test_a_last_line_that_was_cut_off_costs_only_itself(whichpool, tmp_path):
    bundle = tmp_path / "bundle"
    whichpool("run", "config.yaml", "--out", bundle)
    path = bundle / "journal.jsonl"
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    assert len(invocations(bundle)) == EVERYTHING - 1
    finish(whichpool, bundle)
    assert path.read_bytes().startswith(content[: content[:-1].rfind(b"\n") + 1])


def test_a_finished_run_is_not_measured_again(whichpool, tmp_path):
    bundle = tmp_path / "bundle"
    whichpool("run", "config.yaml", "--out", bundle)
    before = (bundle / "journal.jsonl").read_bytes()
    table = store.load(bundle).invocations
    done = whichpool("run", "--resume", bundle)
    assert done.stdout.splitlines()[-1] == str(bundle)
    assert (bundle / "journal.jsonl").read_bytes() == before
    assert store.load(bundle).invocations.equals(table)
    assert run_of(bundle)["status"] == "complete"

    done = whichpool("run", "config.yaml", "--out", bundle, expect=2)
    hint = f"holds a run already: name another folder, or continue it with --resume {bundle}"
    assert done.stderr.splitlines()[-1] == f"{bundle}: {hint}"
    assert (bundle / "journal.jsonl").read_bytes() == before


def test_two_cannot_write_one_run(whichpool, tmp_path):
    first = whichpool.start("run", "config.yaml", "--out", "bundle")
    wait_for(lambda: len(invocations(tmp_path / "bundle")) >= 1, "the first invocation")
    second = whichpool("run", "--resume", "bundle", expect=2)
    assert second.stdout == ""
    assert "another whichpool is writing this run; wait for it or stop it" in second.stderr
    whichpool.finish(first)
    assert len(invocations(tmp_path / "bundle")) == len(set(invocations(tmp_path / "bundle"))) == EVERYTHING


def test_of_several_that_start_in_one_folder_at_once_one_wins(whichpool, tmp_path):
    """The others leave its files alone: what describes the run is what was run."""
    bundle = tmp_path / "bundle"
    started = {seed: whichpool.start("run", "config.yaml", "--out", "bundle", "--seed", seed) for seed in (1, 2, 3)}
    wait_for(lambda: invocations(bundle), "the first invocation")
    running = {seed for seed, process in started.items() if wait_for_loser(process) is None}
    assert len(running) == 1
    assert run_of(bundle)["seed"] in running
    for seed, process in started.items():
        done = whichpool.finish(process, expect=0 if seed in running else 2)
        assert (done.stdout == "bundle\n") == (seed in running)
    assert len(invocations(bundle)) == len(set(invocations(bundle))) == EVERYTHING
    assert len({entry["invocation"] for entry in journal(bundle)}) == EVERYTHING


def wait_for_loser(process):
    try:
        return process.wait(timeout=1.5)
    except subprocess.TimeoutExpired:
        return None


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "arguments", [("list", "workloads"), ("plan", "config.yaml"), ("plan", "config.yaml", "--json")]
)
def test_a_full_disk_behind_standard_output_is_told(whichpool, arguments):
    with FULL.open("w") as full:
        done = whichpool(*arguments, expect=2, stdout=full)
    assert "No space left on device" in done.stderr


def test_output_that_nobody_reads_to_its_end_is_no_error(whichpool):
    process = whichpool.start("plan", "config.yaml", "--json")
    process.stdout.close()
    assert process.wait(60) in (0, -signal.SIGPIPE)
    assert process.stderr.read() == ""
    process.stderr.close()
