"""Starts one measured process in a session of its own, with a private channel to it."""

from __future__ import annotations

import os
import signal
import socket
import sys

from pipeline.machine.control_group import join
from pipeline.run.spawner.lifeline import Lifeline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.machine.processes import Reaped

BOOTSTRAP = (
    "import sys; sys.path[:] = [sys.argv[1], *filter(None, sys.path)]; "
    "from experiments.probe.main import main; main(int(sys.argv[2]))"
)
"""The measured code first; the current folder, which `-c` puts in front unless isolated, not at all."""
USUAL_SIGNALS = (signal.SIGPIPE, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Which a measured process treats as any other does."""


class Launched:
    """A running measured process and the descriptors that belong to it."""

    def __init__(self, pid: int, channel: socket.socket, stderr: int, lifeline: Lifeline) -> None:
        self.pid = pid
        self.channel = channel
        self.stderr = stderr
        self._lifeline = lifeline
        self.pidfd = _pidfd(pid)
        self.reaped: list[Reaped] = []
        """The measured process itself, once it has been seen to be dead: process id, wait status and usage."""

    def has_ended(self) -> bool:
        """Whether the measured process itself is dead."""
        if not self.reaped:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.reaped.append((pid, status, usage))
        return bool(self.reaped)

    def close(self) -> None:
        """Closes the descriptors."""
        self._lifeline.cut()
        self.channel.close()
        os.close(self.stderr)
        if self.pidfd is not None:
            os.close(self.pidfd)


def launch(
    interpreter: Sequence[str],
    code_folder: str,
    environment: dict[str, str],
    join_files: Sequence[str] = (),
    pinned: Sequence[int] = (),
) -> Launched:
    """Forks and executes the probe under `interpreter` (executable and options).

    `join_files` are control group files into which the new process writes itself before it becomes the interpreter,
    so that every page of it is charged there. `pinned` are the CPUs that it may use; every one if empty.
    """
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    stderr_read, stderr_write = os.pipe()
    os.set_blocking(stderr_read, False)
    theirs.set_inheritable(True)
    lifeline = Lifeline()
    argv = [*interpreter, "-c", BOOTSTRAP, code_folder, str(theirs.fileno())]
    pid = None if join_files else _spawned(argv, environment, stderr_write, pinned)
    if pid is None:
        pid = os.fork()
        if pid == 0:
            _become(argv, environment, stderr_write, join_files, pinned)
    lifeline.tie(pid)
    theirs.close()
    os.close(stderr_write)
    return Launched(pid, ours, stderr_read, lifeline)


def _spawned(argv: list[str], environment: dict[str, str], stderr: int, pinned: Sequence[int]) -> int | None:
    """The process id; None where it doesn't work, in which case the other way tells why.

    `posix_spawn` doesn't copy this process's page tables first: that makes a start cheaper by a millisecond.
    """
    if sys.platform != "linux":
        return None
    allowed = os.sched_getaffinity(0)
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
        (os.POSIX_SPAWN_DUP2, 0, 1),
        (os.POSIX_SPAWN_DUP2, stderr, 2),
    ]
    try:
        if pinned:
            os.sched_setaffinity(0, pinned)
        return os.posix_spawn(argv[0], argv, environment, file_actions=actions, setsid=True, setsigdef=USUAL_SIGNALS)
    except OSError:
        return None
    finally:
        if pinned:
            os.sched_setaffinity(0, allowed)


def _become(
    argv: list[str], environment: dict[str, str], stderr: int, join_files: Sequence[str], pinned: Sequence[int]
) -> None:
    """In the child: leaves the spawner behind and executes the interpreter; never returns."""
    try:
        os.setsid()
        if pinned:
            os.sched_setaffinity(0, pinned)
        join(join_files)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.dup2(stderr, 2)
        for number in USUAL_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        os.execve(argv[0], argv, environment)
    except OSError as error:
        os.write(2, f"cannot start {argv[0]}: {error.strerror}".encode())
    finally:
        os._exit(127)


def _pidfd(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends, where the system has such a thing."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
