"""Tasks that carry data besides their own argument."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Burdened:
    """A function whose argument comes with bytes that it doesn't look at; can be pickled if the function can."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, item: tuple[Any, bytes]) -> Any:
        """The function's result for the first of the two."""
        return self.function(item[0])


def burden(items: list[Any], size_bytes: int) -> list[tuple[Any, bytes]]:
    """Each item with that many bytes of its own: the same object twice would be pickled only once per message."""
    return [(item, (index % 251).to_bytes(1, "big") * size_bytes) for index, item in enumerate(items)]
