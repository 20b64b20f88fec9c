"""`whichpool advise`: the user's own function, whatever it is, and what is said about it."""

import json
import re
import signal
from pathlib import Path

import pytest

from experiments.catalogue import strategies
from pipeline import cli
from pipeline.machine.cpus import effective_cpus
from tests.acceptance.command_line import journal, run_of, wait_for, write

pytestmark = pytest.mark.timeout(120)

JOBS = """
import itertools, os, threading, time

HERE = os.getpid()
SEEN = []
ITEMS = (number for number in range(8))
NONE = []
ENDLESS = itertools.count()

def work(item):
    return sum(range(20_000)) + item

def nap(item):
    time.sleep(0.02)
    return item

def hostile(item):
    if os.getpid() != HERE:
        time.sleep(1000)  # as a lock does that somebody held while the process was forked
    if item == 3 and threading.current_thread() is not threading.main_thread():
        raise ValueError("not in a thread")
    return sum(range(20_000))

def fails(item):
    if item == 2:
        raise KeyError("lost")

remember = lambda item: SEEN.append(item) or len(SEEN)
number = 3
"""
RAISES = "raise RuntimeError('not today')\nITEMS = [1]\ndef work(item): ...\n"


@pytest.fixture
def advised(tmp_path, monkeypatch, capfd):
    """The command in this process, which spares its start: exit code, standard output and standard error."""
    write(tmp_path, JOBS, "jobs.py")
    write(tmp_path, RAISES, "raises.py")
    monkeypatch.chdir(tmp_path)

    def advised(*arguments):
        with pytest.raises(SystemExit) as ended:
            cli.main(["advise", *arguments])
        out, err = capfd.readouterr()
        return ended.value.code, out, err

    return advised


WRONG = {
    "no target": ([], "name the function: whichpool advise jobs.py:resize --items"),
    "no items given": (["jobs.py:work"], "say what jobs.py:work is to be called with: --items jobs.py:NAME"),
    "misspelt": (["jobs.py:wrok", "--items", "jobs.py:ITEMS"], 'did you mean "work"?'),
    "items misspelt": (["jobs.py:work", "--items", "jobs.py:ITEM"], 'did you mean "ITEMS"?'),
    "set-up misspelt": (["jobs.py:work", "--items", "jobs.py:ITEMS", "--setup", "jobs.py:x"], "--setup names"),
    "no file": (["jbos.py:work", "--items", "jobs.py:ITEMS"], 'did you mean "jobs.py"?'),
    "shape": (["jobs.work", "--items", "jobs.py:ITEMS"], 'TARGET must be written as "file.py:name"'),
    "workers": (["jobs.py:work", "--items", "jobs.py:ITEMS", "--workers", "1,two"], "--workers "),
    "budget": (["jobs.py:work", "--items", "jobs.py:ITEMS", "--budget", "soon"], "--budget"),
    "interpreter": (["jobs.py:work", "--items", "jobs.py:ITEMS", "--interpreter", "python3.99"], "python3.99"),
    "no items": (["jobs.py:work", "--items", "jobs.py:NONE"], "NONE gives no items"),
    "endless": (["jobs.py:work", "--items", "jobs.py:ENDLESS"], "or never ends"),
    "no function": (["jobs.py:number", "--items", "jobs.py:ITEMS"], "number is a int, not a function"),
    "module raises": (["raises.py:work", "--items", "raises.py:ITEMS"], "RuntimeError: not today (raises.py:1)"),
    "fails": (["jobs.py:fails", "--items", "jobs.py:ITEMS"], "fails in a plain loop, at item 2: KeyError: 'lost'"),
    "too slow": (
        ["jobs.py:nap", "--items", "jobs.py:ITEMS", "--budget", "300ms"],
        "one task takes about 2",
    ),
    "resume and more": (["jobs.py:work", "--resume", "x"], "--resume continues as it was started"),
    "nothing there": (["--resume", "x"], "not a bundle"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_mistakes_are_told_in_a_sentence_and_nothing_is_measured(advised, tmp_path, kind):
    arguments, words = WRONG[kind]
    code, out, err = advised(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
    assert not (tmp_path / "results").exists()


def test_a_strategy_that_hangs_or_breaks_takes_only_itself_out(advised, tmp_path):
    code, out, _ = advised(
        "jobs.py:hostile", "--items", "jobs.py:ITEMS", "--budget", "16s", "--workers", "2", "--out", "bundle", "--json"
    )
    assert code == 0
    advice = json.loads(out.splitlines()[0])
    assert out.splitlines()[1] == "bundle" == advice["bundle"]
    reasons = {name: each["reason"] for each in advice["obstacles"] for name in each["names"]}
    assert reasons["processes (fork) × 2"].startswith("timeout: no result within ")
    assert re.match(r"failed: ValueError: not in a thread \(jobs\.py:\d+\)", reasons["threads × 2"])
    assert reasons["asyncio × 2"].startswith("no asynchronous form")
    measured = {way["name"] for way in advice["ways"]}
    assert {"serial", "processes (forkserver) × 2"} <= measured
    hung = [entry for entry in journal(tmp_path / "bundle") if entry.get("status") == "timeout"]
    assert len(hung) <= 2, "whatever hangs is tried once"


def test_what_cannot_travel_and_what_a_pass_changes_is_told(advised, tmp_path):
    code, out, err = advised("jobs.py:remember", "--items", "jobs.py:ITEMS", "--budget", "8s", "--workers", "2")
    assert code == 0
    folder = out.splitlines()[-1]
    assert re.fullmatch(r"results/\d{8}T\d{6}Z-advise-remember", folder)
    text = " ".join(out.split())
    assert "not picklable: jobs.py:remember is a lambda; give it a def and a name at module level" in text
    assert "A second pass over the same items gives other results than the first" in text
    assert "give --setup with a function that puts things back before each pass" in text
    assert "from jobs import ITEMS, remember" in out
    run = run_of(tmp_path / folder)
    assert run["config"]["measure"]["until"] == "decided"
    assert run["config"]["grids"][0]["workloads"][0]["items"] == "jobs.py:ITEMS"
    assert "8 items, one task takes about" in err


def test_waiting_is_for_threads(advised):
    """16 naps of 20 ms in 8 threads take two naps, whatever else the machine is doing."""
    code, out, _ = advised("jobs.py:nap", "--items", "jobs.py:ITEMS", "--budget", "12s", "--workers", "8", "--json")
    assert code == 0
    advice = json.loads(out.splitlines()[0])
    resident = advice["uses"]["resident"]
    assert resident["outcome"] == "winner"
    assert resident["speedup"] > 4
    assert advice["headline"].startswith("Use threads with 8 workers")
    assert "ThreadPoolExecutor(8)" in advice["code"][0]["text"]
    assert any("it mainly waits" in line for line in advice["why"])


def test_an_interrupted_advice_can_be_resumed(whichpool, tmp_path):
    write(tmp_path, JOBS, "jobs.py")
    process = whichpool.start(
        "advise", "jobs.py:work", "--items", "jobs.py:ITEMS", "--budget", "5s", "--out", "bundle", "--workers", "2"
    )
    wait_for(lambda: len(journal(tmp_path / "bundle")) >= 3, "progress")
    process.send_signal(signal.SIGINT)
    done = whichpool.finish(process, expect=130)
    assert done.stdout == "bundle\n"
    assert "whichpool advise --resume bundle" in done.stderr
    assert run_of(tmp_path / "bundle")["status"] == "interrupted"
    before = len(journal(tmp_path / "bundle"))
    done = whichpool("advise", "--resume", "bundle", "--json")
    assert json.loads(done.stdout.splitlines()[0])["function"] == "jobs.py:work"
    assert run_of(tmp_path / "bundle")["status"] == "complete"
    assert len(journal(tmp_path / "bundle")) > before


EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture
def example(monkeypatch, capfd, tmp_path):
    """The advice about one of the documented examples, from their folder."""

    def example(*arguments, budget="15s"):
        monkeypatch.chdir(EXAMPLES)
        with pytest.raises(SystemExit) as ended:
            cli.main(["advise", *arguments, "--budget", budget, "--out", str(tmp_path / "bundle"), "--json"])
        assert ended.value.code == 0
        return json.loads(capfd.readouterr().out.splitlines()[0])

    return example


@pytest.mark.quiet
def test_the_example_of_fetching_is_for_threads(example):
    advice = example("pages.py:fetch", "--items", "pages.py:urls", "--setup", "pages.py:serve")
    assert advice["uses"]["resident"]["strategy"] == "threads"
    assert advice["uses"]["resident"]["outcome"] == "winner"
    assert "serve()" in advice["code"][0]["text"]


@pytest.mark.quiet
def test_the_example_of_small_tables_is_for_a_plain_loop(example):
    advice = example("sales.py:revenue", "--items", "sales.py:months")
    assert "stay with a plain loop" in advice["headline"].lower()
    assert advice["code"][0]["text"].count("for item in months()") == 1


@pytest.mark.quiet
def test_the_example_of_pictures_is_for_processes_if_there_are_cpus(example):
    advice = example("thumbnails.py:blur", "--items", "thumbnails.py:pictures", budget="24s")
    resident = advice["uses"]["resident"]
    if resident["outcome"] != "winner" and advice["cautions"]:
        pytest.skip(f"others used the CPUs meanwhile, so that little was to be gained: {advice['cautions']}")
    if effective_cpus() < 2:
        assert resident["outcome"] != "winner"
    else:
        assert resident["outcome"] == "winner"
        assert strategies()[resident["strategy"]].bypasses_gil
