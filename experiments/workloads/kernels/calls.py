"""Kernels that call something: functions and methods, of C and of Python."""

from __future__ import annotations

import math
import sys
from operator import methodcaller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Tally:
    """Adds up."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, number: int) -> None:
        """Adds this number."""
        self.total += number


class DoubleTally(Tally):
    """Adds up by calling the base class."""

    def add(self, number: int) -> None:
        """Adds this number."""
        super().add(number)


class Holder:
    """Holds a number."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0

    def get(self) -> int:
        """The number."""
        return self.number


class Context:
    """Does nothing around a block."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        pass


def plus(total: int, number: int) -> int:
    """The sum."""
    return total + number


def in_halves(number: int) -> Iterator[int]:
    """The number in two parts."""
    half = number // 2
    yield half
    yield number - half


this_module = sys.modules[__name__]


def object_cfunction(item: tuple[int, int]) -> int:
    """Calls methods of a built-in object."""
    first, rounds = item
    waiting = [0] * 64
    total = 0
    for number in range(first, first + rounds):
        waiting.append(number)
        total += waiting.pop(0)
    return total + sum(waiting)


def cmodule_function(item: tuple[int, int]) -> int:
    """Calls a function of a module that is written in C."""
    first, rounds = item
    total = 0.0
    for number in range(first, first + rounds):
        total += math.fabs(number)
    return int(total)


def object_lookup_special(item: tuple[int, int]) -> int:
    """Calls a built-in function that looks up a special method in the type of its argument."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        total += round(number + 0.25)
    return total


def context_manager(item: tuple[int, int]) -> int:
    """Enters and leaves a `with` block."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        with Context():
            total += number
    return total


def generator(item: tuple[int, int]) -> int:
    """Makes a generator and iterates over the two parts of a number."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        for part in in_halves(number):
            total += part
    return total


def pymethod(item: tuple[int, int]) -> int:
    """Calls a method that is written in Python."""
    first, rounds = item
    tally = Tally()
    for number in range(first, first + rounds):
        tally.add(number)
    return tally.total


def pyfunction(item: tuple[int, int]) -> int:
    """Calls a function that is written in Python."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        total = plus(total, number)
    return total


def module_function(item: tuple[int, int]) -> int:
    """Calls a function that is an attribute of a module."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        total = this_module.plus(total, number)
    return total


def method_caller(item: tuple[int, int]) -> int:
    """Calls a method by its name, through `operator.methodcaller`."""
    first, rounds = item
    get = methodcaller("get")
    holder = Holder()
    total = 0
    for number in range(first, first + rounds):
        holder.number = number
        total += get(holder)
    return total


def super_call(item: tuple[int, int]) -> int:
    """Calls a method that calls that of its base class."""
    first, rounds = item
    tally = DoubleTally()
    for number in range(first, first + rounds):
        tally.add(number)
    return tally.total
