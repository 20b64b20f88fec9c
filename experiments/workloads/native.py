"""Work in C extensions of the standard library: some release the global interpreter lock, some keep it."""

from __future__ import annotations

import hashlib

from experiments.parameters import calibrated_to, size
from experiments.workloads.base import Resource, Workload

ROTATIONS = 64
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
    """SHA-256 of large blocks: C code that releases the GIL while it works."""

    name = "hash_large"
    needs = Resource.CPU
    function = staticmethod(hash_block)

    size: int = size(1 << 20, "Bytes per block; from 2 KiB on, hashing releases the GIL.")
    rounds: int = calibrated_to(0.010, "Blocks per task; calibrated to 10 ms under `serial` unless given.")

    def items(self, count: int) -> list[tuple[int, int, int]]:
        """A different salt for each task; the block itself is made once in each worker."""
        return [(salt, self.size, self.rounds) for salt in range(count)]


class Sort(Workload):
    """Sorts integers: one call into C code that keeps the GIL until it is done."""

    name = "sort"
    needs = Resource.CPU
    function = staticmethod(sort_numbers)

    length: int = calibrated_to(0.010, "Numbers per task; calibrated to 10 ms under `serial` unless given.")

    def items(self, count: int) -> list[tuple[int, int]]:
        """A different part of the same numbers for each task."""
        return [(rotation, self.length) for rotation in range(count)]
