"""Tasks with a known need of memory, as a user would write them: each is measured in a process of its own.

The unit of memory comes from the environment variable `UNIT_MIB`, so that the same task without any memory tells what
the rest needs.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import time
from collections.abc import Callable

PAGE_BYTES = 4096
HOLD_S = float(os.environ.get("HOLD_S", "0.25"))
"""How long everyone holds what they have at the peak: longer than the pause between two samples."""


def units() -> list[int]:
    """The only item: the unit in bytes."""
    return [int(os.environ["UNIT_MIB"]) << 20]


def touched(size_bytes: int) -> bytearray:
    """A block in which every page has been written to."""
    block = bytearray(size_bytes)
    block[::PAGE_BYTES] = b"x" * len(range(0, size_bytes, PAGE_BYTES))
    return block


def together(count: int, work: Callable[[], object]) -> None:
    """Forks so many children, and ends them once all have done their work and held it for a while."""
    done_read, done_write = os.pipe()
    end_read, end_write = os.pipe()
    children = [_child(work, done_write, end_read, end_write) for _ in range(count)]
    for _ in range(count):
        os.read(done_read, 1)
    time.sleep(HOLD_S)
    os.close(end_write)
    for child in children:
        os.waitpid(child, 0)
    for descriptor in (done_read, done_write, end_read):
        os.close(descriptor)


def _child(work: Callable[[], object], done_write: int, end_read: int, end_write: int) -> int:
    pid = os.fork()
    if pid == 0:
        os.close(end_write)
        held = work()
        os.write(done_write, b"d")
        os.read(end_read, 1)
        del held
        os._exit(0)
    return pid


def two_children(unit: int) -> int:
    """12 units: two children of 6 at the same time."""
    together(2, lambda: touched(6 * unit))
    return unit


def forked(unit: int) -> int:
    """5 units: 2 that three forks inherit and don't touch, and 1 of each fork's own."""
    inherited = touched(2 * unit)
    together(3, lambda: touched(unit))
    return unit + 0 * len(inherited)


def spawned(unit: int) -> int:
    """5 units: the same with processes that inherit nothing."""
    own = touched(2 * unit)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    children = [context.Process(target=touch_and_hold, args=(unit, barrier)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    return unit + 0 * len(own)


def touch_and_hold(unit: int, barrier: multiprocessing.synchronize.Barrier) -> None:
    """What each spawned process does."""
    held = touched(unit)
    barrier.wait(20)
    time.sleep(HOLD_S)
    barrier.wait(20)
    del held


def shared(unit: int) -> int:
    """4 units: a block of shared memory that two children read to the end."""
    block = mmap.mmap(-1, max(PAGE_BYTES, 4 * unit))
    block[::PAGE_BYTES] = b"x" * len(range(0, len(block), PAGE_BYTES))
    together(2, lambda: block[::PAGE_BYTES])
    block.close()
    return unit


def spike(unit: int) -> int:
    """6 units for as short a time as touching them takes."""
    touched(6 * unit)
    time.sleep(HOLD_S)
    return unit


def sequence(unit: int) -> int:
    """6 units, twice: one child after the other, which a sum of high-water marks would call 12."""
    for _ in range(2):
        together(1, lambda: touched(6 * unit))
    return unit
