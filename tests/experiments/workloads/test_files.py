"""What is written is on the device; what is cold comes from there, and what is cached doesn't."""

import os
import tempfile
from pathlib import Path

import pytest

from experiments.workloads.files import PAGE_BYTES, NotColdError, checksum, content, file_system
from tests.experiments.workloads.opening import opened, run

IO = Path("/proc/self/io")
SHARED = Path("/dev/shm")
SIZE = 1 << 20


@pytest.fixture
def on_a_disk(tmp_path, monkeypatch):
    """A folder on a disk, for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if not IO.exists():
        pytest.skip("this system doesn't count the bytes that go to a device: there is no /proc/self/io")
    if file_system(tmp_path.stat().st_dev) in ("tmpfs", "ramfs"):
        pytest.skip(f"{tmp_path} is in memory: run the tests with --basetemp on a disk")
    return tmp_path


def counted(what):
    """Bytes that this process has read from or written to a device."""
    return int(next(line for line in IO.read_text().splitlines() if line.startswith(f"{what}:")).split()[1])


def test_the_bytes_on_the_device_are_the_bytes_written(on_a_disk):
    before = counted("write_bytes")
    with opened("file_write_fsync", size=SIZE) as workload:
        items = workload.items(3)
        assert [workload.function(item) for item in items] == [(0, SIZE), (1, SIZE), (2, SIZE)]
        assert counted("write_bytes") - before >= 3 * SIZE
        for path, index, _ in items:
            assert Path(path).read_bytes() == content(index, SIZE)
            assert Path(path).stat().st_blocks * 512 >= SIZE


@pytest.mark.parametrize("size", [0, 1, PAGE_BYTES, 3 * PAGE_BYTES + 5])
@pytest.mark.parametrize("strategy", ["serial", "threads"])
def test_files_of_any_size_are_written_and_read(size, strategy):
    for name in ("file_write_fsync", "file_read"):
        with opened(name, size=size) as workload:
            run(workload, strategy, 4)


def test_files_are_new_in_every_iteration_and_gone_in_the_end():
    with opened("file_write_fsync", size=10) as workload:
        items = workload.items(3)
        run(workload, "threads", 3)
        folder = Path(items[0][0]).parent
        assert sorted(path.name for path in folder.iterdir()) == ["0.bin", "1.bin", "2.bin"]
        workload.items(3)
        assert not list(folder.iterdir())
    assert not folder.exists()


def test_cached_files_come_from_memory(on_a_disk):
    with opened("file_read", size=SIZE) as workload:
        items = workload.items(3)
        before = counted("read_bytes")
        assert [workload.function(item) for item in items] == workload.expected(items)
        assert counted("read_bytes") - before == 0


def test_cold_files_come_from_the_device_in_every_iteration(on_a_disk):
    with opened("file_read", size=SIZE, cache="cold") as workload:
        for _ in range(2):
            items = workload.items(3)
            before = counted("read_bytes")
            assert [workload.function(item) for item in items] == workload.expected(items)
            assert counted("read_bytes") - before >= 3 * SIZE


@pytest.mark.skipif(not SHARED.is_dir(), reason="this system has no file system in memory at a known place")
def test_files_that_are_in_memory_anyway_cannot_be_cold(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(SHARED))
    with pytest.raises(NotColdError, match="set TMPDIR"), opened("file_read", size=SIZE, cache="cold"):
        pass
    assert not list(SHARED.glob("whichpool-files-*"))


def test_where_the_kernel_cannot_be_told_to_forget_nothing_is_cold(monkeypatch):
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    with pytest.raises(NotColdError, match="no posix_fadvise"), opened("file_read", cache="cold"):
        pass


def test_the_checksum_sees_every_page():
    data = bytearray(content(5, 10 * PAGE_BYTES))
    right = checksum(data)
    for page in range(10):
        data[page * PAGE_BYTES] ^= 1
        assert checksum(data) != right
        data[page * PAGE_BYTES] ^= 1


def test_each_task_has_a_content_of_its_own():
    assert len({bytes(content(index, PAGE_BYTES)) for index in range(251)}) == 251
    assert content(0, PAGE_BYTES) == bytes(PAGE_BYTES)
