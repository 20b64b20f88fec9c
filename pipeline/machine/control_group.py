"""A private control group per invocation: the kernel itself keeps its peak of memory and its CPU time, and can kill it.

Standard library only, and little of it: the spawner imports this module.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

from pipeline.machine.hierarchy import read_keys, read_text, write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KILL_PATIENCE_S = 1.0
REMOVE_PATIENCE_S = 0.5
PAUSE_S = 0.002


class PrivateGroup:
    """One control group that holds one invocation.

    `join_files` are the files to which a process writes `0` to join; memory is charged to the group from then
    on.
    """

    method = ""
    """`cgroup_v2` or `cgroup_v1`: how a number was obtained, for the table of measurements."""
    _peak_file = ""
    _file_keys = ("", "")
    """Lines of `memory.stat`: all of the page cache, and the part of it that is shared memory."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.join_files: Sequence[str] = (f"{folder}/cgroup.procs",)

    def peak_bytes(self) -> int | None:
        """Highest memory of all members at one moment so far, page cache and kernel memory included.

        The kernel charges in batches, so that up to 256 KiB per CPU may be counted that nobody used.
        """
        return _number(f"{self.folder}/{self._peak_file}")

    def file_bytes(self) -> int | None:
        """Pages of files that are charged to the group right now: the kernel may drop them when memory is short.

        A page belongs to the group that touched it first. Shared memory isn't counted, as nothing else holds it.
        """
        counted = read_keys(f"{self.folder}/memory.stat")
        cache, shared = (counted.get(key) for key in self._file_keys)
        return None if cache is None or shared is None else max(0, cache - shared)

    def cpu_seconds(self) -> float | None:
        """CPU time, user and system, of all that have been members, whoever reaped them; None if it isn't counted."""
        return None

    def oom_kills(self) -> int | None:
        """Members that the kernel killed because the group had reached its limit."""
        raise NotImplementedError

    def set_limit(self, limit_bytes: int) -> None:
        """Lets the members use no more than this, swap included if it is counted; `OSError` if refused."""
        raise NotImplementedError

    def make(self) -> None:
        """Makes the group, empty; one that an earlier process left behind is replaced. `OSError` if refused."""
        try:
            os.mkdir(self.folder)
        except FileExistsError:
            removed(self.folder)
            os.mkdir(self.folder)

    def pids(self) -> list[int]:
        """The members."""
        return [int(line) for line in (read_text(f"{self.folder}/cgroup.procs") or "").split()]

    def kill(self) -> None:
        """Kills all members and what they start meanwhile; returns when none is left, or after a second."""
        deadline = time.monotonic() + KILL_PATIENCE_S
        while members := self.pids():
            self._kill_all(members)
            if time.monotonic() > deadline:
                return
            time.sleep(PAUSE_S)

    def remove(self) -> None:
        """Removes the group. The kernel may need a moment to let go of dead members; never raises."""
        deadline = time.monotonic() + REMOVE_PATIENCE_S
        while not removed(self.folder) and time.monotonic() < deadline:
            time.sleep(PAUSE_S)

    def _kill_all(self, members: list[int]) -> None:
        for pid in members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


class GroupV2(PrivateGroup):
    """A group of the unified hierarchy (`memory.peak` since Linux 5.19, `cgroup.kill` since 5.14)."""

    method = "cgroup_v2"
    _peak_file = "memory.peak"
    _file_keys = ("file", "shmem")

    def cpu_seconds(self) -> float | None:
        """`usage_usec` of `cpu.stat`, which every group has, with the CPU controller or without."""
        usage = read_keys(f"{self.folder}/cpu.stat").get("usage_usec")
        return None if usage is None else usage / 1e6

    def oom_kills(self) -> int | None:
        """The counter `oom_kill` of `memory.events`."""
        return read_keys(f"{self.folder}/memory.events").get("oom_kill")

    def set_limit(self, limit_bytes: int) -> None:
        """No swap at all: a measured process that swaps measures the disk."""
        write_text(f"{self.folder}/memory.max", str(limit_bytes))
        with contextlib.suppress(FileNotFoundError):
            write_text(f"{self.folder}/memory.swap.max", "0")

    def _kill_all(self, members: list[int]) -> None:
        try:
            write_text(f"{self.folder}/cgroup.kill", "1")
        except OSError:
            super()._kill_all(members)


class GroupV1(PrivateGroup):
    """A group of the memory controller's own hierarchy."""

    method = "cgroup_v1"
    _peak_file = "memory.max_usage_in_bytes"
    _file_keys = ("total_cache", "total_shmem")

    def oom_kills(self) -> int | None:
        """The counter `oom_kill` of `memory.oom_control`."""
        return read_keys(f"{self.folder}/memory.oom_control").get("oom_kill")

    def set_limit(self, limit_bytes: int) -> None:
        """The limit of memory first: the one of memory and swap together must never lie below it."""
        write_text(f"{self.folder}/memory.limit_in_bytes", str(limit_bytes))
        with contextlib.suppress(FileNotFoundError):
            write_text(f"{self.folder}/memory.memsw.limit_in_bytes", str(limit_bytes))


class CpuGroupV1(PrivateGroup):
    """A group of the hierarchy that accounts CPU time."""

    method = "cgroup_v1"

    def cpu_seconds(self) -> float | None:
        """`cpuacct.usage`, which is in nanoseconds."""
        usage = _number(f"{self.folder}/cpuacct.usage")
        return None if usage is None else usage / 1e9


def join(join_files: Iterable[str]) -> None:
    """Makes the calling process a member; `OSError` if it isn't let in."""
    # Not `open`: after a fork, its layers cost four times as much as the joining.
    for path in join_files:
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.write(descriptor, b"0")
        finally:
            os.close(descriptor)


def removed(folder: str) -> bool:
    """Removes a group that holds nobody; whether its folder is gone."""
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _number(path: str) -> int | None:
    text = (read_text(path) or "").strip()
    return int(text) if text.isdigit() else None
