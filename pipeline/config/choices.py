"""The workloads and strategies that a grid names, every parameter an axis of values."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import combinations, product
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, ValidationError

from experiments import catalogue
from experiments.parameters import Parameter, Parameterised
from experiments.workloads.user import UserFunction as UserWorkload
from pipeline.config.fields import (
    NAME_KINDS,
    Scalar,
    Text,
    parameter_schema,
    read_axis,
    read_parameter,
    written,
)
from pipeline.config.functions import UserFunction, check_target, read_target
from pipeline.config.located import Located, sentence
from pipeline.config.ranges import expanded
from pipeline.config.sections import Section
from pipeline.errors import did_you_mean

KEYS_OF_THE_CONFIGURATION = (
    "use", "items", "setup", "place", "reason", "workload", "strategy", "workers", "interpreter"
)  # fmt: skip
"""What no parameter may be called, since a configuration writes parameters beside these."""


class Choice(Located):
    """A workload or strategy by name, with the values of each of its parameters."""

    what: ClassVar[str]
    several: ClassVar[str]

    use: Text
    """Its name."""
    values: dict[str, tuple[Scalar, ...]] = {}  # noqa: RUF012 - frozen, and copied by pydantic
    """Every parameter's values in SI units, defaults included; None is decided by calibration or by the plan."""

    def points(self) -> list[dict[str, Scalar]]:
        """Every combination of the parameters' values."""
        return [dict(zip(self.values, point, strict=True)) for point in product(*self.values.values())]

    @classmethod
    def available(cls) -> dict[str, type[Parameterised]]:
        """What can be chosen, by name."""
        raise NotImplementedError

    @classmethod
    @cache
    def written_model(cls, name: str) -> type[Located]:
        """The model of what a configuration may write about one of them: `use` and the parameters."""
        found = cls.available()[name]
        fields: dict[str, Any] = {"use": (Literal[name], Field(description=f"The {cls.what}'s name."))}
        for parameter in found.parameters().values():
            fields[parameter.name] = axis_of(parameter)
        return create_model(f"{cls.what} {name}", __base__=Located, __doc__=found.summary(), **fields)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any, info: ValidationInfo) -> Any:
        if isinstance(data, Section):
            return cls.read(data, info)
        if not isinstance(data, dict | cls):
            message = f"must name a {cls.what} or be a mapping with `use: …`, not {written(data)}"
            raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors
        return data

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A name, or one of the mappings that may be written."""
        names = {"enum": list(cls.available()), "description": f"The name of a {cls.what}."}
        return {"anyOf": [names, *(handler(model.__pydantic_core_schema__) for model in cls.written_models())]}

    @classmethod
    def written_models(cls) -> list[type[Located]]:
        """The models of all mappings that a configuration may write."""
        return [cls.written_model(name) for name in cls.available()]

    @classmethod
    def read(cls, section: Section, info: ValidationInfo) -> dict[str, Any]:
        """The fields of this model, from what a configuration wrote."""
        name = section.get("use")
        if not isinstance(name, str):
            raise _at_use(f"name a {cls.what} with `use: …`, not {written(name)}", name)
        known = cls.available()
        if name not in known:
            allowed = f"`whichpool list {cls.several}` shows those there are"
            raise _at_use(f'unknown {cls.what} "{name[:60]}"; {allowed}{did_you_mean(name, known)}', name)
        made = cls.written_model(name).model_validate(section, context=info.context)
        given = {key for key in made.model_fields_set if getattr(made, key) != (None,)}
        if "task_time" in given and (sized := given.intersection(_sized_by(known[name]))):
            raise _at_use(f"`task_time` finds `{sized.pop()}` by calibration: give one of the two", name)
        return {"use": name, "values": {key: getattr(made, key) for key in known[name].parameters()}}


class StrategyChoice(Choice):
    """A strategy that a grid names."""

    what = "strategy"
    several = "strategies"

    @classmethod
    def available(cls) -> dict[str, type[Parameterised]]:
        """Every strategy, by name."""
        return dict(_strategies())


class WorkloadChoice(Choice):
    """A workload that a grid names: one of the catalogue's, or the user's own function."""

    what = "workload"
    several = "workloads"

    user: UserFunction | None = None
    """The user's own function and its task list; None for a workload of the catalogue."""

    @classmethod
    def available(cls) -> dict[str, type[Parameterised]]:
        """Every workload of the catalogue, by name."""
        return dict(_workloads())

    @classmethod
    def written_models(cls) -> list[type[Located]]:
        """Those of the catalogue's workloads and that of the user's own function."""
        return [*super().written_models(), WrittenFunction]

    @classmethod
    def read(cls, section: Section, info: ValidationInfo) -> dict[str, Any]:
        """As for every choice; a name such as `file.py:function` is the user's own function."""
        name = section.get("use")
        if not isinstance(name, str) or not (":" in name or name.endswith(".py")):
            return super().read(section, info)
        context = {**(info.context or {}), "folder": section.place.file.parent}
        made = WrittenFunction.model_validate(section, context=context)
        folder = context["folder"]
        targets = [made.use, made.items, *filter(None, [made.setup])]
        user = UserFunction(*(part for text in targets for part in read_target(text, folder)))  # type: ignore[arg-type]
        return {"use": made.use, "values": {"tasks": made.tasks}, "user": user}


def _target(text: str, info: ValidationInfo) -> str:
    context = info.context or {}
    if "folder" in context:
        file, name = read_target(text, context["folder"])
        if context.get("check_files", True):
            check_target(file, name)
    return text


def axis_of(parameter: Parameter) -> tuple[Any, Any]:
    """Type and field of a parameter in a model: a list of values, for which a single one may stand."""
    read = partial(read_parameter, parameter)
    axis = Annotated[
        tuple[Annotated[Any, BeforeValidator(read)], ...],
        BeforeValidator(partial(_read_values, parameter, read)),
        WithJsonSchema(parameter_schema(parameter)),
    ]
    shown = {"default": parameter.default}
    return axis, Field(default=(parameter.default,), description=parameter.help, json_schema_extra=shown)


def _read_values(parameter: Parameter, read: Callable[[object], Any], value: object) -> object:
    axis = read_axis(value)
    return axis if parameter.kind in NAME_KINDS else expanded(axis, read)


_TASKS = UserWorkload.parameters()["tasks"]
_Target = Annotated[Text, AfterValidator(_target), WithJsonSchema({"type": "string", "pattern": r"\.py:[^\d\W]"})]
_TaskCount = Annotated[int | str | None, BeforeValidator(partial(read_parameter, _TASKS))]
_TaskCounts = Annotated[tuple[_TaskCount, ...], BeforeValidator(read_axis), WithJsonSchema(parameter_schema(_TASKS))]


class WrittenFunction(Located):
    """The user's own function, called once for each item of their task list."""

    model_config = ConfigDict(title="the user's own function")

    use: _Target
    """The function, as `file.py:name`; the file is relative to this configuration."""
    items: _Target
    """The task list, as `file.py:name`: a list, or a function without arguments that returns one."""
    setup: _Target | None = None
    """A function without arguments, as `file.py:name`, that is called before every pass over the items, untimed."""
    tasks: _TaskCounts = Field(default=(None,), json_schema_extra={"default": None})
    """Tasks per iteration, the items cut or repeated; by default one task per item."""

    @model_validator(mode="after")
    def _modules_differ(self, info: ValidationInfo) -> WrittenFunction:
        if folder := (info.context or {}).get("folder"):
            files = [read_target(text, folder)[0] for text in filter(None, (self.use, self.items, self.setup))]
            for one, other in combinations(files, 2):
                if one != other and one.stem == other.stem:
                    raise sentence(f'"{one}" and "{other}" can\'t both be the module "{one.stem}"; rename one')
        return self


@cache
def _workloads() -> dict[str, Any]:
    return dict(catalogue.workloads())


@cache
def _strategies() -> dict[str, Any]:
    return dict(catalogue.strategies())


def _sized_by(class_: type[Parameterised]) -> list[str]:
    """The parameters that calibration finds."""
    return [name for name, parameter in class_.parameters().items() if parameter.target_s is not None]


def _at_use(message: str, name: object) -> ValidationError:
    details = InitErrorDetails(type=sentence(message), loc=("use",), input=name)
    return ValidationError.from_exception_data("choice", [details])
