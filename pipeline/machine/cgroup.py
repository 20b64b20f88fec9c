"""A private control group per invocation: the kernel itself keeps the peak of its memory, and can kill it.

Version 2 with the memory controller where a group may be made beside or below the own one, else version 1,
else none. Standard library only, and little of it: the spawner imports this module.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

from pipeline.machine.hierarchy import V2, Position, positions, read_keys, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KILL_PATIENCE_S = 1.0
REMOVE_PATIENCE_S = 0.5
PAUSE_S = 0.002


class PrivateGroup:
    """One control group that holds one invocation.

    `join_files` are the files to which a process writes `0` to join; memory is charged to the group from then
    on.
    """

    method = ""
    """`cgroup_v2` or `cgroup_v1`: how the peak was obtained, for the table of measurements."""
    _peak_file = ""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.join_files: Sequence[str] = (f"{folder}/cgroup.procs",)

    def peak_bytes(self) -> int | None:
        """Highest memory of all members at one moment so far, page cache and kernel memory included.

        The kernel charges in batches, so that up to 256 KiB per CPU may be counted that nobody used.
        """
        text = read_text(f"{self.folder}/{self._peak_file}")
        return int(text) if text and text.strip().isdigit() else None

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

    def oom_kills(self) -> int | None:
        """The counter `oom_kill` of `memory.oom_control`."""
        return read_keys(f"{self.folder}/memory.oom_control").get("oom_kill")

    def set_limit(self, limit_bytes: int) -> None:
        """The limit of memory first: the one of memory and swap together must never lie below it."""
        _write(f"{self.folder}/memory.limit_in_bytes", str(limit_bytes))
        with contextlib.suppress(FileNotFoundError):
            _write(f"{self.folder}/memory.memsw.limit_in_bytes", str(limit_bytes))


def create(name: str) -> PrivateGroup | None:
    """A new, empty group called `name`; None where this user may not have one.

    An empty group of that name, left behind by an earlier process, is replaced.
    """
    found = positions()
    for group in _candidates(found, name):
        if _made(group):
            return group
    return None


def _candidates(found: dict[str, Position], name: str) -> Iterator[PrivateGroup]:
    """Groups that may work, the best first."""
    if V2 in found:
        for parent in _parents_v2(found[V2]):
            yield GroupV2(f"{parent}/{name}")
    if "memory" in found:
        yield GroupV1(f"{found['memory'].folder}/{name}")


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


def _made(group: PrivateGroup) -> bool:
    try:
        _make_folder(group.folder)
    except OSError:
        return False
    parent = group.folder.rpartition("/")[0]
    usable = group.peak_bytes() is not None
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
            for path in join_files:
                _write(path, "0")
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


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
