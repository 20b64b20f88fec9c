"""Work that has to wait for a lock: one of its own, or the interpreter's."""

from __future__ import annotations

import threading
import time

from experiments.parameters import duration, integer
from experiments.workloads.arithmetic import step_generator
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PERCENT = 100
STEPS_AT_ONCE = 200
"""Steps between two looks at the clock: about 10 µs of bytecode."""
_lock = threading.Lock()


def wait_locked(item: tuple[int, float, float]) -> int:
    """`(index, free_s, critical_s)`: waits that long without the lock, then that long with it; returns the index."""
    index, free_s, critical_s = item
    if free_s:
        time.sleep(free_s)
    if critical_s:
        with _lock:
            time.sleep(critical_s)
    return index


def compute_and_sleep(item: tuple[int, float, float]) -> int:
    """`(index, busy_s, idle_s)`: runs bytecode for that much CPU time, then sleeps; returns the index."""
    index, busy_s, idle_s = item
    compute(busy_s)
    if idle_s:
        time.sleep(idle_s)
    return index


async def compute_and_sleep_async(item: tuple[int, float, float]) -> int:
    """The same on an event loop, which the bytecode blocks."""
    import asyncio

    index, busy_s, idle_s = item
    compute(busy_s)
    if idle_s:
        await asyncio.sleep(idle_s)
    return index


def compute(busy_s: float) -> None:
    """Runs bytecode until this thread has used that much CPU time: waiting for the GIL doesn't count as work."""
    end = time.thread_time() + busy_s
    while time.thread_time() < end:
        step_generator((0, STEPS_AT_ONCE))


def not_a_share(name: str, values: Mapping[str, Any]) -> str | None:
    """What is wrong with a parameter that is a share in per cent."""
    if values.get(name, 0) > PERCENT:
        return f"{name} is a share in per cent: it can be at most {PERCENT}, not {values[name]}"
    return None


class LockContention(Workload):
    """Waits partly under one lock of the process: threads can't finish more than one critical part at a time.

    One task sleeps for the free part of its time without the lock, then for the critical part with it. Nothing is
    computed, so neither the GIL nor the number of CPUs matters.

    It shows Amdahl's law by construction: what only one may do at a time decides how much the others help.

    Expected: with and without the GIL, the speed-up of threads approaches 1 / p for a critical share of p, however many
    there are. Processes have a lock each, and so no such limit; they stand for work that was cut apart.

    The tests check, and every run checks for itself, that N critical parts of p * `seconds` take at least N times as
    long in threads: the rate cannot exceed 1 / (p * `seconds`).

    `seconds` is how long one task takes alone, `critical` the share p of it in per cent.
    """

    name = "lock_contention"
    needs = Resource.IO
    function = staticmethod(wait_locked)
    default_tasks = 16

    seconds: float = duration(0.010, "How long one task takes alone.")
    critical: int = integer(50, "Per cent of that time that a task holds the lock, 100 at most.", minimum=0)

    @classmethod
    def contradiction(cls, values: Mapping[str, Any]) -> str | None:
        """A share above the whole."""
        return not_a_share("critical", values)

    def items(self, count: int) -> list[tuple[int, float, float]]:
        """Numbered tasks with the two parts of their time."""
        critical_s = self.critical_s
        return [(index, max(0.0, self.seconds - critical_s), critical_s) for index in range(count)]

    @property
    def critical_s(self) -> float:
        """How long one task holds the lock."""
        return float(self.seconds * self.critical / PERCENT)

    def expected(self, items: list[tuple[int, float, float]]) -> list[int]:
        """The numbers."""
        return [index for index, _, _ in items]

    def predicted_task_s(self) -> float:
        """The time that one task takes alone."""
        return self.seconds


class Mixed(Workload):
    """Computes for a share of its time and waits for the rest, as most programs do.

    One task runs bytecode until its own thread has used `gil_share` per cent of `seconds` as CPU time, then sleeps
    for the rest. The CPU time is that of the thread, so a task does the same work whether or not it had to wait for
    its turn. Under asyncio the sleep gives way to other tasks and the bytecode doesn't.

    It shows where the border runs between work that waits, for which threads are made, and work that computes.

    Expected: with a computing share of g, the GIL serves one thread at a time: on a GIL build the speed-up of threads
    is at most 1 / g, as is that of asyncio on any build. On a free-threaded build, and in processes, it can reach P / g
    on P CPUs; everywhere it is at most the number of workers.

    The tests check that every task uses its CPU time, and that N tasks in threads that share a GIL take at least
    N * g * `seconds`: the sum of what only one can do at a time.

    `gil_share` is g in per cent: 0 is `sleep`, 100 is like `int_loop`. `seconds` is how long one task takes alone.
    """

    name = "mixed"
    needs = Resource.IO
    function = staticmethod(compute_and_sleep)
    coroutine = staticmethod(compute_and_sleep_async)
    default_tasks = 16

    seconds: float = duration(0.010, "How long one task takes alone.")
    gil_share: int = integer(30, "Per cent of that time spent in bytecode that holds the GIL, 100 at most.", minimum=0)

    @classmethod
    def contradiction(cls, values: Mapping[str, Any]) -> str | None:
        """A share above the whole."""
        return not_a_share("gil_share", values)

    @classmethod
    def held_share(cls, values: Mapping[str, Any]) -> float | None:
        """As the parameter says."""
        given = values.get("gil_share")
        return float(cls.parameters()["gil_share"].default if given is None else given) / PERCENT

    def items(self, count: int) -> list[tuple[int, float, float]]:
        """Numbered tasks with the two parts of their time."""
        busy_s = self.seconds * self.gil_share / PERCENT
        return [(index, busy_s, max(0.0, self.seconds - busy_s)) for index in range(count)]

    def expected(self, items: list[tuple[int, float, float]]) -> list[int]:
        """The numbers."""
        return [index for index, _, _ in items]

    def predicted_task_s(self) -> float:
        """The time that one task takes alone."""
        return self.seconds
