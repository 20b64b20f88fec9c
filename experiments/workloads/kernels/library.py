"""Kernels that use slow parts of the standard library, which the others should not have to import."""

from __future__ import annotations

import copy
from collections import namedtuple
from dataclasses import dataclass
from typing import NamedTuple

Plain = namedtuple("Plain", ["number", "unit", "name"])


class Typed(NamedTuple):
    """The same by `typing`."""

    number: int
    unit: int
    name: str


@dataclass
class Data:
    """The same as a data class."""

    number: int
    unit: int
    name: str


def instantiate_dataclass(item: tuple[int, int]) -> int:
    """Creates an object of a data class."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        total += Data(number=number, unit=1, name="a").number
    return total


def instantiate_namedtuple(item: tuple[int, int]) -> int:
    """Creates a tuple with names by `collections.namedtuple`."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        total += Plain(number=number, unit=1, name="a").number
    return total


def instantiate_typing_namedtuple(item: tuple[int, int]) -> int:
    """Creates a tuple with names by `typing.NamedTuple`."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        total += Typed(number=number, unit=1, name="a").number
    return total


def deepcopy(item: tuple[int, int]) -> int:
    """Copies a dictionary with a list and a tuple in it."""
    first, rounds = item
    total = 0
    for number in range(first, first + rounds):
        total += copy.deepcopy({"list": [number, 2], "tuple": (1, None)})["list"][0]  # type: ignore[operator]
    return total
