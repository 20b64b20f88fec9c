"""Oracles in real runs: right where the measuring is right, and failing by name where a strategy cheats."""

import shutil
import sys
from pathlib import Path

import pytest

from pipeline import store
from pipeline.analysis.summary import summarise
from tests.acceptance.command_line import write

ROOT = Path(__file__).parents[2]
CONFIG = """
name: oracles
measure: {{blocks: 5, iterations: 1, memory: false, precision: null, budget: 1m, disturbed: {disturbed}}}
grids:
  - workloads: [{{use: int_loop, steps: 30000, tasks: 8}}, {{use: sleep, seconds: 5ms, tasks: 4}}]
    strategies: [serial, {strategy}]
    workers: 2
"""
CHEATS = '''
"""Strategies that break their promise; each in one of the ways that a benchmark must notice."""

from experiments.strategies.threads import Threads


class DropsATask(Threads):
    """Leaves out the last task and repeats the result before it."""

    name = "drops_a_task"

    def run(self, function, items):
        results = super().run(function, items[:-1])
        return [*results, results[-1]]


class LosesATask(Threads):
    """Leaves out the last task."""

    name = "loses_a_task"

    def run(self, function, items):
        return super().run(function, items[:-1])


class CopiesResults(Threads):
    """Runs each call once, and returns copies ever after."""

    name = "copies_results"
    _known = None

    def run(self, function, items):
        known = self._known = self._known or {}
        fresh = [item for item in items if item not in known]
        known.update(zip(fresh, super().run(function, fresh)))
        return [known[item] for item in items]


class RunsTwice(Threads):
    """Runs every task twice."""

    name = "runs_twice"

    def run(self, function, items):
        super().run(function, items)
        return super().run(function, items)
'''


@pytest.fixture(scope="module")
def cheating(tmp_path_factory):
    """The program with four more strategies: one file is all that it takes."""
    folder = tmp_path_factory.mktemp("cheating")
    for name in ("experiments", "pipeline", "reports"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "experiments" / "strategies" / "cheats.py").write_text(CHEATS)
    return folder


def measured(whichpool, folder, strategy, disturbed="repeat"):
    write(folder, CONFIG.format(strategy=strategy, disturbed=disturbed), bare=False)
    done = whichpool("run", "config.yaml", "--out", "bundle", cwd=folder)
    return done, summarise(store.load(folder / "bundle"))


@pytest.mark.quiet
def test_an_honest_strategy_passes_every_oracle_that_can_be_decided(whichpool, tmp_path):
    _, summary = measured(whichpool, tmp_path, "threads")
    outcomes = summary.oracles.set_index("name")["status"]
    assert summary.trust.failed_oracles == (), summary.oracles.to_dict("records")
    assert (outcomes == "passed").sum() >= 10, summary.oracles.to_dict("records")
    assert set(summary.winners["outcome"]) != {"invalid"}


def test_they_cost_less_than_a_tenth_of_the_budget(whichpool, tmp_path):
    _, summary = measured(whichpool, tmp_path, "threads")
    rows = store.load(tmp_path / "bundle").invocations
    assert 0 < rows.loc[rows["oracle"].notna(), "duration_s"].sum() < 0.1 * 60 + 1
    assert "oracle" not in summary.cases
    assert not set(summary.cases["case_id"]) & set(rows.loc[rows["oracle"].notna(), "case_id"])


@pytest.mark.skipif(sys.platform == "win32", reason="copies the program")
@pytest.mark.parametrize(
    ("strategy", "oracle"),
    [
        ("drops_a_task", "results"),
        ("loses_a_task", "results"),
        ("copies_results", "sleep law, copies_results"),
        ("runs_twice", "sleep law, runs_twice"),
    ],
)
def test_a_strategy_that_cheats_fails_an_oracle_and_there_are_no_verdicts(whichpool, cheating, strategy, oracle):
    shutil.rmtree(cheating / "bundle", ignore_errors=True)
    # Whatever else this machine does meanwhile is no excuse for a strategy.
    _, summary = measured(whichpool, cheating, strategy, disturbed="ignore")
    assert oracle in summary.trust.failed_oracles, summary.oracles.to_dict("records")
    assert set(summary.winners["outcome"]) <= {"invalid", "not measured"}
    shown = whichpool("show", "bundle", cwd=cheating).stdout
    assert oracle.split(",")[0] in shown
    assert "invalid" in shown
