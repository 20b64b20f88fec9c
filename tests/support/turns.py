"""Whether other threads get to run during a task: the truth about the GIL that no load of the machine changes."""

from __future__ import annotations

import gc
import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

NEVER_S = 3600.0
AT_ONCE_S = 1e-6
PAUSE_S = 0.0002
ATTEMPTS = 5
FEW = 8
"""More turns than Python calls around a single call of C code could give away."""


def turns_during(function: Callable[[Any], Any], item: Any, switch_interval_s: float) -> int:
    """How often this thread got the GIL, between two pauses, while another one ran the task."""
    running: list[bool] = []

    def run() -> None:
        running.append(True)
        function(item)
        running.clear()

    usual = sys.getswitchinterval()
    # Python code that a library has hung into the garbage collector would run in the middle of the task.
    hooks = gc.callbacks[:]
    gc.callbacks.clear()
    worker = threading.Thread(target=run)
    sys.setswitchinterval(switch_interval_s)
    try:
        worker.start()
        turns = 0
        while worker.is_alive():
            time.sleep(PAUSE_S)
            turns += bool(running)
        worker.join()
    finally:
        sys.setswitchinterval(usual)
        gc.callbacks[:] = hooks
    return turns


def gives_turns(function: Callable[[Any], Any], item: Any, switch_interval_s: float) -> bool:
    """Whether more than a few turns were had, mostly.

    Mostly, because on a busy machine the task may be stopped by the system while it doesn't have the GIL.
    """
    function(item)
    attempts = [turns_during(function, item, switch_interval_s) for _ in range(ATTEMPTS)]
    return statistics.median(attempts) > FEW
