"""Programs with a known need of memory: `needs.py NAME [SCALE]` runs one, or a tool calls its function.

A scale of 0 does the same without touching anything, which tells what the interpreters alone need. The standard
library alone, since every tool runs this file in an environment of its own.
"""

import mmap
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from typing import Any

MIB = 1 << 20
PAGE_BYTES = 4096
HOLD_S = 0.3
"""How long everyone keeps what they have, so that a tool that samples can see it."""
PATIENCE_S = 30.0
ITEMS = [1]
"""Scales, for a tool that calls a function with items."""
TOUCHED_MIB = {"two_children": 600, "forked": 250, "spawned": 250, "shared": 200}
"""What is touched at the same moment, every page counted once."""


def two_children(scale: int = 1) -> int:
    """Two children that touch 300 MiB each."""
    _together([lambda: _touched(300 * MIB * scale)] * 2)
    return scale


def forked(scale: int = 1) -> int:
    """100 MiB, and three forks that each write to 50 MiB of them, which copies those pages."""
    block = _touched(100 * MIB * scale)
    _together([lambda: _touch(block, 50 * MIB * scale)] * 3)
    return scale


def spawned(scale: int = 1) -> int:
    """100 MiB, and three spawned processes that touch 50 MiB each."""
    block = _touched(100 * MIB * scale)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    children = [context.Process(target=hold, args=(50 * MIB * scale, barrier)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    if any(child.exitcode for child in children):
        raise RuntimeError("a spawned process failed")
    return scale + 0 * len(block)


def shared(scale: int = 1) -> int:
    """200 MiB of shared memory, every page of which is written by two forks."""
    size = 200 * MIB * scale
    block = mmap.mmap(-1, max(PAGE_BYTES, size))
    _together([lambda: _touch(block, size)] * 2)
    block.close()
    return scale


def hold(size: int, barrier: Any) -> None:
    """What a spawned process does: it touches so many bytes, and keeps them until all have theirs."""
    block = _touched(size)
    barrier.wait(PATIENCE_S)
    time.sleep(HOLD_S)
    barrier.wait(PATIENCE_S)
    del block


def _touched(size: int) -> bytearray:
    block = bytearray(size)
    _touch(block, size)
    return block


def _touch(block: Any, size: int) -> None:
    for at in range(0, size, PAGE_BYTES):
        block[at] = 120


def _together(works: list[Callable[[], object]]) -> None:
    """Forks a child for each; they end once all have done their work and a moment has gone by."""
    ready_read, ready_write = os.pipe()
    end_read, end_write = os.pipe()
    children = []
    for work in works:
        pid = os.fork()
        if pid == 0:
            os.close(end_write)
            held = work()
            os.write(ready_write, b"r")
            os.read(end_read, 1)
            del held
            os._exit(0)
        children.append(pid)
    for _ in works:
        os.read(ready_read, 1)
    time.sleep(HOLD_S)
    os.close(end_write)
    for pid in children:
        os.waitpid(pid, 0)
    for descriptor in (ready_read, ready_write, end_read):
        os.close(descriptor)


if __name__ == "__main__":
    globals()[sys.argv[1]](*map(int, sys.argv[2:]))
