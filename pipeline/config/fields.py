"""The kinds of value that a configuration can hold: how they are read, and how the JSON Schema says it."""

from __future__ import annotations

from typing import Annotated, Any, TypeGuard

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, StrictBool, StrictStr, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from experiments.parameters import Parameter
from pipeline.config.expressions import EXPRESSION_PATTERN, evaluate
from pipeline.config.ranges import RANGE_PATTERN
from pipeline.config.sections import Decimal, as_listing
from pipeline.config.units import DURATION_PATTERN, SIZE_PATTERN, parse_duration, parse_size
from pipeline.errors import did_you_mean

Scalar = str | int | float | None

NAME_KINDS = ("choice", "text")
"""Kinds of parameter that are words; all others are numbers."""

NOOP = "noop"
"""A task without any work of its own."""
MOST_WORKERS = 100_000
_LARGEST = 2**63 - 1
"""What a column of whole numbers can hold."""

DURATION_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "string", "pattern": DURATION_PATTERN}, {"type": "number", "minimum": 0}]
}
SIZE_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "string", "pattern": SIZE_PATTERN}, {"type": "integer", "minimum": 0}]
}
_RANGE_SCHEMA: dict[str, Any] = {"type": "string", "pattern": RANGE_PATTERN}
_EXPRESSION_SCHEMA: dict[str, Any] = {"type": "string", "pattern": EXPRESSION_PATTERN}


def written(value: object) -> str:
    """The value as a message quotes it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f'"{value[:60]}"' if isinstance(value, str) else str(getattr(value, "text", value))[:60]


def read_integer(value: object, minimum: float | None = None) -> int:
    """A whole number, `1e6` included. Raises ValueError for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not _is_number(value) or not isinstance(value, int):
        raise ValueError(f"must be a whole number, not {written(value)}")
    return int(_at_least(value, minimum))


def read_number(value: object) -> float:
    """A finite number. Raises ValueError for anything else."""
    if not _is_number(value):
        raise ValueError(f"must be a number, not {written(value)}")
    return float(value)


def read_duration(value: object) -> float:
    """Seconds, of a text such as `10ms` or of a number. Raises ValueError for anything else."""
    if isinstance(value, str):
        return parse_duration(value)
    if not _is_number(value):
        raise ValueError(f'must be a duration such as "10ms", not {written(value)}')
    return float(_at_least(value, 0))


def read_size(value: object) -> int:
    """Bytes, of a text such as `64KiB` or of a whole number. Raises ValueError for anything else."""
    if isinstance(value, str):
        return int(_at_least(parse_size(value), 0))
    if not _is_number(value) or value != int(value):
        raise ValueError(f'must be a size such as "64KiB", not {written(value)}')
    return int(_at_least(int(value), 0))


def read_task_time(value: object) -> float:
    """Seconds, of a duration or of `noop`, which is 0. Raises ValueError for anything else."""
    if value == NOOP:
        return 0.0
    if isinstance(value, str) and not value[:1].isdigit():
        raise ValueError(f'must be a duration such as "10ms", or noop, not {written(value)}')
    return read_duration(value)


def read_count(value: object, *, per_worker: bool, most: int = _LARGEST) -> int | str:
    """A positive whole number, or an expression of `cpus` and, `per_worker`, of `workers`, kept as text.

    Raises:
        ValueError: It is neither.
    """
    if isinstance(value, str):
        number = evaluate(value, cpus=2, workers=2 if per_worker else None)
    else:
        number = read_integer(value, 1)
    if number > most:
        raise ValueError(f"must be at most {most}, not {written(value)}")
    return value.strip() if isinstance(value, str) else number


def read_parameter(parameter: Parameter, value: object) -> Scalar:
    """One value of a workload's or strategy's parameter, in SI units. Raises ValueError if it can't be one."""
    if value is None and parameter.default is None:
        return None
    if parameter.name == "tasks":
        return read_count(value, per_worker=True)
    if parameter.kind == "integer":
        return read_integer(value, parameter.minimum)
    if parameter.kind == "duration":
        return read_duration(value)
    if parameter.kind == "task_time":
        return read_task_time(value)
    if parameter.kind == "size":
        return read_size(value)
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {written(value)}")  # noqa: TRY004 - pydantic collects ValueErrors
    if parameter.choices and value not in parameter.choices:
        known = ", ".join(parameter.choices)
        raise ValueError(f'must be one of {known}, not "{value[:60]}"{did_you_mean(value, parameter.choices)}')
    return value


def parameter_schema(parameter: Parameter) -> dict[str, Any]:
    """The JSON Schema of what `read_parameter` accepts, single values as well as lists of them."""
    schema: dict[str, Any]
    if parameter.kind == "integer":
        schema = {"type": "integer"}
        if parameter.minimum is not None:
            schema["minimum"] = int(parameter.minimum)
        if parameter.name == "tasks":
            schema = _either(schema, _EXPRESSION_SCHEMA)
    elif parameter.kind == "size":
        schema = SIZE_SCHEMA
    elif parameter.kind in ("duration", "task_time"):
        schema = DURATION_SCHEMA if parameter.kind == "duration" else _either({"const": NOOP}, DURATION_SCHEMA)
    else:
        schema = {"enum": list(parameter.choices)} if parameter.choices else {"type": "string"}
    if parameter.kind not in NAME_KINDS:
        schema = _either(schema, _RANGE_SCHEMA)
    return one_or_more(_either(schema, {"type": "null"}) if parameter.default is None else schema)


def one_or_more(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a value or a list of them that isn't empty."""
    return _either(schema, {"type": "array", "items": schema, "minItems": 1})


def _either(schema: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    parts = [part["anyOf"] if set(part) == {"anyOf"} else [part] for part in (schema, other)]
    return {"anyOf": [*parts[0], *parts[1]]}


class OneOrMore:
    """Says in the JSON Schema that a single value may stand for a list, which isn't empty."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The list's schema, or that of its items."""
        return one_or_more(handler(schema)["items"])


def read_axis(value: object) -> object:
    """A list; a single value stands for a list of one. Raises ValueError for a list without values."""
    if isinstance(value, list | tuple) and not value:
        raise ValueError("must not be an empty list: nothing would be measured")
    return list(value) if isinstance(value, tuple) else as_listing(value)


def _is_number(value: object) -> TypeGuard[int | float]:
    """Whether this is a number, a finite one that a column of a table can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


def _at_least(value: float, minimum: float | None) -> float:
    if minimum is not None and value < minimum:
        raise ValueError(f"must be at least {minimum:g}, not {value:g}")
    return value


def _read_positive_duration(value: object) -> float:
    seconds = read_duration(value)
    if seconds <= 0:
        raise ValueError(f"must be longer than nothing, not {written(value)}")
    return seconds


def _read_positive_size(value: object) -> int:
    return int(_at_least(read_size(value), 1))


def _read_precision(value: object) -> float:
    fraction = value
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            fraction = float(Decimal(value.strip()[:-1])) / 100
        except ValueError:
            fraction = value
    if not _is_number(fraction):
        message = f'must be a percentage such as "3%" or a fraction such as 0.03, not {written(value)}'
        raise ValueError(message)
    if not 0 < fraction < 1:
        raise ValueError(f'must lie between 0% and 100%, not {written(value)}; write "3%" or 0.03')
    return float(fraction)


PositiveDuration = Annotated[float, BeforeValidator(_read_positive_duration), WithJsonSchema(DURATION_SCHEMA)]
PositiveSize = Annotated[int, BeforeValidator(_read_positive_size), WithJsonSchema(SIZE_SCHEMA)]
Count = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(read_integer)]
CountOrZero = Annotated[int, Field(ge=0, le=1_000_000), BeforeValidator(read_integer)]
Precision = Annotated[
    float,
    BeforeValidator(_read_precision),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?\s*%$"},
                {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            ]
        }
    ),
]
Workers = Annotated[
    int | str,
    BeforeValidator(lambda value: read_count(value, per_worker=False, most=MOST_WORKERS)),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": MOST_WORKERS}, _EXPRESSION_SCHEMA, _RANGE_SCHEMA]}
    ),
]
Text = StrictStr
Truth = StrictBool
