"""Blocks of memory that processes share by name, and that are gone afterwards however the processes ended."""

from __future__ import annotations

import os
import sys
from multiprocessing import shared_memory

from experiments.workloads.sampling import samples

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = "/dev/shm"  # noqa: S108 - where Linux shows them
PREFIX = "whichpool"
TRACKED_ON_ATTACH = sys.version_info < (3, 13)


def sample_block(item: tuple[str, int, str, int]) -> tuple[int, bytes]:
    """`(name, size_bytes, kind, index)`: attaches to a block and takes samples; the index and the samples."""
    name, size_bytes, kind, index = item
    block = attach(name)
    assert block.buf is not None
    try:
        # Some systems round the size of a block up to whole pages.
        with block.buf[:size_bytes] as data:
            return index, samples(data, kind)
    finally:
        block.close()


class NoRoomError(Exception):
    """The system has less shared memory left than asked for."""


class SharedBlocks:
    """The blocks of this process: made when first asked for, unlinked all together."""

    def __init__(self) -> None:
        # A process id that was used before may have left blocks behind.
        self._prefix = f"{_owner(os.getpid())}-{os.urandom(3).hex()}"
        self._blocks: dict[str, shared_memory.SharedMemory] = {}

    def put(self, index: int, size_bytes: int, fill: Callable[[memoryview], None]) -> str:
        """The name of the block with this number; `fill` writes into it when it is new. Raises NoRoomError."""
        name = f"{self._prefix}-{index}"
        if name not in self._blocks:
            try:
                self._blocks[name] = block = shared_memory.SharedMemory(name, create=True, size=size_bytes)
                _reserve(block, size_bytes)
            except OSError as error:
                why = f"no room for {size_bytes:,} more bytes of shared memory"
                raise NoRoomError(f"{why}: {error.strerror}; choose a smaller size or fewer tasks") from None
            assert block.buf is not None
            fill(block.buf)
        return name

    def close(self) -> None:
        """Unlinks every block."""
        while self._blocks:
            _, block = self._blocks.popitem()
            block.close()
            try:
                block.unlink()
            except FileNotFoundError:  # a resource tracker that is not ours has been there
                continue


def attach(name: str) -> shared_memory.SharedMemory:
    """The block with this name, in any process of this machine; to be closed by the caller.

    Before 3.13, attaching registers the block with the process's resource tracker, which unlinks it at its end. All
    processes that `multiprocessing` starts have the tracker of the one that made the block, where registering twice
    is registering once and `unlink` takes it back; so nothing is unregistered here, which would take it back too soon.
    """
    if TRACKED_ON_ATTACH:
        return shared_memory.SharedMemory(name)
    return shared_memory.SharedMemory(name, track=False)  # type: ignore[call-arg, unused-ignore]


def remove_leftovers() -> None:
    """Unlinks blocks whose owner was killed before it could: otherwise they take up memory until the next boot."""
    try:
        names = os.listdir(FOLDER)
    except OSError:  # only Linux shows them
        return
    mine = _namespace()
    for name in names:
        parts = name.split("-")
        is_ours = len(parts) == 5 and parts[:2] == [PREFIX, mine] and parts[2].isdigit()
        if is_ours and not _is_alive(int(parts[2])):
            try:
                os.unlink(os.path.join(FOLDER, name))
            except OSError:  # someone else's, or gone already
                continue


def _owner(process_id: int) -> str:
    return f"{PREFIX}-{_namespace()}-{process_id}"


def _namespace() -> str:
    """Process ids mean something within one namespace only, and containers may share their memory."""
    try:
        return f"{os.stat('/proc/self/ns/pid').st_ino:x}"
    except OSError:
        return "0"


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is someone else's
        return True
    return True


def _reserve(block: shared_memory.SharedMemory, size_bytes: int) -> None:
    """Takes the memory now: a block is a promise, and a page that cannot be kept ends the process with SIGBUS."""
    descriptor = getattr(block, "_fd", -1)
    if descriptor >= 0 and hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size_bytes)
