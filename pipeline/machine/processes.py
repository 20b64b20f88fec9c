"""The process tree below a process: who is in it, how much memory it has, how to end it without a trace.

Standard library only, and little of it: the spawner imports this module.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

from pipeline.machine.hierarchy import read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    import resource
    from collections.abc import Iterable, Iterator

    Reaped = tuple[int, int, resource.struct_rusage]

PR_SET_CHILD_SUBREAPER = 36
STOP_PATIENCE_S = 0.02
"""How long to wait until a process has really stopped: some system calls can't be interrupted."""
SHORTEST_PAUSE_S = 0.0002
LONGEST_PAUSE_S = 0.005
AT_REST = ("T", "t", "Z", "X", None)
"""States in which a process neither starts nor reaps children; None is a process that is gone."""


def become_subreaper() -> bool:
    """Makes orphaned descendants children of the calling process (Linux); False where the system can't.

    The state belongs to the whole process and isn't inherited by its children.
    """
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError, TypeError):
        return False


def children(pid: int) -> list[int]:
    """Process ids of the direct children, zombies included; empty if there are none or `pid` is gone."""
    listed = _listed_children(pid)
    if listed is not None:
        return listed
    return [child for child, parent in _parents().items() if parent == pid]


def descendants(pid: int) -> list[int]:
    """Process ids of children, their children and so on, parents before their children."""
    found = dict.fromkeys(children(pid))
    queue = list(found)
    for member in queue:
        fresh = [child for child in children(member) if child not in found]
        found.update(dict.fromkeys(fresh))
        queue += fresh
    return queue


def state(pid: int) -> str | None:
    """The kernel's letter for its state (`R` running, `T` stopped, `Z` zombie, …); None if it is gone."""
    fields = _stat_fields(pid)
    return fields[0] if fields else None


class Size:
    """Memory of one process in bytes, of one moment."""

    __slots__ = ("high_water", "proportional", "resident")

    def __init__(self, resident: int, proportional: int, high_water: int) -> None:
        self.resident = resident
        """All pages that it has, shared ones in full."""
        self.proportional = proportional
        """Private pages, and of each shared page the share of one of its users: may be summed over processes."""
        self.high_water = high_water
        """The most that was ever resident since the process executed its program, or was forked off."""


def size(pid: int) -> Size | None:
    """What the process has; nothing at all for a zombie.

    None if the process is gone, may not be read, or the system doesn't tell.
    """
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            lines = file.read().decode("ascii", "replace").splitlines()
    except ProcessLookupError:  # what the kernel says of a process whose memory is gone already
        return Size(0, 0, 0) if state(pid) else None
    except OSError:
        return None
    resident, proportional = (int(line.split()[1]) << 10 for line in lines if line.startswith(("Rss:", "Pss:")))
    return Size(resident, proportional, max(resident, _high_water_bytes(pid)))


def sizes_below(pid: int) -> dict[int, Size] | None:
    """The sizes of all descendants of a process; those that end meanwhile are left out.

    None if one may not be read: a sum that leaves out someone would be wrong, not missing.
    """
    found = {}
    for member in descendants(pid):
        taken = size(member)
        if taken is not None:
            found[member] = taken
        elif _exists(member):
            return None
    return found


def kill_children(deadline_s: float) -> list[Reaped]:
    """Kills and reaps all descendants of the caller; returns process id, wait status and usage of each.

    In a child-subreaper (`become_subreaper`), descendants that were double-forked, put themselves into
    another session, ignore signals or are stopped go as well, since each becomes a child here when its parent
    ends. Returns when none is left, or after `deadline_s` with a process that even SIGKILL doesn't end at
    once.

    A usage includes what the process had itself reaped, so the sum over the list is the CPU time of the whole
    tree, except for children of processes that ignore SIGCHLD: the kernel forgets those.
    """
    deadline = time.monotonic() + deadline_s
    reaped: list[Reaped] = []
    pause_s = SHORTEST_PAUSE_S
    anyone_left = _reap(reaped)
    while anyone_left and time.monotonic() < deadline:
        # Whoever forks faster than it is killed has to be stopped first; parents first, so that nobody who is
        # already stopped can have a child that was overlooked.
        for pid in _stopped_tree(deadline):
            _signal(pid, signal.SIGKILL)
        anyone_left = _reap(reaped)
        if anyone_left:
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            anyone_left = _reap(reaped)
    return reaped


def _high_water_bytes(pid: int) -> int:
    """`VmHWM` of `/proc/<pid>/status`; zero where there is no such line, as for a zombie."""
    _, _, after = (read_text(f"/proc/{pid}/status") or "").partition("\nVmHWM:")
    return int(after.split(None, 1)[0]) << 10 if after else 0


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _listed_children(pid: int) -> list[int] | None:
    """From the kernel's own list, one file per thread; None where it isn't kept (`CONFIG_PROC_CHILDREN`)."""
    folder = f"/proc/{pid}/task"
    try:
        threads = os.listdir(folder)
    except OSError:
        return [] if _stat_fields(os.getpid()) else None
    found: list[int] = []
    for thread in threads:
        text = read_text(f"{folder}/{thread}/children")
        if text is None and thread == str(pid) and os.path.exists(f"{folder}/{thread}"):
            return None
        found += map(int, (text or "").split())
    return found


def _parents() -> dict[int, int]:
    """Every process's parent, by process id: from `/proc`, else from `ps`."""
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        pids = []
    if not pids:
        return _parents_from_ps()
    table = {pid: fields[1] for pid in pids if (fields := _stat_fields(pid))}
    return {pid: int(parent) for pid, parent in table.items()}


def _parents_from_ps() -> dict[int, int]:
    """The same where there is no `/proc`, as on macOS."""
    import subprocess

    try:
        command = ["ps", "-A", "-o", "pid=", "-o", "ppid="]
        done = subprocess.run(command, capture_output=True, timeout=2, check=True)
    except (OSError, subprocess.SubprocessError):
        return {}
    return _pairs(done.stdout.decode("ascii", "replace").splitlines())


def _pairs(lines: Iterable[str]) -> dict[int, int]:
    pairs = (line.split() for line in lines)
    return {int(pair[0]): int(pair[1]) for pair in pairs if len(pair) == 2 and "".join(pair).isdigit()}


def _stat_fields(pid: int) -> list[str]:
    """The fields of `/proc/<pid>/stat` from the state on; empty if the process is gone.

    The name before them may contain anything, closing parentheses included.
    """
    text = read_text(f"/proc/{pid}/stat") or ""
    return text.rpartition(") ")[2].split()


def _reap(reaped: list[Reaped]) -> bool:
    """Collects every dead child; returns whether there are others."""
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        reaped.append((pid, status, usage))


def _stopped_tree(deadline: float) -> list[int]:
    """Stops every descendant, generation by generation, and returns them.

    A process's children are listed once it has stopped: it can then neither start nor reap any, so that every
    process id in the list still means the same process.
    """
    found: list[int] = []
    generation = children(os.getpid())
    while generation:
        for pid in generation:
            _signal(pid, signal.SIGSTOP)
        found += generation
        patience = min(time.monotonic() + STOP_PATIENCE_S, deadline)
        generation = [child for pid in generation for child in _children_at_rest(pid, patience)]
    return found


def _children_at_rest(pid: int, patience: float) -> Iterator[int]:
    while state(pid) not in AT_REST and time.monotonic() < patience:
        time.sleep(SHORTEST_PAUSE_S)
    yield from children(pid)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
