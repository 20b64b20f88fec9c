"""The configuration that a report shows is a configuration again, and means the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Config, load_config
from pipeline.plan.expand import make_plan
from reports.configuration import written

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
EVERY_NOTATION = """
name: every
measure: {blocks: 3, precision: null, timeout: 1.5s, memory_limit: 300MB, budget: 90m}
grids:
  - workloads:
      - {use: sleep, seconds: [0.3ms, 1.23456789, 2s], tasks: "2*workers"}
      - {use: payload, size: [1KiB, 1001, 3MiB], kind: [bytes, dict]}
      - {use: hash_large, rounds: [null, 3]}
    strategies: [serial, threads, {use: processes, start_method: [fork, spawn]}]
    workers: ["2*cpus", 3]
    interpreters:
      - current
      - "3.13"
      - {use: python3.14t, options: [-X, gil=1], environment: {PYTHON_JIT: "1"}}
    exclude:
      - {strategy: threads, workers: "> cpus"}
      - {workload: "sl*", seconds: ">= 2s", reason: "# too: long"}
    measure: {blocks: {min: 2, max: 9}, precision: 12.5%, memory: false, warmup: 0}
  - {workloads: noop, strategies: threads, measure: {memory_limit: null}}
"""


def plan_of(config: Config) -> dict[str, Any]:
    labels = [choice.label for grid in config.grids for choice in grid.interpreters]
    interpreters: dict[str, dict[str, Any]] = {label: {"start_methods": ["fork", "spawn"]} for label in labels}
    plan = make_plan(config, cpus=2, interpreters=interpreters, seed=1)
    # Compared as it is stored: places of the file apart, everything that decides how a case is measured.
    shown = [(case.case_id, case.label, case.measure.model_dump(mode="json")) for case in plan.cases]
    return {"cases": shown, "excluded": plan.exclusions, "measure": config.measure.model_dump(mode="json")}


@pytest.mark.parametrize("source", [*CONFIGS, "every notation"], ids=str)
def test_shown_configuration_loads_and_gives_the_same_plan(source: Path | str, tmp_path: Path) -> None:
    if isinstance(source, str):
        path = tmp_path / "every.yaml"
        path.write_text(EVERY_NOTATION, encoding="utf-8")
        source = path
    config = load_config(source)
    shown = tmp_path / "shown.yaml"
    shown.write_text(written(config.resolved()), encoding="utf-8")
    again, first = plan_of(load_config(shown)), plan_of(config)
    reasons = [{(each.label, each.reason) for each in found.pop("excluded")} for found in (first, again)]
    assert again == first
    # An exclude without a reason names its line, which has moved.
    assert {label for label, _ in reasons[0]} == {label for label, _ in reasons[1]}
    assert all("place" not in line.split(":")[0] for line in shown.read_text(encoding="utf-8").splitlines())


def test_the_usual_configuration_fits_on_a_page() -> None:
    (usual,) = (path for path in CONFIGS if path.name == "quick.yaml")
    lines = written(load_config(usual).resolved()).splitlines()
    assert len(lines) < 80
    assert max(map(len, lines)) <= 120
    assert "precision: 3%" in "".join(lines)


@pytest.mark.parametrize(
    "broken", [{}, {"grids": 3}, {"grids": [7, {"workloads": "x", "exclude": {}}]}, {"measure": []}]
)
def test_what_is_no_configuration_is_no_crash(broken: dict[str, Any]) -> None:
    assert isinstance(written(broken), str)
