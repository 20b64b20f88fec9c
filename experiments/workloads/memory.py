"""Work that needs memory."""

from __future__ import annotations

from experiments.parameters import size
from experiments.workloads.base import Resource, Workload

PAGE_BYTES = 4096
_held: dict[int, list[bytearray]] = {}
_preloaded: dict[int, bytearray] = {}


def touch_and_hold(item: tuple[int, int, int]) -> int:
    """`(batch, index, size_bytes)`: touches that much memory and keeps it until a task of another batch comes."""
    batch, index, size_bytes = item
    for earlier in [key for key in list(_held) if key != batch]:
        _held.pop(earlier, None)
    block = bytearray(size_bytes)
    block[::PAGE_BYTES] = b"\x01" * len(range(0, size_bytes, PAGE_BYTES))
    _held.setdefault(batch, []).append(block)
    return index


def read_preloaded(item: tuple[int, int]) -> int:
    """`(index, size_bytes)`: reads every page of the block that this process has, or fills its own; the index."""
    index, size_bytes = item
    return index + sum(_preloaded_block(size_bytes)[::PAGE_BYTES]) - len(range(0, size_bytes, PAGE_BYTES))


def _preloaded_block(size_bytes: int) -> bytearray:
    block = _preloaded.get(size_bytes)
    if block is None:
        block = _preloaded.setdefault(size_bytes, bytearray(b"\x01") * size_bytes)
    return block


class Allocate(Workload):
    """Touches memory in every task and holds it to the end of the batch: tasks * size at the peak."""

    name = "allocate"
    needs = Resource.MEMORY
    function = staticmethod(touch_and_hold)
    seconds_per_task = 3e-3
    default_tasks = 16

    size: int = size(8 << 20, "Bytes that each task touches and holds.")
    _batch = 0

    def items(self, count: int) -> list[tuple[int, int, int]]:
        """Tasks of a new batch, so that the memory of the batch before is given back."""
        self._batch += 1
        return [(self._batch, index, self.size) for index in range(count)]

    def expected(self, items: list[tuple[int, int, int]]) -> list[int]:
        """The indices."""
        return [index for _, index, _ in items]


class Preloaded(Workload):
    """Reads a block that was filled before the workers started: forked ones share it, others fill their own."""

    name = "preloaded"
    needs = Resource.MEMORY
    function = staticmethod(read_preloaded)
    seconds_per_task = 3e-3
    default_tasks = 16

    size: int = size(64 << 20, "Bytes of the block.")

    def open(self) -> None:
        """Fills the block in the process that starts the workers."""
        _preloaded_block(self.size)

    def close(self) -> None:
        """Gives it back."""
        _preloaded.clear()

    def items(self, count: int) -> list[tuple[int, int]]:
        """Numbered reads of the whole block."""
        return [(index, self.size) for index in range(count)]

    def expected(self, items: list[tuple[int, int]]) -> list[int]:
        """The numbers: each page starts with a one."""
        return [index for index, _ in items]
