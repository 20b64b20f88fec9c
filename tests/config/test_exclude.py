from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.config import ConfigError, check_not_empty
from pipeline.config.combinations import combinations

GRID = """\
    workloads: [int_loop, {use: sleep, seconds: [1ms, 10ms]}, {use: payload, size: [1KiB, 1MiB]}]
    strategies: [serial, threads, {use: processes, start_method: [fork, spawn]}]
    workers: [1, cpus, 2*cpus]
    interpreters: [current, python3.14t]
"""


@dataclass
class Candidate:
    workload: str = "sleep"
    parameters: dict = field(default_factory=lambda: {"seconds": 0.01, "tasks": 16})
    strategy: str = "processes"
    options: dict = field(default_factory=lambda: {"start_method": "fork"})
    workers: int = 4
    interpreter: str = "current"


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ("workload: sleep", True),
        ("workload: sle*", True),
        ("workload: '*loop'", False),
        ("workload: '!= sleep'", False),
        ("workload: [int_loop, sleep]", True),
        ("strategy: proc*", True),
        ("strategy: serial", False),
        ("start_method: fork", True),
        ("start_method: [spawn, fork]", True),
        ("start_method: '*'", True),
        ("start_method: spawn", False),
        ("interpreter: current", True),
        ("interpreter: '*t'", True),
        ("interpreter: python*", False),
        ("workers: 4", True),
        ("workers: '4'", True),
        ("workers: 2*cpus", True),
        ("workers: '> cpus'", True),
        ("workers: '>cpus'", True),
        ("workers: '>= 4'", True),
        ("workers: '> 4'", False),
        ("workers: '< 2*cpus'", False),
        ("workers: '!= cpus'", True),
        ("workers: [1, 4]", True),
        ("seconds: 10ms", True),
        ("seconds: '> 1ms'", True),
        ("seconds: '<= 0.005'", False),
        ("tasks: '>= 4*workers'", True),
        ("tasks: 8*cpus", True),
        ("tasks: null", False),
        ("size: 1KiB", False),
        ("workload: sleep, workers: '> cpus'", True),
        ("workload: sleep, workers: '< cpus'", False),
    ],
)
def test_which_cases_a_rule_leaves_out(grid, rule, matches):
    made = grid(f"{GRID}    exclude: [{{{rule}, reason: why}}]\n")
    (exclude,) = made.exclude
    assert exclude.reason == "why"
    assert exclude.matches(Candidate(), cpus=2) is matches


def test_null_is_a_value_that_is_not_set(grid):
    (exclude,) = grid(f"{GRID}    exclude: [{{steps: null}}]\n").exclude
    assert exclude.matches(Candidate("int_loop", {"steps": None, "tasks": 4}), cpus=2)
    assert not exclude.matches(Candidate("int_loop", {"steps": 5, "tasks": 4}), cpus=2)
    assert not exclude.matches(Candidate(), cpus=2)


def test_a_version_that_yaml_takes_for_a_number(grid):
    text = GRID.replace("python3.14t", "3.10") + "    exclude: [{interpreter: 3.10}]\n"
    (exclude,) = grid(text).exclude
    assert exclude.matches(Candidate(interpreter="3.10"), cpus=2)
    assert not exclude.matches(Candidate(interpreter="3.1"), cpus=2)


def test_the_combinations_of_a_grid(grid):
    made = grid(GRID)
    cells = list(combinations(made, cpus=2))
    # 5 points of workloads, serial and threads and 2 start methods, 3 numbers of workers, 2 interpreters.
    assert len(cells) == made.size() == 5 * 4 * 3 * 2
    assert {cell.workers for cell in cells} == {1, 2, 4}
    assert {cell.workers for cell in cells if cell.strategy == "serial"} == {1}


EVERYTHING = """\
name: x
grids:
  - workloads: noop
    strategies: [serial, threads]
  - workloads: [noop, sleep]
    strategies: threads
    workers: [4, 2*cpus]
    exclude:
      - {workload: noop}
      - {workers: "> cpus", reason: too many}
"""


def test_an_exclude_that_removes_everything(load):
    expected = (
        "a.yaml:10: this exclude removes everything from its grid together with those before it; "
        "nothing is left to measure"
    )
    with pytest.raises(ConfigError) as caught:
        load(EVERYTHING, cpus=2)
    assert str(caught.value) == expected
    with pytest.raises(ConfigError) as caught:
        check_not_empty(load(EVERYTHING), cpus=2)
    assert str(caught.value) == expected


def test_whether_everything_is_removed_may_depend_on_the_machine(load):
    config = load(EVERYTHING, cpus=4)
    assert config.path == Path("a.yaml")


def test_one_exclude_that_removes_everything_is_told_as_such(load):
    text = EVERYTHING.replace("{workload: noop}", '{workload: "*"}')
    with pytest.raises(ConfigError, match=r"a\.yaml:9: this exclude removes everything from its grid; nothing is left"):
        load(text, cpus=8)
