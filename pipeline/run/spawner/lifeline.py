"""Ties a measured process to this one: if this one is killed outright, so is the other."""

from __future__ import annotations

import os
import signal
import sys

F_SETSIG = 10
"""fcntl(2), Linux: which signal tells of events on a descriptor."""


class Lifeline:
    """A pipe that the measured process holds at one end and this process at the other.

    When this process ends, however it ends, the kernel closes its end and sends SIGKILL to the owner of the other.
    Unlike `PR_SET_PDEATHSIG`, nothing has to run in the measured process for that. Linux only; elsewhere it ties
    nothing.
    """

    def __init__(self) -> None:
        self._theirs, self._ours = os.pipe()
        os.set_inheritable(self._theirs, True)

    def tie(self, pid: int) -> None:
        """Makes that process, which has inherited its end, the one to be killed."""
        if sys.platform == "linux":
            import fcntl

            fcntl.fcntl(self._theirs, F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(self._theirs, fcntl.F_SETOWN, pid)
            fcntl.fcntl(self._theirs, fcntl.F_SETFL, os.O_ASYNC)
        os.close(self._theirs)

    def cut(self) -> None:
        """Closes this end, once the measured process is gone."""
        os.close(self._ours)
