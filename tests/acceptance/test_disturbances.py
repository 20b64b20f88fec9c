"""A run beside a process that burns CPU: what it disturbs is flagged and kept, and the answers stay."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import store
from pipeline.analysis.summary import summarise
from tests.acceptance.command_line import write

CONFIG = """
name: disturbed
measure: {blocks: 6, iterations: 1, warmup: 0, memory: false, precision: null, budget: 1m, oracles: false}
grids:
  - workloads: [{use: sleep, seconds: 20ms, tasks: 6}, {use: int_loop, steps: 200000, tasks: 4}]
    strategies: [serial, threads]
    workers: 2
"""
HOG = "while True: pass"


@pytest.fixture
def hog():
    """One process that never rests, on a CPU that whichpool may use."""
    cpu = min(os.sched_getaffinity(0))
    process = subprocess.Popen([sys.executable, "-c", f"import os; os.sched_setaffinity(0, [{cpu}])\n{HOG}"])
    yield process
    process.kill()
    process.wait()


def outcome(bundle):
    loaded = store.load(bundle)
    winners = summarise(loaded).winners
    sleeping = winners[(winners["workload"] == "sleep") & (winners["use"] == "resident")].iloc[0]
    return loaded, summarise(loaded).trust, (sleeping["outcome"], sleeping["recommended_name"])


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system can't tie a process to a CPU")
@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="this system doesn't tell what others do")
@pytest.mark.skipif((os.cpu_count() or 1) > 8, reason="one busy process of so many CPUs disturbs nobody")
def test_what_a_busy_neighbour_disturbs_is_flagged_and_kept_and_the_winner_stays(whichpool, tmp_path, hog):
    write(tmp_path, CONFIG, bare=False)
    done = whichpool("run", "config.yaml", "--out", "loud")
    loaded, trust, answer = outcome(tmp_path / "loud")
    rows = loaded.invocations
    flagged = rows[rows["status"] == "contaminated"]
    assert len(flagged) > 0.8 * len(rows), rows["status"].value_counts()
    assert flagged["error"].str.contains("other processes used").all()
    assert (flagged["foreign_cpu_s"] > 0).all()
    assert set(flagged["invocation"]) <= set(loaded.measurements["invocation"]), "they keep their measurements"
    assert "were disturbed by others" in done.stderr
    assert any("disturbed by other processes" in reason for reason in trust.reasons)
    assert answer == ("winner", "threads × 2")


def test_what_is_not_looked_for_is_not_flagged(whichpool, tmp_path, hog):
    write(tmp_path, CONFIG.replace("oracles: false", "oracles: false, disturbed: ignore"), bare=False)
    whichpool("run", "config.yaml", "--out", "ignored")
    loaded, _, answer = outcome(tmp_path / "ignored")
    assert set(loaded.invocations["status"]) == {"ok"}
    assert answer == ("winner", "threads × 2")
