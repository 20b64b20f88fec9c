"""Conditions of an exclude: glob patterns for names, comparisons for numbers."""

from __future__ import annotations

import operator
import re
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pipeline.config.expressions import evaluate
from pipeline.config.fields import NAME_KINDS, Scalar, read_integer, read_size, read_task_time, written
from pipeline.errors import did_you_mean

_COMPARISONS: dict[str, Any] = {
    "": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SIGN = re.compile(r"\s*(?P<sign>[<>=!]=?|)\s*(?P<operand>.*?)\s*", re.DOTALL)


@dataclass(frozen=True)
class Condition:
    """What one field of a case must be like."""

    kind: str
    """Kind of the field, as in `experiments.parameters.Parameter`."""
    text: Scalar
    """The condition as it was written; None asks for a value that isn't set."""

    def __post_init__(self) -> None:
        """Raises ValueError if this is no pattern, or no comparison with a value of this kind."""
        if self.text is None:
            return
        sign, operand = self._split()
        if self.kind not in NAME_KINDS:
            self._number(operand, cpus=2, workers=2)
        elif sign not in ("", "==", "!="):
            raise ValueError(f'must be a pattern such as "sleep*" or "!= sleep*", not {written(self.text)}')

    def holds(self, value: Scalar, *, cpus: int, workers: int) -> bool:
        """Whether a case's value meets the condition; a value that isn't set meets only None."""
        if self.text is None or value is None:
            return self.text is value
        sign, operand = self._split()
        if self.kind in NAME_KINDS:
            return fnmatchcase(str(value), operand) is not (sign == "!=")
        return bool(_COMPARISONS[sign](value, self._number(operand, cpus=cpus, workers=workers)))

    def pattern(self) -> str | None:
        """The glob pattern, where the field is a name."""
        return self._split()[1] if self.kind in NAME_KINDS and self.text is not None else None

    def _split(self) -> tuple[str, str]:
        found = _SIGN.fullmatch(str(self.text))
        if found is None or found["sign"] not in _COMPARISONS or not found["operand"]:
            raise ValueError(f'must be a value or a comparison such as ">= 4", not {written(self.text)}')
        return found["sign"], found["operand"]

    def _number(self, operand: str, *, cpus: int, workers: int) -> float:
        value: str | float = float(operand) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", operand) else operand
        if self.kind in ("duration", "task_time"):
            return read_task_time(value)
        if self.kind == "size":
            return read_size(value)
        return read_integer(value) if isinstance(value, float) else evaluate(value, cpus=cpus, workers=workers)


def read_condition(kind: str, names: Collection[str], value: object) -> Condition:
    """The condition that was written for a field of this kind.

    Args:
        kind: Kind of the field.
        names: All values that a name can have; empty if anything goes.
        value: What was written.

    Raises:
        ValueError: It is no pattern, matches no name, or is no comparison with a value of this kind.
    """
    if isinstance(value, Condition):
        return value
    if isinstance(value, bool) or not (value is None or isinstance(value, str | int | float)):
        raise ValueError(f"must be a value, a pattern or a comparison, not {written(value)}")
    made = Condition(kind, str(getattr(value, "text", value)) if isinstance(value, float) else value)
    pattern = made.pattern()
    if names and pattern and not any(fnmatchcase(name, pattern) for name in names):
        raise ValueError(f'matches nothing: "{pattern[:60]}"{did_you_mean(pattern, names)}')
    return made
