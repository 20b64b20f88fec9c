"""Work that consists of moving data to a worker and back."""

from __future__ import annotations

from experiments.parameters import choice, size
from experiments.workloads.arithmetic import return_item
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INT_BYTES = 8
ENTRY_BYTES = 16


def make_payload(kind: str, size_bytes: int, index: int) -> Any:
    """An object of this kind that holds about `size_bytes` of information, different for each index."""
    if kind == "bytes":
        return bytes([index % 256]) * size_bytes
    if kind == "ints":
        first = 1_000_000 * (index + 1)
        return list(range(first, first + size_bytes // INT_BYTES))
    return {f"{index:04x}{key:08x}": f"{key:04x}"[:4] for key in range(size_bytes // ENTRY_BYTES)}


class Payload(Workload):
    """Sends an argument of a chosen size and kind to a worker, which returns it: the cost of moving data."""

    name = "payload"
    needs = Resource.OVERHEAD
    function = staticmethod(return_item)
    default_tasks = 32

    size: int = size(1 << 16, "Bytes of each argument and of each result.")
    kind: str = choice("bytes", ("bytes", "ints", "dict"), "What the data is: bytes, a list of ints, a dict of str.")

    def items(self, count: int) -> list[Any]:
        """A different object for each task."""
        return [make_payload(self.kind, self.size, index) for index in range(count)]

    def expected(self, items: list[Any]) -> list[Any]:
        """The arguments."""
        return items

    def predicted_task_s(self) -> float:
        """Pickled, sent and unpickled twice at about 0.5 GB/s."""
        return 1e-4 + self.size / 2.5e8
