"""How cases are measured: the section `measure`, of the whole configuration or of one grid."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from pipeline.config.fields import Count, CountOrZero, PositiveDuration, PositiveSize, Precision, Truth
from pipeline.config.located import Located
from pipeline.config.sections import Section


class Blocks(Located):
    """How often each case is measured: at least `min` and at most `max` invocations."""

    min: Count = 8
    """Blocks that are measured even if the precision is reached earlier."""
    max: Count = 30
    """Blocks after which a case stops, reached precision or not."""

    @model_validator(mode="before")
    @classmethod
    def _exactly(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return data
        if isinstance(data, list | str | bool) or data is None:
            raise ValueError("must be a whole number or {min: …, max: …}")
        exactly = Section()
        for key in ("min", "max"):
            exactly.put(key, data, exactly.place, exactly.place)
        return exactly

    @model_validator(mode="after")
    def _in_order(self) -> Blocks:
        if self.min > self.max:
            raise ValueError(f"must have min ({self.min}) at or below max ({self.max})")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The mapping, or one number for both."""
        mapping = handler.resolve_ref_schema(handler(schema))
        number = {"type": "integer", "minimum": 1, "maximum": 1_000_000}
        return {"description": mapping.pop("description", ""), "anyOf": [number, mapping]}


class Measure(Located):
    """How the cases of a grid are measured."""

    blocks: Blocks = Blocks()
    """Invocations per case: a number, or {min: …, max: …} to stop as soon as the precision is reached."""
    iterations: Count = 3
    """Measured passes over the task list inside each invocation."""
    warmup: CountOrZero = 1
    """Passes over the task list before the measured ones, in each invocation."""
    precision: Precision | None = 0.03
    """A case stops when half the width of its speed-up's interval is below this; null never stops early."""
    timeout_s: PositiveDuration = Field(default=60.0, alias="timeout")
    """Wall-clock time after which an invocation is ended, with everything it started."""
    memory: Truth = True
    """Whether memory is measured, in invocations of its own."""
    memory_limit_bytes: PositiveSize | None = Field(default=None, alias="memory_limit")
    """Memory that each measured process may use; null sets no limit."""


class RunMeasure(Measure):
    """How cases are measured, and how long the whole run may take."""

    budget_s: PositiveDuration = Field(default=300.0, alias="budget")
    """Time for all measurements together; no invocation starts that would probably end after it."""
    oracles: Truth = True
    """Whether cases with a known answer are measured too, in at most a tenth of the budget; they gate the verdicts."""
    disturbed: Literal["repeat", "keep", "ignore"] = "repeat"
    """What becomes of timings that other processes disturbed: flagged and repeated, only flagged, or not looked for."""
    until: Literal["precision", "decided"] = "precision"
    """What ends a case early: its interval is narrow enough, or it is settled which strategy wins its kind of work."""
