"""A private control group per invocation: the kernel itself keeps its peak of memory and its CPU time, and can kill it.

Version 2 where a group may be made beside or below the own one, else version 1, else none. Standard library only, and
little of it: the spawner imports this module.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

from pipeline.machine.hierarchy import V2, Position, positions, read_keys, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
        while not _removed(self.folder) and time.monotonic() < deadline:
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
        _write(f"{self.folder}/memory.max", str(limit_bytes))
        with contextlib.suppress(FileNotFoundError):
            _write(f"{self.folder}/memory.swap.max", "0")

    def _kill_all(self, members: list[int]) -> None:
        try:
            _write(f"{self.folder}/cgroup.kill", "1")
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
        _write(f"{self.folder}/memory.limit_in_bytes", str(limit_bytes))
        with contextlib.suppress(FileNotFoundError):
            _write(f"{self.folder}/memory.memsw.limit_in_bytes", str(limit_bytes))


class CpuGroupV1(PrivateGroup):
    """A group of the hierarchy that accounts CPU time."""

    method = "cgroup_v1"

    def cpu_seconds(self) -> float | None:
        """`cpuacct.usage`, which is in nanoseconds."""
        usage = _number(f"{self.folder}/cpuacct.usage")
        return None if usage is None else usage / 1e9


def create(name: str) -> PrivateGroup | None:
    """A new, empty group called `name` that keeps its peak of memory; None where this user may not have one.

    An empty group of that name, left behind by an earlier process, is replaced.
    """
    return _made_again("memory", name) or _first_made("memory", _candidates(positions(), name))


def create_for_cpu(name: str, beside: PrivateGroup | None = None) -> PrivateGroup | None:
    """A group that counts CPU time: `beside` if it does so itself, else a new one; None where there can't be one.

    A process is a member of one group of a hierarchy only, so that two new ones could not both hold it.
    """
    if beside and beside.cpu_seconds() is not None:
        return beside
    return _made_again("cpu", name) or _first_made("cpu", _cpu_candidates(positions(), name))


def remove_all(prefix: str) -> None:
    """Removes the groups whose names start so and that hold nobody: those of a process that was killed outright."""
    found = positions()
    for group in (*_candidates(found, prefix), *_cpu_candidates(found, prefix)):
        parent = group.folder.rpartition("/")[0]
        with contextlib.suppress(OSError):
            for name in os.listdir(parent):
                if name.startswith(prefix):
                    _removed(f"{parent}/{name}")


def join(join_files: Iterable[str]) -> None:
    """Makes the calling process a member; `OSError` if it isn't let in."""
    # Not `open`: after a fork, its layers cost four times as much as the joining.
    for path in join_files:
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.write(descriptor, b"0")
        finally:
            os.close(descriptor)


_places: dict[str, tuple[type[PrivateGroup], str]] = {}
"""Kind and parent folder of the last group made, by purpose. Looking for a place takes longer than all the rest."""


def _made_again(purpose: str, name: str) -> PrivateGroup | None:
    """A group where the last one was; None if there was none, or it can't be made there any more."""
    if purpose not in _places:
        return None
    kind, parent = _places[purpose]
    group = kind(f"{parent}/{name}")
    try:
        _make_folder(group.folder)
    except OSError:
        return None
    return group


def _first_made(purpose: str, candidates: Iterable[PrivateGroup]) -> PrivateGroup | None:
    for group in candidates:
        if _made(group, purpose):
            _places[purpose] = type(group), group.folder.rpartition("/")[0]
            return group
    return None


def _candidates(found: dict[str, Position], name: str) -> Iterator[PrivateGroup]:
    """Groups that may work, the best first."""
    if V2 in found:
        for parent in _parents_v2(found[V2]):
            yield GroupV2(f"{parent}/{name}")
    if "memory" in found:
        yield GroupV1(f"{found['memory'].folder}/{name}")


def _cpu_candidates(found: dict[str, Position], name: str) -> Iterator[PrivateGroup]:
    """Groups that may count CPU time. In version 2 no controller is needed for that: the own group's folder will do."""
    if V2 in found:
        own = found[V2]
        yield GroupV2(f"{own.folder}/{name}")
        if len(own.folder) > len(own.mount):
            yield GroupV2(f"{own.folder.rpartition('/')[0]}/{name}")
    if "cpuacct" in found:
        yield CpuGroupV1(f"{found['cpuacct'].folder}/{name}")


def _parents_v2(own: Position) -> Iterator[str]:
    """Folders whose subgroups have the memory controller.

    A group with members can't pass controllers on (except the root), so the new group usually has to be a
    sibling of the own one: a user's service manager owns the folder in which it puts its scopes.
    """
    for parent in (own.folder, own.folder.rpartition("/")[0]):
        if not parent.startswith(own.mount):
            return
        if "memory" not in (read_text(f"{parent}/cgroup.controllers") or "").split():
            continue
        if "memory" not in (read_text(f"{parent}/cgroup.subtree_control") or "").split():
            try:
                _write(f"{parent}/cgroup.subtree_control", "+memory")
            except OSError:
                continue
        yield parent


_joinable: dict[str, bool] = {}
"""By parent folder: whether a process could join a group in it. Tried once, by a process made for that."""


def _made(group: PrivateGroup, purpose: str) -> bool:
    try:
        _make_folder(group.folder)
    except OSError:
        return False
    parent = group.folder.rpartition("/")[0]
    usable = (group.cpu_seconds() if purpose == "cpu" else group.peak_bytes()) is not None
    if usable and parent not in _joinable:
        _joinable[parent] = _can_join(group.join_files)
        # The peak has seen the process that tried. A group without that memory needs a fresh folder.
        group.remove()
        try:
            _make_folder(group.folder)
        except OSError:
            return False
    if usable and _joinable[parent]:
        return True
    group.remove()
    return False


def _make_folder(folder: str) -> None:
    try:
        os.mkdir(folder)
    except FileExistsError:
        _removed(folder)
        os.mkdir(folder)


def _can_join(join_files: Sequence[str]) -> bool:
    """Whether a process is let in. The file's permissions don't tell: the common ancestor's count too."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            join(join_files)
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


def _removed(folder: str) -> bool:
    """Whether the folder is gone."""
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


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
