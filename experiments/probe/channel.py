"""What the probe says to its supervisor: one message per phase, per finding, and one at the end."""

from __future__ import annotations

import os

from experiments.probe import clocks, messages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Channel:
    """The private file descriptor to the supervisor.

    Workers must not hold it: an executed one can't inherit it, a forked one closes it.
    """

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._leave)
        self._descriptor = descriptor
        self.worker_processes: list[int] | None = []
        """Process ids of the strategy's workers, whose CPU time belongs to the phases; None if it can't be told."""

    def receive(self) -> Any:
        """The next message of the supervisor."""
        return messages.receive(self._descriptor)

    def tell(self, **message: Any) -> None:
        """Sends one message."""
        messages.send(self._descriptor, message)

    def pause(self, point: str) -> None:
        """Stands still at a named point until the supervisor, which takes a reading of the tree, says go on."""
        self.tell(pause=point)
        self.receive()

    def phase(self, name: str, iteration: int | None = None) -> Phase:
        """A context that times what is inside and reports it."""
        return Phase(self, name, iteration)

    def _leave(self) -> None:
        try:
            os.close(self._descriptor)
        except OSError:
            return


class Phase:
    """Times what is inside; an exception passes through unreported.

    A class rather than `contextlib.contextmanager`, whose import alone takes a third of an interpreter's start.
    """

    def __init__(self, channel: Channel, name: str, iteration: int | None) -> None:
        self._channel = channel
        self._name = name
        self._iteration = iteration

    def __enter__(self) -> None:
        self._cpu_before = clocks.cpu_seconds(self._channel.worker_processes)
        self._start = clocks.now()

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        wall = clocks.now() - self._start
        if error is not None:
            return
        cpu_after = clocks.cpu_seconds(self._channel.worker_processes)
        cpu = None if self._cpu_before is None or cpu_after is None else cpu_after - self._cpu_before
        self._channel.tell(phase=self._name, iteration=self._iteration, wall=wall, cpu=cpu)
