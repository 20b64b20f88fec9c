"""Work that consists of moving data to a worker and back."""

from __future__ import annotations

import zlib

from experiments.parameters import choice, size
from experiments.workloads.arithmetic import return_item
from experiments.workloads.base import Resource, Workload
from experiments.workloads.sampling import INT_BYTES, sample_view, samples

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from experiments.workloads.shared_blocks import SharedBlocks

ENTRY_BYTES = 16
BUFFERS = ("bytes", "numpy")
"""The kinds that are one piece of memory."""


def make_payload(kind: str, size_bytes: int, index: int) -> Any:
    """An object of this kind that holds about `size_bytes` of information, different for each index."""
    if kind == "bytes":
        return bytes([index % 256]) * size_bytes
    first = 1_000_000 * (index + 1)
    if kind == "numpy":
        import numpy as np

        return np.arange(first, first + size_bytes // INT_BYTES, dtype=np.int64)
    if kind == "ints":
        return list(range(first, first + size_bytes // INT_BYTES))
    return {f"{index:04x}{key:08x}": f"{key:04x}"[:4] for key in range(size_bytes // ENTRY_BYTES)}


class NotPicklableError(TypeError):
    """What was to be sent to another process is of no meaning there."""


def refuse_to_pickle(view: memoryview) -> Any:
    """Says what `pickle` says, and what to do."""
    raise NotPicklableError(
        f"cannot pickle a memoryview ({view.nbytes:,} bytes): it is a view of memory that other processes don't have; "
        "use transport: shared_memory for them"
    )


class Payload(Workload):
    """Moves data of a chosen size and kind to a worker: the cost of an argument and of a result.

    One task gets an object and gives it back (`transport: pickle`), or gets a reference to memory and gives back some
    samples of it, which prove that it was there (`shared_memory`, `memoryview`). All objects are made before the
    clock starts; nothing is computed.

    It shows what a task has to be worth before it pays to send its data to another process.

    Expected: with `pickle`, threads pass a reference, whatever the size, with and without the GIL; processes copy
    everything several times, at some 0.5 GB/s for bytes and far less for dictionaries. A block of shared memory costs
    the same at every size, since only its name travels and each task attaches to it anew. A memoryview costs nothing in
    threads and in subinterpreters, and cannot go to another process at all: such a case fails and says so.

    The tests check that what comes back is equal to what was sent, that the samples are those of the data, and that
    no block is left over. Every run checks that moving twice the bytes takes twice as long (`pickle`, processes).

    `size` is the size of each argument, and with `pickle` of each result. `kind` is what the data is; `numpy` needs
    that library in the measured interpreter. `transport` is how it travels: `shared_memory` and `memoryview` take
    `bytes` and `numpy` only, since other kinds are not one piece of memory.
    """

    name = "payload"
    needs = Resource.OVERHEAD
    function = staticmethod(return_item)
    default_tasks = 32

    size: int = size(1 << 16, "Bytes of each argument, and of each result if it is pickled.")
    kind: str = choice(
        "bytes",
        ("bytes", "ints", "dict", "numpy"),
        "What the data is: bytes, a list of ints, a dict of str, a numpy array.",
    )
    transport: str = choice(
        "pickle",
        ("pickle", "shared_memory", "memoryview"),
        "How it gets to a worker: as an ordinary argument, pickled where need be, or as a reference to memory.",
    )

    _blocks: SharedBlocks | None = None

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if self.transport == "shared_memory":
            # Its imports are slow, and no other transport needs them.
            from experiments.workloads.shared_blocks import sample_block

            self.function = sample_block
        elif self.transport == "memoryview":
            self.function = sample_view

    @classmethod
    def libraries(cls, values: Mapping[str, Any]) -> tuple[str, ...]:
        """`numpy` for its arrays."""
        return ("numpy",) if values.get("kind") == "numpy" else ()

    @classmethod
    def contradiction(cls, values: Mapping[str, Any]) -> str | None:
        """A transport of memory for objects that are more than one piece of it."""
        transport, kind = values.get("transport", "pickle"), values.get("kind", "bytes")
        if transport != "pickle" and kind not in BUFFERS:
            return f"transport: {transport} moves one piece of memory: kind can be {' or '.join(BUFFERS)}, not {kind}"
        if transport == "shared_memory" and values.get("size", INT_BYTES) < INT_BYTES:
            return f"transport: shared_memory needs a size of {INT_BYTES} bytes or more, not {values['size']}"
        return None

    def open(self) -> None:
        """Makes a place for the blocks; has views of memory say why they can't be pickled."""
        if self.transport == "shared_memory":
            from experiments.workloads.shared_blocks import SharedBlocks, remove_leftovers

            remove_leftovers()
            self._blocks = SharedBlocks()
        elif self.transport == "memoryview":
            import copyreg

            copyreg.pickle(memoryview, refuse_to_pickle)

    def close(self) -> None:
        """Unlinks the blocks."""
        if self._blocks is not None:
            self._blocks.close()
        elif self.transport == "memoryview":
            import copyreg

            copyreg.dispatch_table.pop(memoryview, None)

    def items(self, count: int) -> list[Any]:
        """A different object, or a reference to different memory, for each task."""
        if self.transport == "shared_memory":
            return [(self._block(index), self._block_bytes, self.kind, index) for index in range(count)]
        payloads = [make_payload(self.kind, self.size, index) for index in range(count)]
        if self.transport == "memoryview":
            return [(memoryview(payload), self.kind, index) for index, payload in enumerate(payloads)]
        return payloads

    def _block(self, index: int) -> str:
        assert self._blocks is not None

        def fill(memory: memoryview) -> None:
            data = memoryview(make_payload(self.kind, self.size, index)).cast("B")
            memory[: len(data)] = data

        return self._blocks.put(index, self._block_bytes, fill)

    @property
    def _block_bytes(self) -> int:
        """Whole numbers for an array."""
        return self.size // INT_BYTES * INT_BYTES if self.kind == "numpy" else self.size

    def comparable(self, results: list[Any]) -> list[Any]:
        """Arrays by type, shape and checksum: `==` compares them element by element."""
        if self.transport != "pickle" or self.kind != "numpy":
            return results
        return [(str(array.dtype), list(array.shape), zlib.crc32(array)) for array in results]

    def expected(self, items: list[Any]) -> list[Any]:
        """The arguments, or the samples that they must give."""
        if self.transport == "pickle":
            return self.comparable(items)
        payloads = ((index, memoryview(make_payload(self.kind, self.size, index))) for *_, index in items)
        return [(index, samples(payload, self.kind)) for index, payload in payloads]

    def predicted_task_s(self) -> float:
        """Pickled, sent and unpickled twice at about 0.5 GB/s; otherwise the same for every size."""
        return 1e-4 + (self.size / 2.5e8 if self.transport == "pickle" else 0.0)
