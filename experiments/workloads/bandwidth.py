"""Work that waits for the memory itself."""

from __future__ import annotations

from experiments.parameters import calibrated_to, choice, size
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SLICE_BYTES = 1 << 20
SECONDS_PER_SLICE = 2e-4
"""Typical, for the plan's prediction only."""
_unused: dict[tuple[int, str], list[Buffers]] = {}


class Buffers:
    """A source, a target, and how far the last task got: the next one goes on there, or it would find a warm cache."""

    def __init__(self, size_bytes: int, gil: str) -> None:
        # Memory that was never written is one and the same page of zeros, however much of it there is.
        self.source = bytearray(b"\x01") * size_bytes
        self.target = bytearray(b"\x02") * size_bytes
        self.slice_bytes = min(SLICE_BYTES, size_bytes)
        self.position = 0
        make_copy = copy_without_gil if gil == "released" else copy_with_gil
        self.copy = make_copy(self.source, self.target)

    def copy_next(self, stamp: int) -> int:
        """Copies the next slice, whose last byte is `stamp`; returns the last byte that arrived."""
        begin = self.position
        end = begin + self.slice_bytes
        self.source[end - 1] = stamp
        self.copy(begin, self.slice_bytes)
        self.position = end if end + self.slice_bytes <= len(self.source) else 0
        return self.target[end - 1]


def copy_without_gil(source: bytearray, target: bytearray) -> Callable[[int, int], None]:
    """A function `(offset, length)` that copies by a foreign function, around which the GIL is released."""
    import ctypes

    kind = ctypes.c_char * len(source)
    from_source, from_target = kind.from_buffer(source), kind.from_buffer(target)
    memmove, place = ctypes.memmove, ctypes.byref

    def copy(offset: int, length: int) -> None:
        memmove(place(from_target, offset), place(from_source, offset), length)

    return copy


def copy_with_gil(source: bytearray, target: bytearray) -> Callable[[int, int], None]:
    """A function `(offset, length)` that copies by assigning a slice, which keeps the GIL."""
    from_source, from_target = memoryview(source), memoryview(target)

    def copy(offset: int, length: int) -> None:
        from_target[offset : offset + length] = from_source[offset : offset + length]

    return copy


def copy_slices(item: tuple[int, int, str, int]) -> tuple[int, int]:
    """`(index, size_bytes, gil, slices)`: copies that many slices; the index, and the sum of their last bytes."""
    index, size_bytes, gil, slices = item
    unused = _unused.setdefault((size_bytes, gil), [])
    try:
        buffers = unused.pop()
    except IndexError:
        buffers = Buffers(size_bytes, gil)
    total = 0
    for number in range(index, index + slices):
        total += buffers.copy_next(number & 0xFF)
    unused.append(buffers)
    return index, total


def stamped(first: int, slices: int) -> int:
    """The sum of the low bytes of `first`, `first + 1`, …: whole cycles of 256 and a rest."""
    cycles, rest = divmod(slices, 256)
    return cycles * (255 * 256 // 2) + sum(number & 0xFF for number in range(first, first + rest))


class MemoryBandwidth(Workload):
    """Copies memory that is too large for any cache: what limits it is the memory, not the CPUs.

    Each task that runs at the same time as others has a source and a target of its own. It copies slices of 1 MiB from
    one to the other, goes on where the task before it stopped, and begins anew at the end, so that no slice is still
    in a cache when its turn comes. `size` should be more than four times the last level of cache; each worker takes
    twice as much memory. `slices` is the number per task; its time is in proportion.

    Expected: with `gil: released`, threads and processes speed up alike, on every build, until the memory can't deliver
    more; often two to four CPUs are enough for that, and the curve is flat from there. With `gil: kept`, threads on a
    build with the GIL are as slow as `serial` for another reason, while processes do as before; without a GIL there is
    no difference between the two. So the limit that is common to threads and processes is that of the memory.

    A foreign call (`ctypes.memmove`) releases the GIL; the assignment of a slice of a `memoryview` keeps it, as all
    copying of `bytes` and `bytearray` does.

    The tests and every run check that the last byte of every slice, another one each time, has arrived. The tests also
    show which of the two ways lets other threads run, that every slice gets its turn, and that copying takes longer
    per byte when the buffers are too large for the caches than when they are small.
    """

    name = "memory_bandwidth"
    needs = Resource.MEMORY
    function = staticmethod(copy_slices)

    size: int = size(64 << 20, "Bytes of the source and of the target; more than four times the last level of cache.")
    gil: str = choice("released", ("released", "kept"), "Whether other threads may run Python code during a copy.")
    slices: int = calibrated_to(0.010, "Slices of 1 MiB per task; calibrated to 10 ms under `serial` unless given.")

    def items(self, count: int) -> list[tuple[int, int, str, int]]:
        """A different first stamp for each task."""
        return [(index, self.size, self.gil, self.slices) for index in range(count)]

    def expected(self, items: list[tuple[int, int, str, int]]) -> list[tuple[int, int]]:
        """The sums of the stamps."""
        return [(index, stamped(index, slices)) for index, _, _, slices in items]

    def close(self) -> None:
        """Gives the buffers of this process back."""
        _unused.clear()

    def predicted_task_s(self) -> float:
        """About 0.2 ms for each slice where their number is given."""
        return super().predicted_task_s() if self.slices is None else self.slices * SECONDS_PER_SLICE
