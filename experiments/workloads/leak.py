"""What a worker that ends leaves behind, and who has to suffer for it."""

from __future__ import annotations

import os

from experiments.parameters import choice, size
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PAGE_BYTES = 4096
LARGEST_BYTES = 512 << 20
NEEDED = "/proc/self/smaps_rollup"


def leak(item: tuple[int, str, int]) -> tuple[int, int, int, bool]:
    """`(index, victim, size_bytes)`: one trial; the index and what `run_apart` tells."""
    from experiments.workloads.leaking import run_apart

    index, victim, size_bytes = item
    return (index, *run_apart(victim, size_bytes))


class Leak(Workload):
    """Lets a worker keep memory and end, and looks what its parent and a sibling are left with.

    One task is one trial, in a process of its own that is thrown away. That process starts a worker of the kind
    `victim`, which makes `size` bytes of memory, writes to each page, leaves it in a list of a module, and ends (a
    subinterpreter is closed). Then the process looks how much its private memory has grown. After that it is given a
    limit (`RLIMIT_DATA`) with which a sibling's 30 MiB fit beside what there was before the leak, and not beside
    the leak as well, and starts that sibling.

    It shows why programs that leak are run as processes: the operating system takes everything back from a process
    that ends; what a thread leaves behind belongs to all threads of its process.

    Expected, with and without a GIL: a thread's parent has grown by `size`, and the sibling fails; after a process it
    hasn't grown, and the sibling gets its memory. A subinterpreter gives its memory back when it is closed.

    The tests check all of this. Every run checks that all of the memory was there.

    The memory comes straight from the operating system (`mmap`), because an allocator that has reserved some in advance
    would hide it from the limit. `tasks` is the number of trials. The readings are `retained` in bytes (median over
    the trials), and the counts `trials` and `sibling_failed`.
    """

    name = "leak"
    needs = Resource.READINGS
    function = staticmethod(leak)
    makes_workers = True
    default_tasks = 3
    seconds_per_task = 0.2
    reading_units: Mapping[str, str] = {"retained": "bytes", "trials": "1", "sibling_failed": "1"}

    victim: str = choice("thread", ("thread", "process", "subinterpreter"), "Who keeps memory and ends.")
    size: int = size(64 << 20, "Bytes that it keeps, 512 MiB at most.")

    @classmethod
    def contradiction(cls, values: Mapping[str, Any]) -> str | None:
        """More than is safe, or nothing."""
        if 0 < values.get("size", PAGE_BYTES) <= LARGEST_BYTES:
            return None
        return "size must be above 0 and at most 512MiB: a larger leak shows nothing else and endangers the machine"

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """Only Linux tells private memory and limits data; subinterpreters are new."""
        if not os.path.exists(NEEDED):
            return "this system doesn't tell a process's private memory, or can't limit it (Linux does)"
        if values.get("victim") == "subinterpreter" and not interpreter.get("interpreter_pool"):
            said = f"{interpreter.get('implementation', 'Python')} {interpreter.get('version', '')}".rstrip()
            return f"subinterpreters need CPython 3.14 or later; this is {said}"
        return None

    def items(self, count: int) -> list[tuple[int, str, int]]:
        """Numbered trials."""
        return [(index, self.victim, self.size) for index in range(count)]

    def comparable(self, results: list[tuple[int, int, int, bool]]) -> list[tuple[int, int]]:
        """How much was made: what came of it varies."""
        return [(index, made) for index, made, _, _ in results]

    def expected(self, items: list[tuple[int, str, int]]) -> list[tuple[int, int]]:
        """Whole pages."""
        return [(index, -(-size_bytes // PAGE_BYTES) * PAGE_BYTES) for index, _, size_bytes in items]

    def readings(self, results: list[tuple[int, int, int, bool]]) -> dict[str, float]:
        """The median of what was retained, and how many siblings failed."""
        retained = sorted(bytes_ for _, _, bytes_, _ in results)
        return {
            "trials": len(results),
            "retained": retained[len(retained) // 2],
            "sibling_failed": sum(failed for *_, failed in results),
        }
