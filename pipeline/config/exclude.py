"""What a grid leaves out: cases that meet every condition of one of its excludes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Annotated, Any, Protocol

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    TypeAdapter,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from experiments.parameters import Parameter
from experiments.workloads.user import UserFunction as UserWorkload
from pipeline.config.choices import Choice, StrategyChoice, WorkloadChoice
from pipeline.config.conditions import Condition, read_condition
from pipeline.config.fields import Scalar, Text, read_axis
from pipeline.config.located import Located, sentence

FIELDS_OF_EVERY_CASE = {"workload": "text", "strategy": "text", "workers": "integer", "interpreter": "text"}
"""Kind of each field that every case has; parameters come on top."""

_DESCRIPTIONS = {
    "workload": "Pattern for the workload's name.",
    "strategy": "Pattern for the strategy's name.",
    "workers": "Number of workers, or a comparison such as `> cpus`.",
    "interpreter": "Pattern for the interpreter as `interpreters` names it.",
}
_CONDITION_SCHEMA: dict[str, Any] = {"type": ["string", "number", "null", "array"], "minItems": 1}


class Candidate(Protocol):
    """What an exclude looks at; a case is one."""

    @property
    def workload(self) -> str: ...  # noqa: D102
    @property
    def parameters(self) -> Mapping[str, Scalar]: ...  # noqa: D102
    @property
    def strategy(self) -> str: ...  # noqa: D102
    @property
    def options(self) -> Mapping[str, Scalar]: ...  # noqa: D102
    @property
    def workers(self) -> int: ...  # noqa: D102
    @property
    def interpreter(self) -> str: ...  # noqa: D102


class Exclude(Located):
    """One rule; a case that meets all its conditions isn't measured."""

    conditions: dict[str, tuple[Condition, ...]]
    """By field: conditions of which one must hold."""
    reason: Text = ""
    """Why, for the plan and the report."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The fields that an exclude may name, whatever the grid's workloads."""
        return handler(written_model(all_parameters(), {}).__pydantic_core_schema__)

    def matches(self, candidate: Candidate, *, cpus: int) -> bool:
        """Whether the rule leaves this case out.

        A field that the case doesn't have (a parameter of another workload) never matches.

        Args:
            candidate: A case, or anything with its fields.
            cpus: Effective number of CPUs, for conditions such as `> cpus`.
        """
        fields: dict[str, Scalar] = {
            **candidate.options,
            **candidate.parameters,
            "workload": candidate.workload,
            "strategy": candidate.strategy,
            "workers": candidate.workers,
            "interpreter": candidate.interpreter,
        }
        return all(
            name in fields and any(one.holds(fields[name], cpus=cpus, workers=candidate.workers) for one in conditions)
            for name, conditions in self.conditions.items()
        )

    def __str__(self) -> str:
        """The rule in one line, as it was written."""
        return ", ".join(
            f"{name}: {' or '.join(str(one.text) for one in conditions)}"
            for name, conditions in self.conditions.items()
        )


def parameters_of(choices: Iterable[Choice]) -> dict[str, Parameter]:
    """The parameters of these workloads and strategies, by name."""
    found: dict[str, Parameter] = {}
    for choice in choices:
        available = choice.available()
        if choice.use in available:
            found.update(available[choice.use].parameters())
        else:
            found.update(tasks=UserWorkload.parameters()["tasks"])
    return found


def all_parameters() -> dict[str, Parameter]:
    """The parameters of every workload and strategy there is, by name."""
    owners = [*WorkloadChoice.available().values(), *StrategyChoice.available().values()]
    return {name: parameter for owner in owners for name, parameter in owner.parameters().items()}


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class _WrittenExclude(Located):
    """Cases to leave out: those that meet every condition given here."""

    reason: Text = ""
    """Why, for the plan and the report."""

    def conditions(self) -> dict[str, tuple[Condition, ...]]:
        """What was written, by field."""
        return {name: found for name, found in self if name != "reason" and found}

    @model_validator(mode="after")
    def _says_something(self) -> _WrittenExclude:
        if not self.conditions():
            raise sentence("an exclude needs at least one field, such as `workload: …` or `workers: …`")
        return self


def written_model(parameters: Mapping[str, Parameter], names: Mapping[str, Collection[str]]) -> type[_WrittenExclude]:
    """The model of what a configuration may write as one exclude, where cases have these parameters and names."""
    kinds = {name: parameter.kind for name, parameter in parameters.items()} | FIELDS_OF_EVERY_CASE
    values = {name: parameter.choices for name, parameter in parameters.items()} | dict(names)
    fields: dict[str, Any] = {}
    for name in (*FIELDS_OF_EVERY_CASE, *(name for name in kinds if name not in FIELDS_OF_EVERY_CASE)):
        item = Annotated[Any, BeforeValidator(partial(read_condition, kinds[name], values.get(name, ())))]
        axis = Annotated[tuple[item, ...], BeforeValidator(read_axis), WithJsonSchema(_CONDITION_SCHEMA)]
        about = _DESCRIPTIONS.get(name) or f"Value of the parameter, or a comparison. {parameters[name].help}"
        fields[name] = (axis, Field(default=(), description=about, json_schema_extra=_without_default))
    return create_model("exclude", __base__=_WrittenExclude, __doc__=_WrittenExclude.__doc__, **fields)


def read_excludes(
    value: object, parameters: Mapping[str, Parameter], listed: Mapping[str, Collection[str]] | None = None
) -> tuple[Exclude, ...]:
    """The excludes that a configuration wrote for a grid.

    Args:
        value: What was written.
        parameters: Parameters of the grid's cases.
        listed: The grid's workloads and strategies, if known; patterns must match one of them or of the catalogue.

    Raises:
        pydantic.ValidationError: A field or a condition is wrong.
    """
    names: dict[str, Collection[str]] = {}
    if listed is not None:
        names["workload"] = [*listed["workload"], *WorkloadChoice.available()]
        names["strategy"] = [*listed["strategy"], *StrategyChoice.available()]
    model = written_model(parameters, names)
    several: Any = tuple[model, ...]  # type: ignore[valid-type]
    rows: tuple[_WrittenExclude, ...] = TypeAdapter[Any](several).validate_python(value)
    made = []
    for row in rows:
        exclude = Exclude(conditions=row.conditions(), reason=row.reason)
        exclude._place = row.place
        made.append(exclude)
    return tuple(made)
