"""All there is to say about a workload or a strategy."""

import itertools
import re

import pytest
import yaml
from markdown_it import MarkdownIt

from experiments.catalogue import strategies, workloads
from experiments.parameters import choice, duration, integer, size, text
from experiments.workloads.base import Workload
from pipeline.commands.example import axes, example, written_value
from pipeline.commands.explaining import TASKS_ALLOWED, chosen, page
from pipeline.config import load_config
from pipeline.config.combinations import combinations
from pipeline.config.fields import read_parameter
from pipeline.errors import UserError

CLASSES = {**workloads(), **strategies()}
EVERY = pytest.mark.parametrize("name", CLASSES)


class Invented(Workload):
    """Does what the tests need.

    One task is | nothing.
    """

    name = "invented"
    default_tasks = 12

    wait: float = duration(0.0015, "How long.")
    block: int = size(3000, "How much | how many.")
    odd: int = size(1536, "How odd.")
    level: int = integer(3, "How high.", minimum=2)
    any: int = integer(-3, "Whatever.", minimum=None)
    way: str = choice("a", ("a", "b"), "Which way.")
    state: str = choice("on", ("on", "off"), "Whether.")
    word: str = text("x", "What.")

    @classmethod
    def contradiction(cls, values):
        return "no" if values["way"] == "b" and values["state"] == "off" else None


@EVERY
def test_a_page_has_the_whole_docstring_and_every_parameter(name):
    class_ = CLASSES[name]
    text = page(class_)
    assert text.startswith(f"# {name}\n\n{class_.summary()}\n")
    assert [line for line in class_.__doc__.splitlines() if line.strip() not in text] == []
    for parameter in class_.parameters().values():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{parameter.name}` |"))
        assert row.count(" | ") == 4
        assert parameter.help in row
        assert all(f"`{choice}`" in row for choice in parameter.choices)


@EVERY
def test_a_page_is_plain_markdown(name):
    """A `*` or a `<` in a docstring that was meant as itself would change what follows it."""
    tokens = MarkdownIt("commonmark").enable("table").parse(page(CLASSES[name]))
    kinds = {child.type for token in tokens for child in [token, *(token.children or [])]}
    assert not kinds & {"em_open", "strong_open", "html_inline", "html_block", "blockquote_open", "code_block"}
    assert [token.info for token in tokens if token.type == "fence"] == ["yaml"]
    assert {"table_open", "fence"} <= kinds or not CLASSES[name].parameters()


@EVERY
def test_the_example_is_a_valid_configuration_that_measures_it(name, tmp_path):
    shown = re.search(r"```yaml\n(.*)```", page(CLASSES[name]), re.DOTALL)[1]
    (tmp_path / "example.yaml").write_text(shown)
    (grid,) = load_config(tmp_path / "example.yaml", cpus=2).grids
    assert name in {choice.use for choice in (*grid.workloads, *grid.strategies)}
    assert 1 <= len(list(combinations(grid, cpus=2))) <= 64
    for choice_ in grid.workloads:
        class_ = workloads()[choice_.use]
        for point in itertools.product(*choice_.values.values()):
            assert class_.contradiction(dict(zip(choice_.values, point, strict=True))) is None


def test_what_a_page_says_of_parameters():
    rows = [line for line in page(Invented).splitlines() if line.startswith("| `")]
    assert rows == [
        "| `wait` | time | `1.5ms` | a time such as `10ms` or `1.5s` | How long. |",
        r"| `block` | size | `3000B` | a size such as `64KiB` or `1MB` | How much \| how many. |",
        "| `odd` | size | `1536B` | a size such as `64KiB` or `1MB` | How odd. |",
        "| `level` | whole number | `3` | a whole number from 2 | How high. |",
        "| `any` | whole number | `-3` | any whole number | Whatever. |",
        "| `way` | choice | `a` | `a`, `b` | Which way. |",
        "| `state` | choice | `on` | `on`, `off` | Whether. |",
        "| `word` | text | `x` | any text | What. |",
        f"| `tasks` | whole number | `12` | {TASKS_ALLOWED} | Tasks per iteration. |",
    ]


def test_an_example_has_all_choices_that_go_together():
    found = axes(Invented)
    assert (found["way"], found["state"]) == (["a", "b"], ["on"])
    assert yaml.safe_load(example(Invented))["grids"][0]["workloads"]["state"] == "on"


@EVERY
def test_defaults_are_written_as_they_are_read(name):
    for parameter in CLASSES[name].parameters().values():
        if parameter.default is not None:
            assert read_parameter(parameter, written_value(parameter, parameter.default)) == parameter.default


def test_unknown_names_are_answered_with_the_nearest():
    assert list(chosen("workloads", ["sleep", "noop"])) == ["sleep", "noop"]
    assert list(chosen("strategies", [])) == list(strategies())
    with pytest.raises(
        UserError, match=r'unknown workload "slep"; `whichpool list workloads` .*; did you mean "sleep"\?'
    ):
        chosen("workloads", ["noop", "slep"])
