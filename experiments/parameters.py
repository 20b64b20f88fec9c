"""Parameters of workloads and strategies: declared as class attributes, given by keyword.

Neither `dataclasses` nor `typing` is imported at run time: together they take longer to import than a bare
interpreter takes to start, and every measured process would pay that.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Parameter:
    """One adjustable value: its kind, default, bounds and one line of help.

    `kind` is `integer`, `duration` (seconds), `size` (bytes), `task_time` (seconds, 0 being `noop`), `choice` or
    `text`. `target_s` marks a value that is calibrated, under `serial`, until one task takes that many seconds; it
    counts only while the value is unset.
    """

    def __init__(
        self,
        kind: str,
        default: Any,
        help: str,  # noqa: A002 - the word that argparse and click made familiar
        *,
        choices: tuple[str, ...] = (),
        minimum: float | None = None,
        target_s: float | None = None,
    ) -> None:
        self.kind = kind
        self.default = default
        self.help = help
        self.choices = choices
        self.minimum = minimum
        self.target_s = target_s
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Parameterised | None, owner: type) -> Any:
        return self if instance is None else instance.values.get(self.name, self.default)


def integer(default: int | None, help: str, *, minimum: int | None = 1) -> Any:  # noqa: A002
    """A whole number."""
    return Parameter("integer", default, help, minimum=minimum)


def duration(default: float | None, help: str) -> Any:  # noqa: A002
    """A time in seconds; a configuration may write it as `10ms`."""
    return Parameter("duration", default, help, minimum=0)


def size(default: int, help: str) -> Any:  # noqa: A002
    """A number of bytes; a configuration may write it as `64KiB`."""
    return Parameter("size", default, help, minimum=0)


def choice(default: str | None, choices: tuple[str, ...], help: str) -> Any:  # noqa: A002
    """One of a few words; a default of None is decided per machine by whoever declares it."""
    return Parameter("choice", default, help, choices=choices)


def text(default: str | None, help: str) -> Any:  # noqa: A002
    """Free text."""
    return Parameter("text", default, help)


def calibrated_to(target_s: float, help: str) -> Any:  # noqa: A002
    """A whole number that is found by calibration, so that one task takes `target_s` seconds under `serial`."""
    return Parameter("integer", None, help, minimum=1, target_s=target_s)


class Parameterised:
    """Base of everything that is declared with parameters and built from keyword arguments."""

    def __init__(self, **values: Any) -> None:
        unknown = sorted(set(values) - set(self.parameters()))
        if unknown:
            raise TypeError(f"{type(self).__name__} has no parameter {', '.join(unknown)}")
        self.values: Mapping[str, Any] = values

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """The declared parameters by name, those of the base classes last."""
        found: dict[str, Parameter] = {}
        for owner in cls.__mro__:
            for name, value in vars(owner).items():
                if isinstance(value, Parameter):
                    found.setdefault(name, value)
        return found

    @classmethod
    def libraries(cls, values: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG003
        """Import names of what it needs beyond the standard library, with these values of its parameters."""
        return ()

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring."""
        return (cls.__doc__ or "").strip().partition("\n")[0]
