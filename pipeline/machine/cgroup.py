"""Where a private control group can be made: version 2 beside or below the own group, else version 1, else nowhere.

Standard library only, and little of it: the spawner imports this module.
"""

from __future__ import annotations

import contextlib
import os

from pipeline.machine.control_group import CpuGroupV1, GroupV1, GroupV2, PrivateGroup, join, removed
from pipeline.machine.hierarchy import V2, Position, positions, read_text, write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


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
                    removed(f"{parent}/{name}")


_places: dict[str, tuple[type[PrivateGroup], str]] = {}
"""Kind and parent folder of the last group made, by purpose. Looking for a place takes longer than all the rest."""


def _made_again(purpose: str, name: str) -> PrivateGroup | None:
    """A group where the last one was; None if there was none, or it can't be made there any more."""
    if purpose not in _places:
        return None
    kind, parent = _places[purpose]
    group = kind(f"{parent}/{name}")
    try:
        group.make()
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
                write_text(f"{parent}/cgroup.subtree_control", "+memory")
            except OSError:
                continue
        yield parent


_joinable: dict[str, bool] = {}
"""By parent folder: whether a process could join a group in it. Tried once, by a process made for that."""


def _made(group: PrivateGroup, purpose: str) -> bool:
    try:
        group.make()
    except OSError:
        return False
    parent = group.folder.rpartition("/")[0]
    usable = (group.cpu_seconds() if purpose == "cpu" else group.peak_bytes()) is not None
    if usable and parent not in _joinable:
        _joinable[parent] = _can_join(group.join_files)
        # The peak has seen the process that tried. A group without that memory needs a fresh folder.
        group.remove()
        try:
            group.make()
        except OSError:
            return False
    if usable and _joinable[parent]:
        return True
    group.remove()
    return False


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
