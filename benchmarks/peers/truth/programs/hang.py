"""A program that hangs, and so do its child and a descendant that has left its session.

All of them write themselves down in `processes.txt` beside this file, so that whoever started the tool can tell which
of them survive. The standard library alone, since every tool runs this file in an environment of its own.
"""

import os
import time
from pathlib import Path

LOG = Path(__file__).with_name("processes.txt")
LIFE_S = 60.0
"""For ever, as far as a timeout of a few seconds is concerned; ends by itself if nobody ends it."""
ITEMS = [1]


def hang(item: int = 1) -> int:
    """Never returns in time; what it starts holds the pipes that this process has inherited."""
    _log("program")
    if os.fork() == 0:
        _hang("child")
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            _hang("descendant")
        os._exit(0)
    os.wait()
    time.sleep(LIFE_S)
    return item


def _hang(role: str) -> None:
    _log(role)
    time.sleep(LIFE_S)
    os._exit(0)


def _log(role: str) -> None:
    """Role, process id and start in ticks since boot: a process id alone could be somebody else's by now."""
    started = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    descriptor = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(descriptor, f"{role} {os.getpid()} {started} {time.time()}\n".encode())
    os.close(descriptor)


if __name__ == "__main__":
    hang()
