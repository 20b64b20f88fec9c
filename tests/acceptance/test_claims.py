"""`whichpool claims`: a small real run and what is said about it, and bad input."""

import json
import re

import pytest

from pipeline import cli
from tests.acceptance.command_line import run_of, write

pytestmark = pytest.mark.timeout(120)

CONFIG = """
name: few-claims
measure: {blocks: 4, iterations: 1, warmup: 1, precision: null, timeout: 30s, memory: false, budget: 40s}
claims: {waiting_scaling: 0.5}
grids:
  - workloads: {use: sleep, seconds: 10ms, tasks: 8}
    strategies: threads
    workers: 4
"""


@pytest.fixture
def claims(tmp_path, monkeypatch, capfd):
    """The command in this process, which spares its start: exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def claims(*arguments):
        with pytest.raises(SystemExit) as ended:
            cli.main(["claims", *arguments])
        out, err = capfd.readouterr()
        return ended.value.code, out, err

    return claims


def test_a_run_is_measured_judged_and_judged_again_by_its_own_margins_or_the_usual_ones(claims, tmp_path):
    write(tmp_path, CONFIG)
    code, out, _ = claims("--config", "config.yaml", "--out", "bundle", "--interpreter", "current", "--seed", "3")
    assert code == 0
    assert out.splitlines()[-1] == "bundle"
    # What comes out depends on who else uses the machine; that something does, doesn't.
    assert re.search(r" 4  Threads suit work that mainly waits\n    (supported|inconclusive|refuted): .*speed-up", out)
    assert out.count("not tested: this run has no case for it: whichpool claims tests it") == 10
    assert "\x1b" not in out, "colours are for terminals"
    run = run_of(tmp_path / "bundle")
    assert run["config"]["claims"]["waiting_scaling"] == 0.5
    assert run["seed"] == 3
    code, again, _ = claims("bundle", "--explain")
    assert code == 0
    assert "    Often left out: A little computing between the waits" in again
    code, told, _ = claims("bundle", "--json")
    (waiting,) = [claim for claim in json.loads(told)["claims"] if claim["number"] == 4]
    (verdict,) = waiting["verdicts"]
    assert verdict["interpreter"] == "current"
    assert verdict["verdict"] in again
    (evidence,) = verdict["evidence"]
    assert evidence["margin"] == 2.0
    assert evidence["low"] < evidence["estimate"] < evidence["high"]
    code, _, err = claims("--resume", "bundle")
    assert code == 0, err
    _judge_without_margins(claims, tmp_path / "bundle")


def _judge_without_margins(claims, bundle):
    """An older bundle has none; one that somebody has tampered with may have anything."""
    path = bundle / "run.json"
    run = json.loads(path.read_text())
    del run["config"]["claims"]
    path.write_text(json.dumps(run))
    code, out, _ = claims("bundle", "--json")
    (waiting,) = [claim for claim in json.loads(out)["claims"] if claim["number"] == 4]
    assert [each["margin"] for verdict in waiting["verdicts"] for each in verdict["evidence"]] == [3.2]
    run["config"]["claims"] = {"lateness": "\x1b[31msoon"}
    path.write_text(json.dumps(run))
    code, out, err = claims("bundle")
    assert (code, out) == (2, "")
    assert "the section claims holds no margins (lateness)" in err


WRONG = {
    "no bundle": (["nowhere"], "nowhere: not a bundle"),
    "bundle and seed": (["nowhere", "--seed", "1"], "is judged as it is, nothing is measured: leave out --seed"),
    "bundle and budget": (["nowhere", "--budget", "1m"], "leave out --budget"),
    "resume and interpreter": (["--resume", "x", "--interpreter", "current"], "leave out --interpreter"),
    "no configuration": (["--config", "missing.yaml"], "missing.yaml"),
    "no interpreter": (["--interpreter", "python3.99"], "--interpreter: no usable interpreter"),
    "unreadable interpreter": (["--interpreter", 'python3 "'], "--interpreter must be a name such as"),
    "budget": (["--budget", "soon"], "--budget"),
    "margin": (["--config", "margin.yaml"], 'margin.yaml:3: "no_speedup" must be a number, not "much"'),
    "margin's name": (["--config", "name.yaml"], 'did you mean "no_speedup"?'),
    "negative": (["--config", "negative.yaml"], "negative.yaml:3"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_mistakes_are_told_in_a_sentence_and_nothing_is_measured(claims, tmp_path, kind):
    wrong = {"margin": "no_speedup: much", "name": "no_speedpu: 2", "negative": "ipc_ratio: -1"}
    for name, line in wrong.items():
        write(tmp_path, f"name: x\nclaims:\n  {line}\ngrids: {{workloads: noop, strategies: serial}}\n", f"{name}.yaml")
    arguments, words = WRONG[kind]
    code, out, err = claims(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
    assert not (tmp_path / "results").exists()


def test_help_has_examples(claims):
    code, out, _ = claims("--help")
    assert code == 0
    assert 'whichpool claims --interpreter python3.13t --interpreter "python3.13t -X gil=1"' in out
