from pathlib import Path

from pipeline.config import load_config
from pipeline.config.mistakes import Place
from pipeline.config.models import Blocks

EXAMPLE = """\
name: default
description: one line for the report's title page
measure:
  blocks: 10            # or {min: 8, max: 30}
  iterations: 3
  warmup: 1
  precision: 3%
  budget: 5m
  timeout: 60s
  memory: true
grids:
  - workloads:
      - int_loop
      - {use: sleep, seconds: [1ms, 10ms], tasks: 16}
      - {use: "jobs.py:resize", items: "jobs.py:images"}
    strategies: [serial, threads, {use: processes, start_method: [fork, forkserver, spawn]}]
    workers: [1, 2, cpus, 2*cpus]
    interpreters: [current, python3.13, /path/to/python3.14t]
    exclude:
      - {strategy: asyncio, workload: int_loop, reason: no asynchronous form}
      - {workload: "sleep*", workers: "> cpus"}
"""


def test_the_example(load, folder):
    config = load(EXAMPLE)
    assert (config.name, config.description) == ("default", "one line for the report's title page")
    assert config.path == Path("a.yaml")
    measure = config.measure
    assert measure.blocks == Blocks(min=10, max=10)
    assert (measure.iterations, measure.warmup, measure.precision) == (3, 1, 0.03)
    assert (measure.budget_s, measure.timeout_s, measure.memory) == (300.0, 60.0, True)
    (grid,) = config.grids
    assert [choice.use for choice in grid.workloads] == ["int_loop", "sleep", "jobs.py:resize"]
    loop, sleep, user = grid.workloads
    assert loop.values == {"steps": (None,), "tasks": (None,), "task_time": (None,), "payload": (None,)}
    assert sleep.values == {"seconds": (0.001, 0.01), "tasks": (16,)}
    assert user.user.function_file == user.user.items_file == folder / "jobs.py"
    assert (user.user.function, user.user.items) == ("resize", "images")
    assert grid.strategies[2].values["start_method"] == ("fork", "forkserver", "spawn")
    assert grid.workers == (1, 2, "cpus", "2*cpus")
    assert [choice.label for choice in grid.interpreters] == ["current", "python3.13", "/path/to/python3.14t"]
    assert [str(rule) for rule in grid.exclude] == [
        "workload: int_loop, strategy: asyncio",
        "workload: sleep*, workers: > cpus",
    ]
    assert grid.exclude[0].reason == "no asynchronous form"
    assert grid.place == Place(Path("a.yaml"), 12)
    assert [choice.place.line for choice in grid.workloads] == [13, 14, 15]
    assert [rule.place.line for rule in grid.exclude] == [20, 21]


def test_defaults(load):
    config = load("name: x\ngrids: {workloads: noop, strategies: threads}\n")
    assert config.measure.blocks == Blocks(min=8, max=30)
    assert (config.measure.iterations, config.measure.warmup, config.measure.precision) == (3, 1, 0.03)
    assert (config.measure.budget_s, config.measure.timeout_s) == (300.0, 60.0)
    assert config.measure.memory
    assert config.measure.memory_limit_bytes is None
    assert config.grids[0].workers == (1, 2, "cpus")
    assert [choice.label for choice in config.grids[0].interpreters] == ["current"]
    assert config.grids[0].exclude == ()


def test_a_grid_overrides_measure_key_by_key(load):
    config = load(
        "name: x\n"
        "measure: {iterations: 7, timeout: 1m, blocks: 4, budget: 9m}\n"
        "grids:\n"
        "  - {workloads: noop, strategies: serial, measure: {timeout: 2s, memory_limit: 64MiB, precision: null}}\n"
        "  - {workloads: noop, strategies: serial}\n"
    )
    first, second = (grid.measure for grid in config.grids)
    assert (first.iterations, first.timeout_s, first.blocks.max) == (7, 2.0, 4)
    assert (first.memory_limit_bytes, first.precision) == (2**26, None)
    assert (second.iterations, second.timeout_s, second.precision) == (7, 60.0, 0.03)
    assert config.measure.budget_s == 540.0


def test_numbers_without_a_unit_are_seconds_and_bytes(grid):
    made = grid("    workloads: [{use: sleep, seconds: [1, 0.5]}, {use: payload, size: [1024, 1KiB]}]\n"
                "    strategies: serial\n")  # fmt: skip
    assert made.workloads[0].values["seconds"] == (1.0, 0.5)
    assert made.workloads[1].values["size"] == (1024, 1024)


def test_tasks_may_depend_on_the_machine(grid):
    made = grid("    workloads: {use: noop, tasks: [8*cpus, 4*workers, 7]}\n    strategies: serial\n")
    assert made.workloads[0].values["tasks"] == ("8*cpus", "4*workers", 7)


def test_versions_that_yaml_takes_for_numbers_keep_their_digits(grid):
    made = grid("    workloads: noop\n    strategies: serial\n    interpreters: [3.10, 3.9]\n")
    assert [choice.use for choice in made.interpreters] == ["3.10", "3.9"]


def test_words_that_older_yaml_takes_for_truth_are_text(load):
    config = load("name: no\ndescription: on\ngrids: {workloads: noop, strategies: serial}\n")
    assert (config.name, config.description) == ("no", "on")


def test_aliases_may_repeat_a_part(load):
    config = load(
        "name: x\n"
        "grids:\n"
        "  - {workloads: noop, strategies: &all [serial, threads]}\n"
        "  - {workloads: sort, strategies: *all}\n"
    )
    assert [choice.use for choice in config.grids[1].strategies] == ["serial", "threads"]


def test_a_byte_order_mark_and_foreign_line_ends_are_no_mistake(folder):
    text = "name: x\r\ngrids:\r\n  - {workloads: noop, strategies: serial}\r\n"
    Path("a.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_config(Path("a.yaml")).grids[0].place.line == 3


def test_single_values_stand_for_lists_of_one(load):
    config = load("name: x\nmeasure: {iterations: 7}\ngrids:\n  workloads: noop\n  strategies: serial\n  workers: 3\n")
    (grid,) = config.grids
    assert (grid.place.line, grid.workloads[0].place.line, grid.strategies[0].place.line) == (4, 4, 5)
    assert grid.measure.iterations == 7
    assert grid.workers == (3,)
