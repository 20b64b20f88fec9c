from pathlib import Path

import pytest

from pipeline.config import Config, ConfigError, load_config

BASE = """\
name: base
description: of the base
measure: {iterations: 7, timeout: 9s}
grids:
  - workloads: [{use: "jobs.py:resize", items: "jobs.py:images"}]
    strategies: serial
"""


@pytest.fixture
def base(folder):
    (folder / "base").mkdir()
    (folder / "base" / "base.yaml").write_text(BASE)
    (folder / "jobs.py").rename(folder / "base" / "jobs.py")
    return folder


def lines(path):
    with pytest.raises(ConfigError) as caught:
        load_config(Path(path))
    return str(caught.value).splitlines()


def test_keys_override_and_mappings_are_completed(base):
    Path("a.yaml").write_text("extends: base/base.yaml\nname: a\nmeasure: {timeout: 2s}\n")
    config = load_config(Path("a.yaml"))
    assert (config.name, config.description) == ("a", "of the base")
    assert (config.measure.iterations, config.measure.timeout_s) == (7, 2.0)
    assert config.grids[0].measure.timeout_s == 2.0
    assert config.path == Path("a.yaml")
    assert str(config.grids[0].place) == "base/base.yaml:5"


def test_grids_are_replaced(base):
    Path("a.yaml").write_text("extends: base/base.yaml\ngrids: {workloads: noop, strategies: threads}\n")
    config = load_config(Path("a.yaml"))
    assert [choice.use for grid in config.grids for choice in grid.workloads] == ["noop"]


def test_functions_are_relative_to_the_file_that_names_them(base):
    Path("a.yaml").write_text("extends: base/base.yaml\n")
    config = load_config(Path("a.yaml"))
    assert config.grids[0].workloads[0].user.function_file == base / "base" / "jobs.py"
    again = Config.from_resolved(config.resolved())
    assert again.grids[0].workloads[0].user == config.grids[0].workloads[0].user


def test_mistakes_name_the_file_that_they_are_in(base):
    text = BASE.replace("iterations: 7", "iterations: 0").replace("resize", "resise")
    (base / "base" / "base.yaml").write_text(text)
    Path("a.yaml").write_text("extends: base/base.yaml\nnmae: a\n")
    found = lines("a.yaml")
    assert [line.split(": ")[0] for line in found] == ["a.yaml:2", "base/base.yaml:3", "base/base.yaml:5"]


def test_yaml_mistakes_of_both_files_at_once(base):
    (base / "base" / "base.yaml").write_text("name: [\n")
    Path("a.yaml").write_text("extends: base/base.yaml\nnmae: a\ngrids: []\n")
    assert {line.split(": ")[0] for line in lines("a.yaml")} == {"a.yaml:1", "a.yaml:2", "a.yaml:3", "base/base.yaml:2"}


def test_a_missing_base_is_told_at_the_line_that_names_it(base):
    Path("a.yaml").write_text("name: a\nextends: base/bse.yaml\n")
    assert 'a.yaml:2: base/bse.yaml doesn\'t exist; did you mean "base.yaml"?' in lines("a.yaml")


@pytest.mark.parametrize("other", ["a.yaml", "./a.yaml", "b.yaml"])
def test_a_circle(folder, other):
    Path("a.yaml").write_text(f"name: a\nextends: {other}\n")
    Path("b.yaml").write_text("extends: a.yaml\n")
    assert any('"extends" leads back to a.yaml, which extends this file' in line for line in lines("a.yaml"))


def test_a_circle_through_a_link(folder):
    Path("a.yaml").write_text("name: a\nextends: link.yaml\n")
    Path("link.yaml").symlink_to("a.yaml")
    assert any('"extends" leads back to' in line for line in lines("a.yaml"))


def test_a_chain_has_an_end(folder):
    for number in range(20):
        Path(f"{number}.yaml").write_text(f"extends: {number + 1}.yaml\n")
    assert '7.yaml:1: "extends" goes through more than 8 files' in lines("0.yaml")
