"""The direction of imports, as the picture of the house has it."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = ["config", "plan", "run", "store", "analysis"]
LEAVES = {"machine", "statistics", "errors"}
TOP = {"cli", "commands", "__main__"}
"""Modules that put the packages together; nobody imports them but each other."""
PLAIN_DATA = ("experiments.catalogue", "experiments.parameters", "experiments.strategies", "experiments.workloads")
"""What others may look at in the measured code; the probe is reached only by starting it as a process."""


def modules(package):
    return sorted((ROOT / package).rglob("*.py"))


def imported(path):
    """Every absolute module name that a file imports, at any level; type-checking blocks included."""
    return imported_in(ast.parse(path.read_text()))


def imported_in(tree):
    """The same for a parsed module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import of {node.module}"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def without_functions(tree):
    """The tree with the body of every function emptied: what is left runs when the module is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [ast.Pass()]
    return tree


@pytest.mark.parametrize("path", modules("experiments"), ids=str)
def test_experiments_import_other_libraries_only_inside_the_functions_that_need_them(path):
    names = {name.split(".")[0] for name in imported_in(without_functions(ast.parse(path.read_text())))}
    assert names <= sys.stdlib_module_names | {"experiments"}


@pytest.mark.parametrize("path", modules("pipeline"), ids=str)
def test_data_flows_one_way(path):
    package = path.relative_to(ROOT / "pipeline").parts[0].removesuffix(".py")
    if package in TOP or package == "__init__":
        return
    allowed = {package, "errors"} if package in LEAVES else {*ORDER[: ORDER.index(package) + 1], *LEAVES}
    used = {name.split(".")[1] for name in imported(path) if name.startswith("pipeline.") and name.count(".") >= 1}
    assert used <= allowed, f"{package} may not import {used - allowed}"
    assert not any(name.split(".")[0] == "reports" for name in imported(path))
    assert_plain_data(path)


@pytest.mark.parametrize("path", modules("reports"), ids=str)
def test_reports_measure_nothing(path):
    used = {name.split(".")[1] for name in imported(path) if name.startswith("pipeline.")}
    assert used <= {"store", "analysis", "statistics", "errors", "config"}
    assert_plain_data(path)


def assert_plain_data(path):
    measured = {name for name in imported(path) if name.startswith("experiments.")}
    assert all(name.startswith(PLAIN_DATA) for name in measured), measured


def test_the_spawner_needs_the_standard_library_only():
    todo, seen = {"pipeline.run.spawner.main"}, set()
    while todo:
        name = todo.pop()
        seen.add(name)
        path = ROOT / (name.replace(".", "/") + ".py")
        path = path if path.exists() else ROOT / name.replace(".", "/") / "__init__.py"
        if not path.exists():
            continue  # a name imported from a module, not a module
        for other in imported(path):
            top = other.split(".")[0]
            # psutil reads memory where there is no /proc; the import is guarded.
            assert top in {"pipeline", "psutil"} or top in sys.stdlib_module_names, f"{name} imports {other}"
            if top == "pipeline" and other not in seen:
                todo.add(other)
    assert "pipeline.machine.processes" in seen
    assert "pipeline.config" not in seen


def test_only_the_command_line_prints_and_exits():
    for path in [*modules("pipeline"), *modules("reports"), *modules("experiments")]:
        if path == ROOT / "pipeline" / "cli.py":
            continue
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {ast.unparse(call) for call in calls}
        assert not names & {"print", "sys.exit", "exit", "quit"}, path
