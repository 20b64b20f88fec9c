"""Work in C extensions of the standard library: some release the global interpreter lock, some keep it."""

from __future__ import annotations

import hashlib

from experiments.parameters import calibrated_to, size
from experiments.workloads.base import Resource, Workload

ROTATIONS = 64
SECONDS_PER_BYTE = 7e-10
SECONDS_PER_CALL = 2e-7
SECONDS_PER_NUMBER = 2e-7
"""Typical, for the plan's prediction only."""
_blocks: dict[int, bytes] = {}
_numbers: dict[int, list[int]] = {}


def hash_block(item: tuple[int, int, int]) -> str:
    """`(salt, size_bytes, rounds)`: the SHA-256 of the salt and `rounds` copies of one block."""
    salt, size_bytes, rounds = item
    block = _blocks.get(size_bytes)
    if block is None:
        block = _blocks.setdefault(size_bytes, bytes(range(256)) * (size_bytes // 256) + bytes(size_bytes % 256))
    digest = hashlib.sha256(str(salt).encode())
    for _ in range(rounds):
        digest.update(block)
    return digest.hexdigest()


def hash_small_blocks(item: tuple[int, int, int]) -> str:
    """`(salt, size_bytes, rounds)`: the SHA-256 of the salt and `rounds` copies of a block of the task's own."""
    salt, size_bytes, rounds = item
    # Without a GIL, a block that all workers use would be slow for a reason of its own: its reference count.
    block = bytes([salt % 256]) * size_bytes
    digest = hashlib.sha256(b"%d" % salt)
    update = digest.update
    for _ in range(rounds):
        update(block)
    return digest.hexdigest()


def sort_numbers(item: tuple[int, int]) -> list[int]:
    """`(rotation, length)`: sorts that many scattered integers and returns every 1/16th of them."""
    rotation, length = item
    numbers = _numbers.get(length)
    if numbers is None:
        # Multiplying by an odd constant modulo 2**30 scatters the indices without repeating any.
        numbers = _numbers.setdefault(length, [index * 0x2C9277B5 & 0x3FFFFFFF for index in range(length + ROTATIONS)])
    start = rotation % ROTATIONS
    return sorted(numbers[start : start + length])[:: max(1, length // 16)]


class HashLarge(Workload):
    """SHA-256 of large blocks: C code that releases the GIL while it works.

    One task hashes a block of `size` bytes `rounds` times into one digest. The block is made once in each worker.

    It shows the case in which threads are as good as processes on every build of Python: nearly all of the time is
    spent in C code that lets other threads run. Compressing, encrypting and much of numpy are of this kind.

    Expected: threads and processes speed up by the number of CPUs, with and without a GIL.

    The tests compare the digest with that of the same bytes hashed at once, and show that another thread gets to run
    during a call.

    `size` is that of one block; `hash_small` is the same below the size from which the GIL is released. `rounds` is
    the size of a task; its time is in proportion.
    """

    name = "hash_large"
    needs = Resource.CPU
    function = staticmethod(hash_block)

    size: int = size(1 << 20, "Bytes per block; from 2 KiB on, hashing releases the GIL.")
    rounds: int = calibrated_to(0.010, "Blocks per task; calibrated to 10 ms under `serial` unless given.")

    def items(self, count: int) -> list[tuple[int, int, int]]:
        """A different salt for each task; the block itself is made once in each worker."""
        return [(salt, self.size, self.rounds) for salt in range(count)]

    def predicted_task_s(self) -> float:
        """About 0.7 ns for each byte where the number of blocks is given."""
        return super().predicted_task_s() if self.rounds is None else self.rounds * self.size * SECONDS_PER_BYTE


class HashSmall(Workload):
    """SHA-256 of small blocks: the same C code as `hash_large`, but too short each time to release the GIL for it.

    One task hashes a block of `size` bytes `rounds` times into one digest, one call for each. CPython's `hashlib`
    releases the GIL from 2048 bytes on; the default is one byte less.

    It shows that a library that "releases the GIL" need not do so for the calls that a program makes, and what
    releasing costs just above the threshold, where threads hand the GIL to each other after every microsecond.

    Expected: with the GIL, threads are as slow as `serial` below 2048 bytes; from there on they speed up, little at
    first (the hand-over takes about as long as the work), fully from some tens of KiB on. On a free-threaded build
    there is no such step. PyPy's `hashlib` releases the GIL whatever the size. Processes speed up by the number of
    CPUs everywhere.

    The tests compare the digest with that of the same bytes hashed at once, and show that two threads use one CPU
    below the threshold and more than one far above it.

    `rounds` is the size of a task; its time is in proportion.
    """

    name = "hash_small"
    needs = Resource.CPU
    function = staticmethod(hash_small_blocks)

    size: int = size(2047, "Bytes per block; from 2048 on, hashing releases the GIL.")
    rounds: int = calibrated_to(0.010, "Blocks per task; calibrated to 10 ms under `serial` unless given.")

    def items(self, count: int) -> list[tuple[int, int, int]]:
        """A different salt for each task, which is also what its block consists of."""
        return [(salt, self.size, self.rounds) for salt in range(count)]

    def predicted_task_s(self) -> float:
        """About 0.7 ns for each byte, and 0.2 us for each call, where the number of blocks is given."""
        if self.rounds is None:
            return super().predicted_task_s()
        return float(self.rounds * (self.size * SECONDS_PER_BYTE + SECONDS_PER_CALL))


class Sort(Workload):
    """Sorts integers: one call into C code that keeps the GIL until it is done.

    One task takes `length` integers in scattered order and calls `sorted` once. They are made once in each worker.

    It shows the worst that a thread can do to the others: where there is a GIL, no other thread of the process runs,
    not even a user interface, until the call is over (see `heartbeat`), because the interpreter is asked to let go of
    the GIL only between two instructions of Python code.

    Expected: with the GIL, threads are as slow as `serial`; processes speed up by the number of CPUs. On a
    free-threaded build threads speed up, less than by the number of CPUs because they sort the same number objects.

    Every run compares a sixteenth of the sorted numbers between all strategies; the tests check their order, and that
    another thread doesn't get to run during the call where there is a GIL.

    `length` is the size of a task; its time grows slightly more than in proportion.
    """

    name = "sort"
    needs = Resource.CPU
    holds_gil = 1.0
    function = staticmethod(sort_numbers)

    length: int = calibrated_to(0.010, "Numbers per task; calibrated to 10 ms under `serial` unless given.")

    def items(self, count: int) -> list[tuple[int, int]]:
        """A different part of the same numbers for each task."""
        return [(rotation, self.length) for rotation in range(count)]

    def predicted_task_s(self) -> float:
        """About 0.2 us for each number where their number is given."""
        return super().predicted_task_s() if self.length is None else self.length * SECONDS_PER_NUMBER
