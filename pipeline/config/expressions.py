"""Whole numbers that depend on the machine: `cpus`, `2*cpus`, `cpus-1`, `8*workers`."""

from __future__ import annotations

import re
from fractions import Fraction
from math import floor

_ATOM = "([0-9]{1,9}|cpus|workers)"
EXPRESSION_PATTERN = rf"^\s*{_ATOM}(\s*[-+*/]\s*{_ATOM})*\s*$"
"""What `evaluate` accepts, for the JSON Schema."""

_LONGEST = 60


def evaluate(expression: int | str, *, cpus: int, workers: int | None = None) -> int:
    """The value of a number or an expression of `cpus` and `workers`, rounded down.

    The grammar is sums, differences, products and quotients of whole numbers and the two names, without
    brackets. An expression never falls below 1, so that `cpus-1` serves machines of every size.

    Args:
        expression: A whole number or a text such as `2*cpus`.
        cpus: Effective number of CPUs.
        workers: Number of workers; None where the expression may not name it.

    Raises:
        ValueError: The number is below 1, or the text isn't such an expression; the message says what one is.
    """
    if isinstance(expression, int):
        if expression < 1:
            raise ValueError(f"must be at least 1, not {expression}")
        return expression
    values = {"cpus": cpus} if workers is None else {"cpus": cpus, "workers": workers}
    words = set(re.findall("[a-z]+", expression))
    if len(expression) > _LONGEST or not re.match(EXPRESSION_PATTERN, expression) or words - set(values):
        raise ValueError(_mistake(expression, values))
    compact = re.sub(r"\s+", "", expression)
    products = re.findall(r"([-+]?)([^-+]+)", compact)
    return max(1, floor(sum((-1 if sign == "-" else 1) * _product(text, values) for sign, text in products)))


def _product(text: str, values: dict[str, int]) -> Fraction:
    value = Fraction(1)
    for sign, atom in re.findall(r"([*/]?)(\w+)", text):
        factor = values[atom] if atom in values else int(atom)
        if sign == "/" and factor == 0:
            raise ValueError(f'"{text}" divides by zero')
        value = value / factor if sign == "/" else value * factor
    return value


def _mistake(expression: str, names: dict[str, int]) -> str:
    example = '"8*cpus" or "4*workers"' if "workers" in names else '"cpus", "2*cpus" or "cpus/2"'
    wanted = f"a whole number or an expression of {' and '.join(names)} such as {example}"
    return f'must be {wanted}, not "{expression[:_LONGEST]}"'
