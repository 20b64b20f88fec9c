"""What `docs/configuration.md` shows is what happens."""

import re
from pathlib import Path

import pytest
import yaml

from pipeline.config import ConfigError, load_config
from pipeline.config.combinations import combinations

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "configuration.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
SHOWN = [BLOCKS[index - 1 : index + 1] for index, (kind, _) in enumerate(BLOCKS) if kind == "text"]
WRONG = [wrong for (_, wrong), _ in SHOWN]
RIGHT = [text for kind, text in BLOCKS if kind == "yaml" and text not in WRONG]


@pytest.fixture
def documented(folder):
    """The folder that the page speaks of."""
    (folder / "jobs.py").write_text(next(text for kind, text in BLOCKS if kind == "python"))
    (folder / "quick.yaml").write_text((ROOT / "configs" / "quick.yaml").read_text())
    return folder / "mine.yaml"


@pytest.mark.parametrize("text", RIGHT, ids=lambda text: re.search(r"name: (\S+)", text)[1])
def test_examples(documented, text):
    documented.write_text(text)
    assert load_config(Path("mine.yaml"), cpus=4).grids


@pytest.mark.parametrize(("wrong", "output"), [(wrong, output) for (_, wrong), (_, output) in SHOWN])
def test_mistakes(documented, wrong, output):
    documented.write_text(wrong)
    with pytest.raises(ConfigError) as caught:
        load_config(Path("mine.yaml"))
    assert str(caught.value) + "\n" == output


def test_the_number_of_cases_that_the_page_counts(documented):
    text = next(text for text in RIGHT if "name: axes" in text)
    documented.write_text(text)
    (grid,) = load_config(Path("mine.yaml")).grids
    assert len(list(combinations(grid, cpus=4))) == grid.size() == 56
    assert "56 cases" in TEXT


def test_every_key_has_a_row():
    schema = yaml.safe_load((ROOT / "configs" / "schema.json").read_text())
    rows = set(re.findall(r"^\| `(\w+)`", TEXT, re.MULTILINE))
    sections = [schema, schema["$defs"]["Grid"], schema["$defs"]["RunMeasure"], schema["$defs"]["ClaimMargins"]]
    assert {key for section in sections for key in section["properties"]} <= rows
