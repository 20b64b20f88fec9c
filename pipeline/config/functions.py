"""The user's own functions, checked without running anything of theirs."""

from __future__ import annotations

import ast
import keyword
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.source import read_bytes
from pipeline.errors import did_you_mean

_OUR_PACKAGES = ("experiments", "pipeline", "reports")
_SHAPE = 'must be written as "file.py:name"'


@dataclass(frozen=True)
class UserFunction:
    """A function of the user's and its task list, as files and the names in them."""

    function_file: Path
    function: str
    items_file: Path
    items: str
    setup_file: Path | None = None
    setup: str | None = None
    """A function without arguments that is called before every pass; None for none."""


def read_target(text: str, folder: Path) -> tuple[Path, str]:
    """The absolute path of the file and the name in it that `file.py:name` stands for.

    Args:
        text: What the configuration says.
        folder: What a relative path is relative to: the folder of the configuration file.

    Raises:
        ValueError: The text has another shape, or no Python could import a module of that name.
    """
    file_text, _, name = text.rpartition(":")
    if not file_text.endswith(".py") or not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(f'{_SHAPE}, not "{text[:60]}"')
    file = Path(os.path.abspath(folder / file_text))  # noqa: PTH100 - a link's name counts, not its target's
    module = file.stem
    if not module.isidentifier() or keyword.iskeyword(module):
        raise ValueError(f'names the file "{file.name}", but "{module}" can\'t be a module\'s name; rename it')
    if module in sys.stdlib_module_names or module in _OUR_PACKAGES:
        owner = "whichpool" if module in _OUR_PACKAGES else "the standard library"
        raise ValueError(f'names the file "{file.name}", but {owner} has a module "{module}"; rename it')
    return file, name


def check_target(file: Path, name: str) -> None:
    """Checks that the file is Python and binds the name at its top level; nothing of it is executed.

    Raises:
        ValueError: The file is missing, isn't Python of this interpreter, or doesn't bind the name.
    """
    try:
        content = read_bytes(file)
    except ValueError as error:
        raise ValueError(f'names "{file}", which {error}') from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's opinion of the user's file isn't a mistake in it.
            tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ValueError(f'names "{file}", which is not Python{line}: {reason}') from None
    bound = set(_bound_names(tree.body))
    first = name.partition(".")[0]
    if first not in bound and "*" not in bound:
        public = sorted(other for other in bound if not other.startswith("_"))
        known = f"; it defines {', '.join(public[:10])}" if public else ""
        raise ValueError(f'names "{first}", which "{file.name}" doesn\'t define{known}{did_you_mean(first, bound)}')


def _bound_names(statements: Iterable[ast.stmt]) -> Iterator[str]:
    """Names that the statements bind in their own scope, those in branches and loops included."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
            continue
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                yield alias.asname or alias.name.partition(".")[0]
            continue
        for node in ast.iter_child_nodes(statement):
            if isinstance(node, ast.expr):
                yield from _assigned(node)
            elif isinstance(node, ast.withitem) and node.optional_vars is not None:
                yield from _assigned(node.optional_vars)
            elif isinstance(node, ast.ExceptHandler | ast.match_case):
                yield from _bound_names(node.body)
        inner = [node for node in ast.iter_child_nodes(statement) if isinstance(node, ast.stmt)]
        yield from _bound_names(inner)


def _assigned(expression: ast.expr) -> Iterator[str]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
