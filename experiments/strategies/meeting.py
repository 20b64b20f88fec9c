"""How the workers of a process pool prove that all of them are there: each waits at one barrier."""

from __future__ import annotations

import pickle
import sys
import threading

from experiments.strategies.base import describe_worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.synchronize import Barrier
    from typing import Any

_barrier: Barrier | None = None


class NotPreloaded(Exception):
    """A module that the fork server was to import beforehand isn't there in a new worker."""


def remember(barrier: Barrier) -> None:
    """Pool initializer: a barrier cannot travel as the argument of a task."""
    global _barrier
    _barrier = barrier


def invitation(function: Callable[[Any], Any], preloaded: Sequence[str] = ()) -> tuple[bytes, tuple[str, ...]]:
    """What `meet` is called with: the pickled function, and the modules that must be there before it is read."""
    return pickle.dumps(function), tuple(preloaded)


def meet(given: tuple[bytes, tuple[str, ...]]) -> dict[str, Any]:
    """The first task of each worker: imports the function, waits for the others, then says who it is.

    Empty for a worker that waited in vain because another one failed, whose exception is the one to be told.
    """
    assert _barrier is not None
    function, preloaded = given
    try:
        check_preloaded(preloaded)
        pickle.loads(function)  # noqa: S301 - from our own parent
    except BaseException:
        _barrier.abort()
        raise
    try:
        _barrier.wait()
    except threading.BrokenBarrierError:
        return {}
    return describe_worker()


def check_preloaded(modules: Sequence[str]) -> None:
    """Raises `NotPreloaded` if one of the modules has not been imported: the fork server passes over such errors."""
    missing = [module for module in modules if module not in sys.modules]
    if missing:
        raise NotPreloaded(
            f"the fork server did not import {', '.join(missing)} beforehand: "
            "the import fails there, or the server was running already"
        )
