"""The work that every tool measures: one file, which each of them imports as it is.

It is copied into the folder of a run, beside `run.json`, which says which kernel is run, in which cases and how large
its tasks are. The standard library alone, since whichpool and its peers run it in environments of their own.
"""

import atexit
import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TASKS = 8
WORKERS = 2
BLOCK = bytes(1 << 20)
TASKS_LOG, PROCESSES_LOG = "tasks.log", "processes.log"
CASES = ("serial", "threads", "processes")
Item = tuple[int, int]
Batch = Callable[[], list[object]]


def int_loop(item: Item) -> int:
    """Steps of a linear congruential generator: bytecode that holds the GIL from start to end."""
    state, steps = item
    for _ in range(steps):
        state = (state * 69 + 5) & 0x3FFFFF
    return state


def hash_blocks(item: Item) -> str:
    """SHA-256 of blocks of 1 MiB: C code that releases the GIL while it works."""
    salt, rounds = item
    digest = hashlib.sha256(b"%d" % salt)
    for _ in range(rounds):
        digest.update(BLOCK)
    return digest.hexdigest()


def logged_loop(item: Item) -> int:
    """`int_loop` that writes down how long it took: whatever else a tool's run takes is the tool's own."""
    start = time.perf_counter()
    state = int_loop(item)
    append(TASKS_LOG, time.perf_counter() - start, os.getpid())
    return state


KERNELS: dict[str, Callable[[Item], object]] = {
    "int_loop": int_loop,
    "hash_blocks": hash_blocks,
    "logged_loop": logged_loop,
}


def settings() -> dict[str, Any]:
    """What this run is about: `kernel`, `size`, `cases`."""
    told: dict[str, Any] = json.loads((HERE / "run.json").read_text(encoding="utf-8"))
    return told


def items() -> list[Item]:
    """One item per task, each with a start of its own."""
    size = settings()["size"]
    return [(start, size) for start in range(TASKS)]


def append(name: str, *values: object) -> None:
    """Adds a line to a file of the run's folder; in one call, so that lines of several processes don't mix."""
    descriptor = os.open(HERE / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(descriptor, (json.dumps(values) + "\n").encode())
    os.close(descriptor)


_batches: dict[str, Batch] = {}


def started(case: str) -> Batch:
    """A function that runs all tasks once; the first call in a process starts the pool and waits for its workers.

    The pool lives as long as the process, which at its end writes down when it began and ended.
    """
    if case not in _batches:
        begin = time.time()
        _batches[case] = _start(case)
        atexit.register(lambda: append(PROCESSES_LOG, case, begin, time.time()))
    return _batches[case]


def _start(case: str) -> Batch:
    function, todo = KERNELS[settings()["kernel"]], items()
    if case == "serial":
        return lambda: [function(item) for item in todo]
    pool: Executor
    if case == "threads":
        pool = ThreadPoolExecutor(WORKERS)
    else:
        pool = ProcessPoolExecutor(WORKERS, multiprocessing.get_context("fork"))
    # A task that waits keeps its worker, so that the pool has to start them all.
    for future in [pool.submit(time.sleep, 0.01) for _ in range(WORKERS)]:
        future.result()

    def batch() -> list[object]:
        futures = [pool.submit(function, item) for item in todo]
        return [future.result() for future in futures]

    return batch
