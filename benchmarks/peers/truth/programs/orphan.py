"""A program whose grandchild does the work: nobody waits for it, and the program only looks whether it is done.

`orphan.py [SECONDS]` as a script. The standard library alone, since every tool runs this file in an environment of its
own.
"""

import os
import sys
import time
from pathlib import Path

BURN_S = 1.5
LIMIT_S = 60.0
ITEMS = [BURN_S]


def orphan(seconds: float = BURN_S) -> float:
    """Returns once a double-forked grandchild has used so much CPU time, as its own clock tells."""
    done = Path(__file__).with_name(f"done-{os.getpid()}-{time.monotonic_ns()}")
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            while time.process_time() < seconds:
                pass
            done.touch()
        os._exit(0)
    os.waitpid(child, 0)
    start = time.monotonic()
    while not done.exists():
        if time.monotonic() - start > LIMIT_S:
            raise TimeoutError("the grandchild didn't finish")
        time.sleep(0.02)
    return seconds


if __name__ == "__main__":
    orphan(*map(float, sys.argv[1:]))
