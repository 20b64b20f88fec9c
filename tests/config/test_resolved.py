import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Config, ConfigError, load_config
from tests.config.test_load import EXAMPLE


def test_a_configuration_survives_its_files(load, folder):
    config = load(EXAMPLE)
    text = json.dumps(config.resolved(), allow_nan=False)
    shutil.rmtree(folder)
    again = Config.from_resolved(json.loads(text))
    assert again == config
    assert json.dumps(again.resolved()) == text
    assert again.path == folder / "a.yaml"
    assert again.grids[0].exclude[1].place.line == 21
    assert again.grids[0].workloads[2].user == config.grids[0].workloads[2].user


def test_only_the_path_is_absolute(load, folder):
    resolved = load(EXAMPLE.replace(", /path/to/python3.14t", "")).resolved()
    assert resolved.pop("path") == str(folder / "a.yaml")
    assert str(folder) not in json.dumps(resolved)


def test_it_says_every_default(load):
    resolved = load("name: x\ngrids: {workloads: sleep, strategies: processes}\n").resolved()
    assert resolved["measure"] == {
        "blocks": {"min": 8, "max": 30},
        "iterations": 3,
        "warmup": 1,
        "precision": 0.03,
        "timeout": 60.0,
        "memory": True,
        "memory_limit": None,
        "budget": 300.0,
        "oracles": True,
        "disturbed": "repeat",
        "until": "precision",
    }
    (grid,) = resolved["grids"]
    assert grid["workloads"] == [{"use": "sleep", "seconds": [0.01], "tasks": [None], "place": "a.yaml:2"}]
    options = {"start_method": ["forkserver"], "chunk_size": [None], "preload": [None]}
    assert grid["strategies"] == [{"use": "processes", **options, "place": "a.yaml:2"}]
    assert grid["workers"] == [1, 2, "cpus"]
    assert grid["interpreters"] == ["current"]


def test_two_configurations_are_equal_if_they_say_the_same(load):
    one = load("name: x\ngrids: {workloads: noop, strategies: serial}\n")
    other = load("name: x\n\ngrids:\n  - workloads: [noop]\n    strategies: [{use: serial}]\n", name="b.yaml")
    third = load("name: x\ngrids: {workloads: sort, strategies: serial}\n", name="c.yaml")
    assert one == other
    assert one != third


def test_the_given_configurations_survive_too():
    for path in Path(__file__).parents[2].glob("configs/*.yaml"):
        config = load_config(path, cpus=2)
        assert Config.from_resolved(json.loads(json.dumps(config.resolved()))) == config


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["path", "name", "measure", "grids", "place"]), json_values))
def test_foreign_data_is_a_mistake_not_a_crash(data):
    with pytest.raises(ConfigError):
        Config.from_resolved(data)
