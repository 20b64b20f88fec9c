"""How workers that share nothing but the machine prove that all of them are there: each leaves a file and waits.

A barrier can't be the argument of a task, and the engines with pools of their own take no initializer, or run it
again in a worker that they started anew. A folder works with all of them.
"""

from __future__ import annotations

import os
import time

from experiments.strategies.base import describe_worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PATIENCE_S = 60.0
"""How long the first to come waits for the last: engines start their workers within seconds."""
LOOK_INTERVAL_S = 0.001


class NobodyCame(Exception):
    """Fewer workers than asked for have started within a reasonable time."""


class Rendezvous:
    """A folder for one meeting of `workers` workers; removed at the end of the `with` block."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def __enter__(self) -> tuple[str, int]:
        """What every worker needs to know: the folder and the number of those who come."""
        import tempfile

        self._folder = tempfile.mkdtemp(prefix="meet-")
        return self._folder, self._workers

    def __exit__(self, *_: object) -> None:
        import shutil

        shutil.rmtree(self._folder, ignore_errors=True)


def meet(place: tuple[str, int], function: Callable[[Any], Any]) -> dict[str, Any]:
    """The first task of each worker; returns what it says of itself once all have come.

    Nobody can come twice, because nobody leaves before all are there. That a worker got `function` proves that it
    could import it.

    Raises:
        NobodyCame: If somebody is missing after a minute.
    """
    del function
    folder, count = place
    worker = describe_worker()
    with open(os.path.join(folder, f"{worker['process']}-{worker['thread']}"), "wb"):
        pass
    deadline = time.monotonic() + PATIENCE_S
    while (came := len(os.listdir(folder))) < count:
        if time.monotonic() > deadline:
            raise NobodyCame(f"only {came} of {count} workers started within {PATIENCE_S:g} s")
        time.sleep(LOOK_INTERVAL_S)
    return worker
