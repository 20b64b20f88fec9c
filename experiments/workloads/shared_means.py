"""What is made for sharing between processes or interpreters, for trials whose parent looks afterwards."""

from __future__ import annotations

import multiprocessing

from experiments.strategies.base import NotPicklable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.context import BaseContext
    from typing import Any

    from experiments.strategies.base import Strategy

NUMBER_BYTES = 8
PATIENCE_S = 5.0
"""How long the parent waits for the next item of a queue."""


class NothingElse:
    """Workers that share everything need nothing else."""

    passed: dict[str, Any] = {}  # noqa: RUF012 - never changed
    """What the tasks are given besides."""

    def found(self, items: Sequence[Any]) -> dict[str, int]:
        """How many trials the parent sees by each means."""
        del items
        return {}

    def close(self) -> None:
        """Leaves nothing behind."""


class BetweenProcesses(NothingElse):
    """Shared memory and a manager's dictionary, passed to the tasks; a queue and values for processes of their own."""

    def __init__(self, start_method: str, workers: int, items: Sequence[Any]) -> None:
        from experiments.workloads.shared_blocks import SharedBlocks

        context = multiprocessing.get_context(start_method)
        self._inherited = through_inherited(context, workers, items)
        self._blocks = SharedBlocks()
        self._manager = context.Manager()
        self._dictionary = self._manager.dict()
        self._size = NUMBER_BYTES * len(items)
        name = self._blocks.put(0, max(1, self._size), clear)
        self.passed = {"block": name, "dictionary": self._dictionary}

    def found(self, items: Sequence[Any]) -> dict[str, int]:
        """How many tokens came through each."""
        written = dict(self._dictionary)
        return {
            "shared_memory": sum(read_number(self.passed["block"], index) == token for index, token, *_ in items),
            "manager": sum(written.get(index) == token for index, token, *_ in items),
            **self._inherited,
        }

    def close(self) -> None:
        """Ends the manager's process and unlinks the block."""
        self._manager.shutdown()
        self._blocks.close()


class BetweenInterpreters(NothingElse):
    """A `memoryview` of the parent's memory, as the argument of tasks of their own."""

    def __init__(self, strategy: Strategy, items: Sequence[Any]) -> None:
        memory = bytearray(NUMBER_BYTES * len(items))
        views = [memoryview(memory)[_slot(index)] for index, *_ in items]
        try:
            strategy.run(write_view, [(token, view) for (_, token, *_), view in zip(items, views)])
        except NotPicklable:
            self._seen = 0
        else:
            self._seen = sum(int.from_bytes(memory[_slot(index)], "big") == token for index, token, *_ in items)

    def found(self, items: Sequence[Any]) -> dict[str, int]:
        """How many tokens are in the memory."""
        del items
        return {"memoryview": self._seen}


def clear(block: memoryview) -> None:
    """Writes zeros."""
    block[:] = bytes(len(block))


def write_view(item: tuple[int, memoryview]) -> None:
    """`(token, view)`: writes the token into the view."""
    token, view = item
    view[:] = token.to_bytes(NUMBER_BYTES, "big")


def write_number(block: str, index: int, number: int) -> None:
    """Writes one number into a block of shared memory that has room for many."""
    from experiments.workloads.shared_blocks import attach

    memory = attach(block)
    assert memory.buf is not None
    try:
        memory.buf[_slot(index)] = number.to_bytes(NUMBER_BYTES, "big")
    finally:
        memory.close()


def read_number(block: str, index: int) -> int:
    """What `write_number` wrote."""
    from experiments.workloads.shared_blocks import attach

    memory = attach(block)
    assert memory.buf is not None
    try:
        return int.from_bytes(memory.buf[_slot(index)], "big")
    finally:
        memory.close()


def through_inherited(context: BaseContext, workers: int, items: Sequence[Any]) -> dict[str, int]:
    """How many tokens came through a queue, and how many through values, which only a new process can be given."""
    queue = context.Queue()
    values = [context.Value("q", 0, lock=False) for _ in items]
    trials = [(index, token) for index, token, *_ in items]
    shares = [trials[start::workers] for start in range(min(workers, len(trials)))]
    processes = [
        context.Process(target=tell, args=(share, queue, [values[index] for index, _ in share]))  # type: ignore[attr-defined]
        for share in shares
    ]
    for process in processes:
        process.start()
    try:
        told = dict(queue.get(timeout=PATIENCE_S) for _ in trials)
    finally:
        for process in processes:
            process.join(PATIENCE_S)
            process.kill()
            process.join()
        queue.close()
        queue.join_thread()
    return {
        "queue": sum(told.get(index) == token for index, token in trials),
        "value": sum(value.value == token for (_, token), value in zip(trials, values)),
    }


def tell(share: list[tuple[int, int]], queue: Any, values: list[Any]) -> None:
    """In a process of its own: puts each trial and its token into the queue, and the token into the trial's value."""
    for trial, value in zip(share, values):
        value.value = trial[1]
        queue.put(trial)


def _slot(index: int) -> slice:
    return slice(NUMBER_BYTES * index, NUMBER_BYTES * (index + 1))
