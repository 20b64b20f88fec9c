"""Interpreters with options and variables, as a configuration writes them."""

import json

import pytest

from pipeline.config import Config
from pipeline.config.combinations import Combination
from pipeline.machine.switches import Switches

AXIS = """\
name: x
grids:
  - workloads: noop
    strategies: threads
    interpreters:
      - current
      - python3.13
      - {use: python3.14t, options: [-X, gil=1]}
      - {use: 3.15, environment: {PYTHON_JIT: "1"}}
      - use: ./my python
        options: [-OO, -Xutf8, -W, "ignore::Some Warning"]
        environment: {PYTHONMALLOC: malloc, PYTHON_GIL: 0}
      - {use: pypy3, options: [--jit, "off"]}
      - {use: python3.12, options: -O}
"""


@pytest.fixture
def axis(load):
    return load(AXIS).grids[0].interpreters


def test_the_label_is_what_one_would_type(axis):
    assert [choice.label for choice in axis] == [
        "current",
        "python3.13",
        "python3.14t -X gil=1",
        "3.15 PYTHON_JIT=1",
        "./my python -OO -Xutf8 -W 'ignore::Some Warning' PYTHONMALLOC=malloc PYTHON_GIL=0",
        "pypy3 --jit off",
        "python3.12 -O",
    ]


def test_the_switches_are_handed_on_as_they_are_written(axis):
    assert axis[0].switches == Switches()
    assert axis[2].switches == Switches(("-X", "gil=1"))
    assert axis[3].switches == Switches((), (("PYTHON_JIT", "1"),))
    assert axis[4].switches.environment == (("PYTHONMALLOC", "malloc"), ("PYTHON_GIL", "0"))


def test_a_mapping_with_a_name_alone_is_that_name(load):
    one = load("name: x\ngrids: {workloads: noop, strategies: serial, interpreters: {use: python3.13}}\n")
    other = load("name: x\ngrids: {workloads: noop, strategies: serial, interpreters: python3.13}\n")
    assert one == other
    assert one.resolved()["grids"][0]["interpreters"] == ["python3.13"]


def test_it_survives_its_file(load):
    config = load(AXIS)
    resolved = config.resolved()
    assert resolved["grids"][0]["interpreters"][:3] == [
        "current",
        "python3.13",
        {"use": "python3.14t", "options": ["-X", "gil=1"], "place": "a.yaml:8"},
    ]
    again = Config.from_resolved(json.loads(json.dumps(resolved)))
    assert again == config
    assert again.resolved() == resolved


def cell(interpreter):
    return Combination("noop", {}, "threads", {}, 2, interpreter)


def test_an_exclude_sees_the_label(load):
    excludes = '    exclude: [{interpreter: "python3.14t -X*"}]\n'
    (rule,) = load(AXIS + excludes).grids[0].exclude
    matched = [choice.label for choice in load(AXIS).grids[0].interpreters if rule.matches(cell(choice.label), cpus=2)]
    assert matched == ["python3.14t -X gil=1"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "{use: python3.13, options: [-c, pass]}",
            '"options" must be a list of options such as [-X, gil=1]; allowed: -X',
        ),
        ("{use: python3.13, options: [-m, venv]}", 'not "-m"'),
        ("{use: python3.13, options: [-i]}", 'not "-i"'),
        ("{use: python3.13, options: [-I]}", 'not "-I"'),
        ("{use: python3.13, options: [-S]}", 'not "-S"'),
        ("{use: python3.13, options: [-B]}", 'not "-B"'),
        ("{use: python3.13, options: [script.py]}", 'not "script.py"'),
        ("{use: python3.13, options: [-]}", 'not "-"'),
        ("{use: python3.13, options: [-X]}", 'not "-X" alone'),
        ("{use: python3.13, options: [-X, -c]}", 'not "-X" with "-c"'),
        ('{use: python3.13, options: ["-X gil=1"]}', 'not "-X gil=1"'),
        ("{use: python3.13, options: [-X, 1]}", 'not "-X" with 1'),
        ("{use: python3.13, options: [-O, [-O]]}", "not a list"),
        ("{use: python3.13, environment: {PATH: /bin}}", 'variables of Python such as PYTHON_JIT only, not "PATH"'),
        ("{use: python3.13, environment: {PYTHONPATH: /tmp}}", '"PYTHONPATH" can\'t be given: whichpool decides'),
        ("{use: python3.13, environment: {PYTHON_JIT: true}}", '"PYTHON_JIT" must be text, not true; put it in quotes'),
        ("{use: python3.13, environment: [a]}", '"environment" must be a mapping such as {PYTHON_JIT: "1"}'),
        ("{use: python3.13, option: -O}", 'unknown key "option"; allowed: use, options, environment; did you mean'),
        ("{options: -O}", '"use" is missing'),
        ("{use: [a]}", '"use" must be current, the name of a Python or its path, not a list'),
        ("python3.13 -X gil=1", '"interpreters" must be written as {use: python3.13, options: [-X, gil=1]}'),
    ],
)
def test_what_could_not_be_measured_is_a_mistake_at_its_line(mistakes, written, expected):
    text = f"name: x\ngrids:\n  - workloads: noop\n    strategies: serial\n    interpreters:\n      - {written}\n"
    (line,) = mistakes(text)
    assert line.startswith("a.yaml:6: ")
    assert expected in line


def test_every_variable_that_is_wrong_is_told_at_its_own_line(mistakes):
    text = """\
name: x
grids:
  - workloads: noop
    strategies: serial
    interpreters:
      - use: python3.13
        environment:
          PATH: x
          PYTHON_JIT: "1"
          PYTHONHOME: x
"""
    assert [line.partition(" ")[0] for line in mistakes(text)] == ["a.yaml:8:", "a.yaml:10:"]


def test_a_path_may_look_like_a_name_with_options(load):
    text = "name: x\ngrids: {workloads: noop, strategies: serial, interpreters: /opt/my -python/bin/python}\n"
    assert load(text).grids[0].interpreters[0].label == "/opt/my -python/bin/python"


def test_the_schema_agrees(load):
    import jsonschema
    import yaml

    from pipeline.config.schema import schema

    judge = jsonschema.Draft202012Validator(schema())
    judge.validate(yaml.safe_load(AXIS))
    for wrong in ({"options": ["-O"]}, {"use": "x", "environment": {"PATH": "/bin"}}, {"use": "x", "option": "-O"}, []):
        axis = {"workloads": "noop", "strategies": "serial", "interpreters": [wrong]}
        assert not judge.is_valid({"name": "x", "grids": [axis]}), wrong
