"""The user's own function as a workload."""

from __future__ import annotations

import functools
import importlib
import itertools
import os
import sys
import time

from experiments.parameters import text
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any


MOST_ITEMS = 10_000_000
"""A generator that never ends would otherwise take all memory."""


class NotThere(Exception):
    """A name that the file seems to define, but an import of it doesn't."""


def load(target: str) -> Any:
    """The object that `/path/to/module.py:name` stands for, imported under the module's own name.

    The module's folder joins `sys.path` behind the standard library and in front of installed packages, so that
    workers of every start method, which get a copy of `sys.path`, can import the module by name.
    """
    path, _, name = target.rpartition(":")
    folder, file = os.path.split(path)
    if folder not in sys.path:
        installed = [i for i, entry in enumerate(sys.path) if entry.endswith(("site-packages", "dist-packages"))]
        sys.path.insert(installed[0] if installed else len(sys.path), folder)
    module = importlib.import_module(os.path.splitext(file)[0])
    if not os.path.samefile(module.__file__ or os.devnull, path):
        raise ImportError(f"{path} is hidden by another module of its name, {module.__file__}: rename one of them")
    try:
        return functools.reduce(getattr, name.split("."), module)
    except AttributeError:
        raise NotThere(
            f'{file} has no "{name}" once it is imported: what stands under `if __name__ == "__main__"` '
            "exists only where the file is run as a script"
        ) from None


def run_to_end(coroutine_function: Callable[[Any], Coroutine[Any, Any, Any]], item: Any) -> Any:
    """One call of a coroutine function on an event loop of its own."""
    import asyncio

    return asyncio.run(coroutine_function(item))


class UserFunction(Workload):
    """A function of the user's, called with each item of a list or of what another function of theirs returns."""

    # No `name`: the catalogue lists what can be written by name, and this is written as `file.py:function`.
    needs = Resource.UNKNOWN
    seconds_per_task = 0.02
    may_vary = True

    target: str = text(None, "The function: absolute path of its file, a colon, its name.")
    source: str = text(None, "The task list, written alike: an iterable, or a function without arguments.")
    setup: str = text(None, "Written alike: a function without arguments that is called before every pass.")

    import_s = 0.0
    """Seconds that importing took."""
    source_is_called = False
    """Whether the task list is what a function returned."""

    def open(self) -> None:
        """Imports the function and makes the list of items, the set-up before it."""
        start = time.perf_counter()
        function, source = _function(self.target), load(self.source)
        self._set_up = _function(self.setup) if self.setup else None
        self.import_s = time.perf_counter() - start
        self.before_pass()
        if is_coroutine_function(function):
            self.coroutine = function
            self.function = functools.partial(run_to_end, function)
        else:
            self.function = function
        self.source_is_called = callable(source)
        self._items = list(itertools.islice(source() if callable(source) else source, MOST_ITEMS + 1))
        if not self._items:
            raise ValueError(f"{self.source} gives no items")
        if len(self._items) > MOST_ITEMS:
            raise ValueError(f"{self.source} gives more than {MOST_ITEMS:,} items, or never ends")

    def before_pass(self) -> None:
        """Calls the user's set-up function, if there is one."""
        if self._set_up is not None:
            self._set_up()

    def items(self, count: int | None) -> list[Any]:
        """The user's items; repeated or cut where the configuration asks for a number of tasks."""
        if count is None:
            return self._items
        return [self._items[index % len(self._items)] for index in range(count)]


def _function(target: str) -> Callable[..., Any]:
    function = load(target)
    if not callable(function):
        raise TypeError(f"{target} is a {type(function).__name__}, not a function")
    return function  # type: ignore[no-any-return]


def is_coroutine_function(function: Any) -> bool:
    """`inspect.iscoroutinefunction` without importing `inspect`."""
    coroutine_flag = 0x80
    code = getattr(function, "__code__", None)
    return bool(code is not None and code.co_flags & coroutine_flag)
