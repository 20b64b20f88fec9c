"""A thread for each task."""

from __future__ import annotations

import threading
from queue import SimpleQueue

from experiments.strategies.base import Strategy, describe_worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class ThreadPerTask(Strategy):
    """`threading.Thread`: a new thread for each task, at most `workers` alive at once.

    A thread is joined before the next one is started, so that there are never more than `workers` of them. No worker
    stands ready between tasks: `startup` shows that as many threads as workers can be alive at the same time, and lets
    them end. Good for a few long tasks, and to see what the creation of a thread adds to each task; `threads` spares
    that. Traps: the GIL, as with every kind of thread, and that a thread can't be stopped from outside. After the
    first exception of a task no further thread is started; those that run are waited for.
    """

    name = "thread_per_task"
    dispatch_s = 1e-4

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """As many threads as workers meet at a barrier, then end."""
        del function
        return self.run(_meet, [threading.Barrier(self.workers)] * self.workers)

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One thread per item; raises the exception of the first task in order that had one."""
        outcomes: dict[int, Any] = {}
        errors: dict[int, BaseException] = {}
        ended: SimpleQueue[int] = SimpleQueue()

        def work(index: int) -> None:
            try:
                outcomes[index] = function(items[index])
            except BaseException as error:  # noqa: BLE001 - the caller gets it
                errors[index] = error
            ended.put(index)

        alive: dict[int, threading.Thread] = {}
        for index in range(len(items)):
            if len(alive) == self.workers:
                # What is in the queue is about to end; it counts as alive until it has.
                alive.pop(ended.get()).join()
            if errors:
                break
            alive[index] = threading.Thread(target=work, args=(index,))
            alive[index].start()
        for thread in alive.values():
            thread.join()
        if errors:
            raise errors[min(errors)]
        return [outcomes[index] for index in range(len(items))]

    def stop(self) -> None:
        """Nothing to stop: every thread has been joined."""


def _meet(barrier: threading.Barrier) -> dict[str, Any]:
    barrier.wait()
    return describe_worker()
