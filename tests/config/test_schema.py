from pathlib import Path

import jsonschema
import pytest
import yaml

from experiments import catalogue
from pipeline.config.choices import KEYS_OF_THE_CONFIGURATION
from pipeline.config.models import Config, Grid, RunMeasure
from pipeline.config.schema import main, schema, schema_text
from tests.config.test_load import EXAMPLE

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="module")
def made():
    return schema()


@pytest.fixture(scope="module")
def judge(made):
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def test_the_file_is_current():
    assert (CONFIGS / "schema.json").read_text() == schema_text(), "run `make schema`"


def test_the_command_writes_it(tmp_path):
    main([str(tmp_path / "schema.json")])
    assert (tmp_path / "schema.json").read_text() == schema_text()


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_the_given_configurations_are_valid(judge, path):
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    judge.validate(yaml.safe_load(text))


def test_the_example_is_valid(judge):
    judge.validate(yaml.safe_load(EXAMPLE))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("name"),
        lambda data: data.update(nmae="x"),
        lambda data: data["measure"].update(iterations=-1),
        lambda data: data["measure"].update(budget="5 minutes"),
        lambda data: data["measure"].update(blocks={"mim": 3}),
        lambda data: data["grids"][0]["workloads"].append("slep"),
        lambda data: data["grids"][0]["workloads"].append({"use": "slep", "items": "jobs.py:images"}),
        lambda data: data["grids"][0]["workloads"].append({"use": "sleep", "second": 3}),
        lambda data: data["grids"][0]["workloads"].append({"use": "jobs.py:resize"}),
        lambda data: data["grids"][0].update(workers=[0]),
        lambda data: data["grids"][0].update(workers="2*cpu"),
        lambda data: data["grids"][0].update(interpreters=[]),
        lambda data: data["grids"][0]["exclude"].append({"strateg": "serial"}),
    ],
)
def test_mistakes_that_an_editor_underlines(judge, change):
    data = yaml.safe_load(EXAMPLE)
    change(data)
    assert not judge.is_valid(data)


def test_a_configuration_that_extends_another_may_leave_everything_to_it(judge):
    judge.validate({"extends": "quick.yaml"})


def test_every_key_is_described(made):
    def undescribed(node, path):
        if isinstance(node, dict):
            for key, value in node.get("properties", {}).items():
                if not value.get("description"):
                    yield f"{path}.{key}"
            for key, value in node.items():
                yield from undescribed(value, f"{path}.{key}")
        elif isinstance(node, list):
            for index, value in enumerate(node):
                yield from undescribed(value, f"{path}[{index}]")

    assert list(undescribed(made, "")) == []
    assert set(made["properties"]) == set(Config.keys())
    assert set(made["$defs"]["Grid"]["properties"]) == set(Grid.keys())
    assert set(made["$defs"]["RunMeasure"]["properties"]) == set(RunMeasure.keys())


def test_every_workload_and_strategy_is_offered_with_its_parameters(made):
    for found, definition in (
        (catalogue.workloads(), made["$defs"]["WorkloadChoice"]),
        (catalogue.strategies(), made["$defs"]["StrategyChoice"]),
    ):
        names, *mappings = definition["anyOf"]
        assert names["enum"] == list(found)
        offered = {mapping["properties"]["use"].get("const"): mapping["properties"] for mapping in mappings}
        for name, class_ in found.items():
            assert set(offered[name]) == {"use", *class_.parameters()}


def test_no_parameter_is_called_like_a_key_of_the_configuration():
    owners = {**catalogue.workloads(), **catalogue.strategies()}.values()
    names = {name for owner in owners for name in owner.parameters()}
    assert not names & set(KEYS_OF_THE_CONFIGURATION)
