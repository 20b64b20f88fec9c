"""What the strategies with worker processes share."""

from __future__ import annotations

import signal
import sys
import time

from experiments.parameters import choice, integer
from experiments.strategies.base import Strategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess
    from typing import Any

PATIENCE_S = 0.5
PRELOADS_SINCE = {(3, 12): 8, (3, 13): 1}
"""Minor versions and their patch from which on a fork server gets `sys.path` before it preloads (cpython#117378)."""


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


class PoolStrategy(ProcessStrategy):
    """What the two process pools share besides: several items in a message, and a fork server that is prepared."""

    pickles = "pickle"
    # None rather than the value itself: what isn't asked for stays out of the names of cases.
    chunk_size: int | None = integer(None, "Items per message to a worker; 1 unless set.")
    preload: str | None = choice(
        None,
        ("none", "function"),
        "What the fork server imports before it forks: nothing unless set, or the module of the workload's function.",
    )

    def __init__(self, workers: int = 1, **values: Any) -> None:
        super().__init__(workers, **values)
        self.chunk: int = self.chunk_size or 1
        self.dispatch_s = type(self).dispatch_s / self.chunk

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """Only a fork server can import beforehand, and older ones fail to."""
        reason = super().unsupported(interpreter, values)
        if reason or values.get("preload") in (None, "none"):
            return reason
        method = values.get("start_method", cls.parameters()["start_method"].default)
        if method != "forkserver":
            return f"preload is for the start method forkserver; {method} has no server that could import beforehand"
        version = tuple(interpreter["version_info"])
        if version < (3, 12) or version[2] < PRELOADS_SINCE.get(version[:2], 0):
            said = ".".join(map(str, version))
            return f"the fork server of Python {said} can't preload modules outside its own path; 3.12.8 and 3.13.1 can"
        return None

    def prepared(self, context: BaseContext, function: Callable[[Any], Any]) -> tuple[str, ...]:
        """Tells the fork server, before it starts, what to import; returns the names of the modules."""
        if self.preload != "function":
            return ()
        modules = tuple(modules_of(function))
        context.set_forkserver_preload(list(modules))
        return modules


def modules_of(function: Any) -> list[str]:
    """The modules that define a function and what it wraps: of a `functools.partial`, the function and arguments."""
    wrapped = [getattr(function, name) for name in ("func", "function") if hasattr(function, name)]
    parts = [*wrapped, *filter(callable, getattr(function, "args", ()))]
    return list(dict.fromkeys([function.__module__, *(module for part in parts for module in modules_of(part))]))


def how_it_ended(processes: Sequence[BaseProcess]) -> str:
    """The first cause of death among workers, in words; those that the pool itself terminated are passed over.

    Asks for a moment, because the pool's own thread may be reaping them: then their exit code comes a little later.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        codes = [process.exitcode for process in processes]
        for code in codes:
            if code not in (None, 0, -signal.SIGTERM):
                return exit_in_words(code)
        if None not in codes or time.monotonic() > deadline:
            return "ended unexpectedly"
        time.sleep(0.005)


def exit_in_words(code: int) -> str:
    """What the exit code of a process says: `exited with code 3`, `was killed by SIGKILL`."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal
        return f"was killed by signal {-code}"
