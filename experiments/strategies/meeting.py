"""How the workers of a process pool prove that all of them are there: each waits at one barrier."""

from __future__ import annotations

import signal
import sys
import time

from experiments.parameters import choice
from experiments.strategies.base import Strategy, describe_worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from multiprocessing.process import BaseProcess
    from multiprocessing.synchronize import Barrier
    from typing import Any

PATIENCE_S = 0.5
_barrier: Barrier | None = None


def remember(barrier: Barrier) -> None:
    """Pool initializer: a barrier cannot travel as the argument of a task."""
    global _barrier
    _barrier = barrier


def meet(function: Callable[[Any], Any]) -> dict[str, Any]:
    """The first task of each worker; that it got `function` proves that it could import it."""
    del function
    assert _barrier is not None
    _barrier.wait()
    return describe_worker()


def how_it_ended(processes: Sequence[BaseProcess]) -> str:
    """The first cause of death among workers, in words; those that the pool itself terminated are passed over.

    Asks for a moment, because the pool's own thread may be reaping them: then their exit code comes a little later.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        codes = [process.exitcode for process in processes]
        for code in codes:
            if code not in (None, 0, -signal.SIGTERM):
                return f"exited with code {code}" if code > 0 else f"was killed by {signal.Signals(-code).name}"
        if None not in codes or time.monotonic() > deadline:
            return "ended unexpectedly"
        time.sleep(0.005)


class ProcessStrategy(Strategy):
    """What the strategies with worker processes share: an explicit start method and its availability."""

    bypasses_gil = True
    dispatch_s = 1.5e-4

    # macOS and Linux have all three; CPython's own default on Linux is forkserver since 3.14.
    start_method: str = choice(
        "spawn" if sys.platform == "win32" else "forkserver",
        ("fork", "forkserver", "spawn"),
        "How worker processes come into being.",
    )

    def predicted_startup_s(self) -> float:
        """Forking is cheap, a fresh interpreter is not; the fork server itself is one more."""
        first_s, each_s = {"fork": (0.003, 0.002), "forkserver": (0.05, 0.01)}.get(self.start_method, (0.06, 0.04))
        return first_s + each_s * self.workers

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """The platform decides which start methods there are."""
        wanted = values.get("start_method", cls.parameters()["start_method"].default)
        offered = interpreter.get("start_methods") or []
        if wanted in offered:
            return None
        return f"start method {wanted} is not available here; this interpreter offers {', '.join(offered) or 'none'}"
