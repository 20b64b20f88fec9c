"""How the outcome of a task, its result or its exception, travels from a process of its own to the parent."""

from __future__ import annotations

from multiprocessing.reduction import ForkingPickler

from experiments.strategies.base import NotPicklable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class RemoteTraceback(Exception):
    """Cause of an exception that came from another process: its traceback there, as text."""

    def __str__(self) -> str:
        return str(self.args[0])


def outcome_of(function: Callable[[Any], Any], item: Any) -> Any:
    """Runs the task and returns the message about it: bytes that `opened` understands."""
    try:
        result = function(item)
    except BaseException as error:  # noqa: BLE001 - the parent gets it
        return _about(error)
    try:
        return ForkingPickler.dumps((True, result, ""))
    except Exception as error:  # noqa: BLE001 - pickling runs code of the result's class
        return _about(NotPicklable(f"a task returned a {_kind(result)}, which can't be pickled: {error}"))


def opened(message: bytes) -> tuple[bool, Any]:
    """Whether the task succeeded, and its result or else its exception with the remote traceback as its cause."""
    try:
        succeeded, value, trace = ForkingPickler.loads(message)
    except Exception as error:  # noqa: BLE001 - unpickling runs code of the result's class
        return False, NotPicklable(f"what a task returned can't be unpickled here: {type(error).__name__}: {error}")
    if trace:
        value.__cause__ = RemoteTraceback(trace)
    return succeeded, value


def _about(error: BaseException) -> Any:
    import traceback

    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    try:
        message = ForkingPickler.dumps((False, error, trace))
        # Many exceptions can be pickled but not unpickled: those whose `__init__` wants other arguments.
        ForkingPickler.loads(message)
    except Exception as obstacle:  # noqa: BLE001 - pickling runs code of the exception's class
        why = f"{type(obstacle).__name__}: {obstacle}"
        what = f"a task raised {_kind(error)}: {error}"
        return ForkingPickler.dumps((False, NotPicklable(f"{what}; the exception can't be pickled: {why}"), trace))
    return message


def _kind(value: object) -> str:
    return type(value).__name__
