"""The base of all models: frozen, closed to unknown keys, and aware of the place it was written at."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from pipeline.config.mistakes import NOWHERE, Place
from pipeline.config.sections import Section


class Located(BaseModel):
    """A value of the configuration. Two are equal if they say the same, wherever they were written."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    _place: Place = PrivateAttr(default=NOWHERE)

    @property
    def place(self) -> Place:
        """The file and line where the value was written."""
        return self._place

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """The keys that a configuration may write."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())

    @model_validator(mode="wrap")
    @classmethod
    def _remember_place(cls, data: Any, handler: ModelWrapValidatorHandler[Located]) -> Located:
        if not isinstance(data, Section):
            return handler(data)
        data.known_keys = cls.keys()
        made = handler(data)
        made._place = data.place
        return made

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]


def sentence(message: str) -> PydanticCustomError:
    """A mistake that needs no key in front of it; an ordinary ValueError continues `"key" …`."""
    return PydanticCustomError("sentence", "{message}", {"message": message})
