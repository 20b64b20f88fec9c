"""Whatever a file holds, it is a configuration or a list of mistakes, never a crash."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import ConfigError, load_config
from tests.config.test_load import EXAMPLE

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def load_or_tell(content):
    Path("a.yaml").write_bytes(content)
    try:
        load_config(Path("a.yaml"), cpus=2)
    except ConfigError as error:
        assert error.mistakes
        assert all(str(mistake.place).startswith("a.yaml:") for mistake in error.mistakes)
        lines = content.count(b"\n") + content.count(b"\r") + 1
        assert all(1 <= mistake.place.line <= lines + 1 for mistake in error.mistakes)


@quick
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes(folder, content):
    load_or_tell(content)


@quick
@given(
    start=st.integers(0, len(EXAMPLE)),
    length=st.integers(0, 12),
    new=st.text("[]{}:,-#&*!|>'\"%@ \n\tax1.~?", max_size=6),
)
def test_a_good_configuration_with_a_slip_of_the_fingers(folder, start, length, new):
    load_or_tell((EXAMPLE[:start] + new + EXAMPLE[start + length :]).encode())


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(
    ["noop", "sleep", "serial", "processes", "10ms", "64KiB", "cpus", "> cpus", "jobs.py:resize", "3%", "", "*"]
)  # fmt: skip
keys = st.sampled_from(
    [
        *["name", "description", "measure", "grids", "extends", "workloads", "strategies", "workers", "interpreters"],
        *[
            "exclude",
            "use",
            "tasks",
            "seconds",
            "items",
            "blocks",
            "min",
            "iterations",
            "precision",
            "workload",
            "reason",
        ],
    ]
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))


@quick
@given(data=st.dictionaries(keys, values, max_size=5))
def test_known_keys_with_any_values(folder, data):
    data.setdefault("grids", [data])
    load_or_tell(yaml.safe_dump(data).encode())


@quick
@given(value=values)
@pytest.mark.parametrize("key", ["workloads", "strategies", "workers", "interpreters", "exclude", "measure"])
def test_any_value_for_a_key_of_a_grid(folder, key, value):
    grid = {"workloads": "noop", "strategies": "serial", key: value}
    load_or_tell(yaml.safe_dump({"name": "x", "grids": [grid]}).encode())


def test_the_package_is_cheap_to_import():
    code = "import sys, pipeline.config; print({'yaml', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    code = "import sys, pipeline.config.units; print({'yaml', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
