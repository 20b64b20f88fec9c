"""Work that waits for a disk, in a temporary folder of its own."""

from __future__ import annotations

import os
import sys
import zlib

from experiments.parameters import choice, size
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PAGE_BYTES = 4096
PATTERN_PAGES = 251
"""After so many pages the pattern starts again: a prime number, out of step with any power of two."""
IN_MEMORY = ("tmpfs", "ramfs")
WRITE_BYTES_PER_S = 2e8
READ_BYTES_PER_S = 1e9
"""Typical of a disk, for the plan's prediction only."""
_patterns: dict[int, bytes] = {}


def write_and_sync(item: tuple[str, int, int]) -> tuple[int, int]:
    """`(path, index, size_bytes)`: writes a file, waits until the device has it; the index and the file's length."""
    path, index, size_bytes = item
    with open(path, "wb", buffering=0) as file:
        write_all(file, content(index, size_bytes))
        os.fsync(file.fileno())
        return index, os.fstat(file.fileno()).st_size


def read_file(item: tuple[str, int]) -> tuple[int, int, int]:
    """`(path, index)`: reads a whole file; the index, the number of bytes and a checksum of every page's first byte."""
    path, index = item
    with open(path, "rb", buffering=0) as file:
        data = file.read()
    return index, len(data), checksum(data)


def content(index: int, size_bytes: int) -> memoryview:
    """What the file of this task contains: pages of equal bytes, each page unlike the one before it."""
    pages = size_bytes // PAGE_BYTES + 1 + PATTERN_PAGES
    pattern = _patterns.get(pages)
    if pattern is None:
        whole = b"".join(bytes([page % PATTERN_PAGES]) * PAGE_BYTES for page in range(pages))
        pattern = _patterns.setdefault(pages, whole)
    start = index % PATTERN_PAGES * PAGE_BYTES
    return memoryview(pattern)[start : start + size_bytes]


def checksum(data: bytes | memoryview) -> int:
    """CRC-32 of the first byte of every page: each page has to be there, and little time goes into the sum."""
    return zlib.crc32(bytes(data[::PAGE_BYTES]))


def write_all(file: Any, data: memoryview) -> None:
    """Writes everything to an unbuffered file; a single call stops at 2 GiB."""
    while data:
        data = data[file.write(data) :]


class FileWorkload(Workload):
    """Base of the workloads with files: a temporary folder from `open` to `close`."""

    needs = Resource.IO
    default_tasks = 16

    size: int = size(1 << 20, "Bytes of each file.")

    _folder = ""

    def open(self) -> None:
        """Makes the folder."""
        import tempfile

        self._folder = tempfile.mkdtemp(prefix="whichpool-files-")

    def close(self) -> None:
        """Removes the folder with its files."""
        import shutil

        shutil.rmtree(self._folder, ignore_errors=True)

    def path(self, index: int) -> str:
        """The file of this task."""
        return os.path.join(self._folder, f"{index}.bin")


class FileWriteFsync(FileWorkload):
    """Writes files and waits until the device has them.

    One task creates a file of its own, writes `size` bytes, calls `fsync` and closes the file. The files lie in a new
    folder under the one for temporary files (`TMPDIR` names another disk) and are removed between iterations, which
    is not timed.

    It shows whether several writers at once get more out of a disk than one: most of a task is waiting for `fsync`.

    Expected: it depends on the device, with and without the GIL, which is released during the system calls: flash with
    a queue speeds up, a single magnetic disk hardly does, and a file system in memory has nothing to wait for.

    Every task checks the length of the file that it wrote; the tests read the files back and compare each byte.

    `size` moves the border between waiting for the device (small files) and copying memory (large ones).
    """

    name = "file_write_fsync"
    function = staticmethod(write_and_sync)

    def items(self, count: int) -> list[tuple[str, int, int]]:
        """A new file for each task; those of the iteration before are removed."""
        for file in os.listdir(self._folder):
            os.unlink(os.path.join(self._folder, file))
        return [(self.path(index), index, self.size) for index in range(count)]

    def expected(self, items: list[tuple[str, int, int]]) -> list[tuple[int, int]]:
        """Each index, and as many bytes as were to be written."""
        return [(index, size_bytes) for _, index, size_bytes in items]

    def predicted_task_s(self) -> float:
        """A flash disk's time for one `fsync`, and the transfer."""
        return 2e-3 + self.size / WRITE_BYTES_PER_S


class FileRead(FileWorkload):
    """Reads files, from the page cache or from the device.

    One task opens a file of its own, reads all of it with one call and closes it. The files are written before
    anything is timed, in a new folder under the one for temporary files (`TMPDIR` names another disk).

    It shows the difference between input that waits for a device, which more workers overlap, and input that copies
    memory inside the kernel, which costs CPU time.

    Expected: the GIL is released while the kernel works, so threads do as well with it as without. Cached reads speed
    up to the number of CPUs or to what the memory can deliver; cold ones as far as the device can serve several at
    once.

    Every task returns a checksum of one byte of every page, which must be that of what was written. The tests count
    the bytes that the kernel fetched from the device: none for cached files, all of them for cold ones.

    `cache: cold` makes the kernel forget the files before each iteration (the passes of the warm-up excepted), after
    making sure that it does so here; where that can't be done, on macOS, on Windows and on file systems in memory,
    the case fails and says so. `size` is the length of each file.
    """

    name = "file_read"
    function = staticmethod(read_file)

    cache: str = choice("cached", ("cached", "cold"), "Whether the files are in the page cache when a task reads them.")

    def open(self) -> None:
        """Makes the folder, where files can be as cold as asked."""
        super().open()
        if self.cache == "cold":
            try:
                check_that_files_get_cold(self.path(-1))
            except NotColdError:
                self.close()
                raise

    def items(self, count: int) -> list[tuple[str, int]]:
        """Files that are there already, warm or cold as asked."""
        for index in range(count):
            if not os.path.exists(self.path(index)):
                write_synced(self.path(index), content(index, self.size))
        if self.cache == "cold":
            for index in range(count):
                forget(self.path(index))
        return [(self.path(index), index) for index in range(count)]

    def expected(self, items: list[tuple[str, int]]) -> list[tuple[int, int, int]]:
        """Each index, with length and checksum of what was written."""
        return [(index, self.size, checksum(content(index, self.size))) for _, index in items]

    def predicted_task_s(self) -> float:
        """Opening, and the transfer."""
        return 1e-4 + self.size / READ_BYTES_PER_S


class NotColdError(Exception):
    """Files cannot be made cold here."""


def write_synced(path: str, data: memoryview) -> None:
    """Makes a file that the device has: only then can the kernel forget it."""
    with open(path, "wb", buffering=0) as file:
        write_all(file, data)
        os.fsync(file.fileno())


def forget(path: str) -> None:
    """Makes the kernel drop a file's pages from its cache."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def check_that_files_get_cold(path: str) -> None:
    """Tries it with a file of that name. Raises NotColdError where the kernel keeps the file in memory."""
    if not hasattr(os, "posix_fadvise"):
        raise NotColdError(f"{sys.platform} has no posix_fadvise to make it forget files: use cache: cached")
    write_synced(path, content(0, PAGE_BYTES))
    forget(path)
    # Looking reads the beginning of a file into the cache: that is why no file of a task is looked at.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        kept = is_cached(descriptor)
    finally:
        os.close(descriptor)
        os.unlink(path)
    if kept:
        why = f"the files in {os.path.dirname(path)} stay in memory"
        raise NotColdError(f"{why}: set TMPDIR to a folder on a disk, or use cache: cached")


def is_cached(descriptor: int) -> bool:
    """Whether the kernel has the first page of an open file, as far as it tells."""
    if file_system(os.fstat(descriptor).st_dev) in IN_MEMORY:
        return True
    if not hasattr(os, "preadv") or not hasattr(os, "RWF_NOWAIT"):
        return False
    try:
        return os.preadv(descriptor, [bytearray(1)], 0, os.RWF_NOWAIT) > 0
    except OSError:  # it would have to wait for the device, or the file system can't tell
        return False


def file_system(device: int) -> str:
    """The type of the file system with this device number, where `/proc` tells; otherwise empty."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
            for mount in mounts:
                fields, _, file_system_fields = mount.partition(" - ")
                if fields.split()[2] == wanted:
                    return file_system_fields.split()[0]
    except OSError:
        pass
    return ""
