"""Interpreters within one process, a thread and a GIL each."""

from __future__ import annotations

import os
import pickle
import sys

from experiments.strategies.base import NotPicklable, Strategy, describe_worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future
    from typing import Any

MOST_CHARACTERS = 300
"""Of a message that may contain a whole item."""


class Subinterpreters(Strategy):
    """`concurrent.futures.InterpreterPoolExecutor`: threads with an interpreter and a GIL of their own.

    The workers share the process but no objects: most data are pickled on their way, as with `processes`, without a
    pipe between. Good for computing in pure Python on several CPUs with less memory and a faster start than processes
    have. Traps: needs Python 3.14; most extension modules, numpy among them, can't be imported; functions must live in
    a module that each interpreter can import, and globals are its own; a worker can't be killed, and one that crashes
    takes the whole process with it.
    """

    name = "subinterpreters"
    bypasses_gil = True
    own_interpreters = True
    pickles = "pickle"
    dispatch_s = 1e-4

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:  # noqa: ARG003
        """The pool came with Python 3.14."""
        if interpreter.get("interpreter_pool"):
            return None
        said = f"{interpreter.get('implementation', 'this')} {interpreter.get('version', '')}".rstrip()
        return f"a pool of subinterpreters needs CPython 3.14 or later; this is {said}"

    def predicted_startup_s(self) -> float:
        """Creating an interpreter holds up the others, so that the times add up."""
        return 0.025 * self.workers

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Each worker imports the function and waits until all have: none can take the task of another."""
        import concurrent.futures

        # A new interpreter has the path of a fresh process: what was added to ours since is needed there, too.
        initializer = exec, (f"import sys; sys.path[:] = {sys.path!r}",)
        pool_class: Any = concurrent.futures.InterpreterPoolExecutor  # type: ignore[attr-defined, unused-ignore]
        self._pool = pool_class(self.workers, initializer=initializer[0], initargs=initializer[1])
        meeting = _Meeting()
        try:
            given = pickle.dumps(function), meeting.arrivals[1], meeting.departures[0]
            futures = [self._pool.submit(_meet, given) for _ in range(self.workers)]
            meeting.hold(futures)
            concurrent.futures.wait(futures)
        finally:
            meeting.close()
        return _results(futures)

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One submission per item."""
        submit = self._pool.submit
        return _results([submit(function, item) for item in items])

    def stop(self) -> None:
        """Joins every thread; each closes its interpreter."""
        self._pool.shutdown()


class _Meeting:
    """Two pipes, since interpreters share no barrier: into one each worker writes, from the other it waits to read."""

    def __init__(self) -> None:
        self.arrivals = os.pipe()
        self.departures = os.pipe()

    def hold(self, futures: list[Future[Any]]) -> None:
        """Returns once every worker has arrived, or failed on its way, and lets all of them go."""
        for future in futures:
            future.add_done_callback(self._note_failure)
        for _ in futures:
            os.read(self.arrivals[0], 1)
        os.write(self.departures[1], b"." * len(futures))

    def close(self) -> None:
        """Closes both."""
        for descriptor in (*self.arrivals, *self.departures):
            os.close(descriptor)

    def _note_failure(self, future: Future[Any]) -> None:
        if future.exception() is not None:
            os.write(self.arrivals[1], b".")


def _meet(given: tuple[bytes, int, int]) -> dict[str, Any]:
    """The first task of each worker, inside its interpreter."""
    function, arrivals, departures = given
    pickle.loads(function)  # noqa: S301 - from our own parent
    os.write(arrivals, b".")
    os.read(departures, 1)
    from concurrent.interpreters import get_current  # type: ignore[import-not-found, unused-ignore]

    return {**describe_worker(), "interpreter": get_current().id}


def _results(futures: list[Future[Any]]) -> list[Any]:
    """The results in order; what could not travel between interpreters is told in one line."""
    from concurrent.interpreters import (  # type: ignore[import-not-found, unused-ignore]
        ExecutionFailed,
        NotShareableError,
    )

    try:
        return [future.result() for future in futures]
    except ExecutionFailed as error:
        what = f"a task raised {error.excinfo.type.__name__}: {error.excinfo.msg}"
        raise NotPicklable(f"{what}; the exception can't be pickled") from None
    except NotShareableError as error:
        raise NotPicklable(f"a task's item, result or exception can't be pickled: {_first_cause(error)}") from None


def _first_cause(error: BaseException) -> str:
    """The last line about what was first in a chain of exceptions."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().rpartition("\n")[2][-MOST_CHARACTERS:]
