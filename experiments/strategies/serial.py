"""No concurrency: the baseline of every comparison."""

from __future__ import annotations

from experiments.strategies.base import Strategy, describe_worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Serial(Strategy):
    """One task after the other in the main thread: what every other strategy is compared with.

    A plain loop without workers, so that nothing is started, handed out or waited for. It is the baseline of every
    speed-up, and right wherever tasks are short, few or dependent on each other. Trap: code that seems serial may use
    threads inside, as numeric libraries do; measured processes start with those set to one.
    """

    name = "serial"
    parallel = False

    def start(self, function: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Nothing to start."""
        del function
        return [describe_worker()]

    def run(self, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """A plain loop."""
        return [function(item) for item in items]

    def stop(self) -> None:
        """Nothing to stop."""
