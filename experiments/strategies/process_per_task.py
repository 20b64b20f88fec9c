"""A process for each task."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import wait

from experiments.strategies.base import WorkerDied
from experiments.strategies.envelope import opened, outcome_of
from experiments.strategies.meeting import invitation, meet, remember
from experiments.strategies.process_base import PATIENCE_S, ProcessStrategy, exit_in_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext
    from typing import Any

WATCH_INTERVAL_S = 0.25


class ProcessPerTask(ProcessStrategy):
    """`multiprocessing.Process`: a new process for each task, at most `workers` alive at once.

    Each process gets its item at birth, sends its result through a pipe of its own and ends; it is waited for before
    the next one is started, so that there are never more than `workers` of them. No worker stands ready between tasks:
    `startup` shows that as many processes as workers can be there at once, function imported, and lets them end. Good
    for few long tasks that must be isolated from each other, or killed. Traps: every task pays for a new process, and
    imports everything anew unless it is forked; results must be picklable, items too unless forked.
    """

    name = "process_per_task"

    def __init__(self, workers: int = 1, **values: Any) -> None:
        super().__init__(workers, **values)
        self.dispatch_s = {"fork": 0.002, "forkserver": 0.006}.get(self.start_method, 0.03)

    def standing_processes(self, workers: list[dict[str, Any]]) -> list[int] | None:
        """None stands between tasks; under forkserver they are children of another, whose CPU time isn't told."""
        del workers
        return None if self.start_method == "forkserver" else []

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """As many processes as workers meet at a barrier, then end."""
        self._context = multiprocessing.get_context(self.start_method)
        barrier = self._context.Barrier(self.workers)
        # What is forked has the function already, importable or not.
        given = invitation(len if self.start_method == "fork" else function)
        return self.run(_attend, [(barrier, given)] * self.workers)

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One process per item; raises the exception of the first task in order that had one.

        After an exception no further process is started, those that run are waited for; after a death they are killed.
        """
        alive: dict[Connection, _Process] = {}
        results: dict[int, Any] = {}
        errors: dict[int, BaseException] = {}
        try:
            for index, item in enumerate(items):
                if len(alive) == self.workers:
                    _collect(alive, results, errors)
                if errors:
                    break
                started = _Process(self._context, index, function, item)
                alive[started.reader] = started
            while alive:
                _collect(alive, results, errors)
        finally:
            for process in alive.values():
                process.end()
        if errors:
            raise errors[min(errors)]
        return [results[index] for index in range(len(items))]

    def stop(self) -> None:
        """Nothing to stop: every process has been waited for."""


class _Process:
    """A process at one task, and the pipe through which its outcome comes."""

    def __init__(self, context: BaseContext, index: int, function: Callable[[Any], Any], item: Any) -> None:
        self.index = index
        self.reader, writer = context.Pipe(duplex=False)
        self._process = context.Process(target=_work, args=(function, item, writer))  # type: ignore[attr-defined]
        try:
            self._process.start()
        except BaseException:
            self.reader.close()
            raise
        finally:
            # Then the worker alone holds it, and its death is the end of the pipe.
            writer.close()

    def has_ended(self) -> bool:
        """Whether it is dead, whoever may still hold its pipe."""
        return self._process.exitcode is not None

    def outcome(self) -> tuple[bool, Any]:
        """Whether the task succeeded, and its result or exception. Waits for the end of the process."""
        try:
            message = self.reader.recv_bytes() if self.reader.poll() else b""
        except EOFError:
            message = b""
        if not message:
            self._process.join(PATIENCE_S)
            code = self._process.exitcode
            how = "closed the pipe of its result" if code is None else exit_in_words(code)
            raise WorkerDied(f"a worker process {how} before its task had a result")
        self._process.join()
        self.end()
        return opened(message)

    def end(self) -> None:
        """Kills it if it is alive, and leaves nothing of it."""
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self._process.close()
        self.reader.close()


def _collect(alive: dict[Connection, _Process], results: dict[int, Any], errors: dict[int, BaseException]) -> None:
    """Waits until at least one process is through, and takes its outcome."""
    ready: list[Any] = []
    while not ready:
        ready = list(wait(list(alive), WATCH_INTERVAL_S))
        # A descendant of a dead worker may hold its pipe open for ever: only its exit code tells then.
        ready = ready or [reader for reader, process in alive.items() if process.has_ended()]
    for reader in ready:
        process = alive[reader]
        succeeded, value = process.outcome()
        del alive[reader]
        (results if succeeded else errors)[process.index] = value


def _work(function: Callable[[Any], Any], item: Any, writer: Connection) -> None:
    """The whole life of a worker."""
    writer.send_bytes(outcome_of(function, item))


def _attend(given: tuple[Any, tuple[bytes, tuple[str, ...]]]) -> dict[str, Any]:
    barrier, invited = given
    remember(barrier)
    return meet(invited)
