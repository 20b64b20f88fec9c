"""The interpreters that a grid names, each with the options and variables that it is started with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, ValidationError

from pipeline.config.fields import Text, read_axis, written
from pipeline.config.located import Located, sentence
from pipeline.machine.switches import PREFIX, Switches

ALONE = ("-O", "-OO", "-b", "-bb")
WITH_VALUE = ("-X", "-W", "--jit")
"""Options that another word follows; those of one letter may also have it attached. `--jit` is PyPy's."""
ALLOWED = "-X name=value, -W action, -O, -OO, -b, -bb, and --jit word for PyPy"
DECIDED_HERE = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONSAFEPATH", "PYTHONNOUSERSITE", "PYTHONUSERBASE"),
    *("PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONEXECUTABLE", "PYTHONDONTWRITEBYTECODE"),
)
"""Variables that would change what is imported, or whether a measured process ends."""
_X_VALUE = re.compile(r"[A-Za-z][\w-]*(=.*)?", re.DOTALL)
_VARIABLE = re.compile(rf"{PREFIX}[A-Z0-9_]+")
_FORGOTTEN = re.compile(r"[^/\\]*?\s-{1,2}[A-Za-z]")
"""A name with options behind it."""


def _read_use(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(getattr(value, "text", value))
    if not isinstance(value, str) or not value.strip():
        message = f"must be current, the name of a Python or its path, not {written(value)}"
        raise ValueError(message)
    if _FORGOTTEN.match(value):
        name, *options = value.split()
        raise ValueError(f"must be written as {{use: {name}, options: [{', '.join(options)}]}}, not {written(value)}")
    return value


def _read_options(value: object) -> object:
    """The list of options. Raises ValueError for those with which nothing could be measured."""
    axis = [] if value == [] or value == () else read_axis(value)
    if not isinstance(axis, list):
        return axis
    words = iter(axis)
    for word in words:
        if word in ALONE:
            continue
        if word in WITH_VALUE:
            option, text = word, next(words, None)
        else:
            text = str(word)
            option = next((each for each in ("-X", "-W") if text.startswith(each)), None)
            text = text[2:]
        if option is None or not _fits(option, text):
            raise ValueError(
                f"must be a list of options such as [-X, gil=1]; allowed: {ALLOWED}; not {_shown(option, text, word)}"
            )
    return axis


def _fits(option: str, value: object) -> bool:
    if not isinstance(value, str) or not value.strip() or value.startswith("-") or value != value.strip():
        return False
    return option != "-X" or _X_VALUE.fullmatch(value) is not None


def _shown(option: str | None, value: object, word: object) -> str:
    if option is None or word != option:
        return written(word)
    return f'"{option}" alone' if value is None else f'"{option}" with {written(value)}'


def _read_environment(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError(f'must be a mapping such as {{PYTHON_JIT: "1"}}, not {written(value)}')  # noqa: TRY004
    mistakes = list(_mistakes(value))
    if mistakes:
        raise ValidationError.from_exception_data("environment", mistakes)
    return {name: str(getattr(text, "text", text)) for name, text in value.items()}


def _mistakes(variables: dict[Any, Any]) -> Iterator[InitErrorDetails]:
    for name, value in variables.items():
        message = ""
        if not _VARIABLE.fullmatch(str(name)):
            message = f'"environment" may have variables of Python such as PYTHON_JIT only, not {written(name)}'
        elif name in DECIDED_HERE:
            message = f'"{name}" can\'t be given: whichpool decides what measured processes find'
        elif not isinstance(value, str | int | float) or isinstance(value, bool):
            message = f'"{name}" must be text, not {written(value)}; put it in quotes'
        if message:
            yield InitErrorDetails(type=sentence(message), loc=(str(name),), input=value)


class InterpreterChoice(Located):
    """A Python that runs the measured code, and how it is started. A bare name stands for `{use: name}`."""

    use: Annotated[
        Text,
        BeforeValidator(_read_use),
        WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"type": "number"}]}),
    ]
    """`current`, a name such as `python3.13`, or a path."""
    options: Annotated[
        tuple[Text, ...],
        BeforeValidator(_read_options),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
    ] = ()
    """Options of the interpreter, such as `[-X, gil=1]` or `-O`."""
    environment: Annotated[
        dict[str, Text],
        BeforeValidator(_read_environment),
        WithJsonSchema(
            {
                "type": "object",
                "patternProperties": {f"^{_VARIABLE.pattern}$": {"type": ["string", "number"]}},
                "additionalProperties": False,
            }
        ),
    ] = Field(default={})
    """`PYTHON…` variables, such as `{PYTHON_JIT: "1"}`."""

    @property
    def switches(self) -> Switches:
        """Options and variables, as they are handed to the interpreter."""
        return Switches(self.options, tuple(self.environment.items()))

    @property
    def label(self) -> str:
        """What the plan, the tables and the report call it: `python3.14t -X gil=1`."""
        return f"{self.use} {self.switches}".strip()

    def resolved(self) -> str | dict[str, Any]:
        """What a configuration would write: a bare name where there is nothing else to say."""
        added: dict[str, Any] = {}
        if self.options:
            added["options"] = list(self.options)
        if self.environment:
            added["environment"] = dict(self.environment)
        return {"use": self.use, **added} if added else self.use

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        if isinstance(data, dict | cls):
            return data
        return {"use": _read_use(data)}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A name, or the mapping."""
        name = {"type": ["string", "number"], "minLength": 1, "description": "The name or path of a Python."}
        return {"anyOf": [name, handler(schema)]}
