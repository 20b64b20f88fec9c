"""Commands import what they need and nothing heavy besides: `--help` is instant, a plan doesn't wait for pandas."""

import re

import pytest

from tests.acceptance.command_line import write

HEAVY = {"matplotlib", "nbconvert", "nbformat", "numpy", "pandas", "papermill", "pyarrow", "scipy", "seaborn", "typst"}
SLOW = HEAVY | {"psutil", "pydantic", "rich", "yaml"}


def imported(whichpool, *arguments):
    """The top-level packages that a command imports."""
    done = whichpool(*arguments, environment={"PYTHONPROFILEIMPORTTIME": "1"})
    names = re.findall(r"^import time:\s+\d+ \|\s+\d+ \| +([\w.]+)$", done.stderr, re.MULTILINE)
    assert "pipeline.cli" in names
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("--version",)])
def test_help_imports_nothing_but_the_standard_library(whichpool, arguments):
    assert imported(whichpool, *arguments) & SLOW == set()


def test_a_plan_imports_no_tables_and_no_figures(whichpool, tmp_path):
    write(tmp_path, "name: x\ngrids: {workloads: noop, strategies: threads}\n")
    assert imported(whichpool, "plan", "config.yaml") & HEAVY == set()


def test_lists_import_no_tables_and_no_figures(whichpool):
    assert imported(whichpool, "list", "workloads") & HEAVY == set()
