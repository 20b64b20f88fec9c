"""Kernels that load constants, read and write attributes, and create objects."""

from __future__ import annotations

import builtins
from _thread import _local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SCALE = 1.5
here = _local()


class NeedsNewerPython(Exception):
    """The interpreter lacks what a kernel is about."""


class Empty:
    """An object without anything."""


def mult_constant(item: tuple[int, int]) -> int:
    """Multiplies by a constant, an object that all threads share."""
    first, rounds = item
    total = 0.0
    for number in range(first, first + rounds):
        total += number * 1.5
    return int(total / SCALE)


def load_string_const(item: tuple[int, int]) -> int:
    """Compares with a constant text."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        if number == "a constant":  # type: ignore[comparison-overlap]
            total += 1
        else:
            total += number
    return total


def load_tuple_const(item: tuple[int, int]) -> int:
    """Compares with a constant tuple."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        if number == (1, 2):  # type: ignore[comparison-overlap]
            total += 1
        else:
            total += number
    return total


def thread_local_read(item: tuple[int, int]) -> int:
    """Reads attributes that each thread has for itself."""
    first, rounds = item
    local = here
    local.nothing = 0
    total = 0
    for number in range(first, first + rounds):
        total += number + local.nothing + local.nothing + local.nothing + local.nothing
    return total


def setattr_non_interned(item: tuple[int, int]) -> int:
    """Sets an attribute by a name that was put together at run time, so that it isn't the usual one of its text."""
    first, rounds = item
    empty: Any = Empty()
    parts = ["num", "ber"]
    total = 0
    for number in range(first, first + rounds):
        setattr(empty, "".join(parts), number)
        total += empty.number
    return total


def create_pyobject(item: tuple[int, int]) -> int:
    """Creates an object of a class that is written in Python."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        Empty()
        total += number
    return total


def create_closure(item: tuple[int, int]) -> int:
    """Creates a function that refers to a variable around it, and calls it."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):

        def get() -> int:
            return number  # noqa: B023 - it is called before the variable changes

        total += get()
    return total


def create_dict(item: tuple[int, int]) -> int:
    """Creates a dictionary."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        entry = {"number": number}
        total += entry["number"]
    return total


def create_frozendict(item: tuple[int, int]) -> int:
    """Creates a `frozendict`, which Python has from 3.15 on."""
    frozendict = getattr(builtins, "frozendict", None)
    if frozendict is None:
        raise NeedsNewerPython("the kernel create_frozendict needs Python 3.15 or later")
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        entry = frozendict(number=number)
        total += entry["number"]
    return total
