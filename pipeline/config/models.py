"""A whole configuration, validated; the other models are named here too."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, WithJsonSchema

from experiments.workloads.base import SWEEPS
from pipeline.config.choices import Choice, StrategyChoice, WorkloadChoice
from pipeline.config.claims import ClaimMargins
from pipeline.config.conditions import Condition
from pipeline.config.exclude import Exclude
from pipeline.config.fields import OneOrMore, Text, read_axis, written
from pipeline.config.functions import UserFunction
from pipeline.config.grid import Grid
from pipeline.config.interpreters import InterpreterChoice
from pipeline.config.located import Located
from pipeline.config.measure import Blocks, Measure, RunMeasure
from pipeline.config.mistakes import ConfigError, Place
from pipeline.config.sections import Section, restored
from pipeline.config.sentences import mistakes_of

__all__ = [
    "Blocks",
    "Choice",
    "ClaimMargins",
    "Condition",
    "Config",
    "Exclude",
    "Grid",
    "InterpreterChoice",
    "Measure",
    "RunMeasure",
    "StrategyChoice",
    "UserFunction",
    "WorkloadChoice",
    "validate",
]


_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


def _check_name(name: str) -> str:
    if not re.fullmatch(_NAME, name):
        allowed = 'letters, digits, ".", "_" and "-" (at most 64), since it names the run\'s folder'
        raise ValueError(f"must be made of {allowed}, not {written(name)}")
    return name


class Config(Located):
    """What to measure, and how."""

    name: Annotated[Text, AfterValidator(_check_name), WithJsonSchema({"type": "string", "pattern": _NAME})]
    """Names the run and its folder: letters, digits, `.`, `_` and `-`."""
    description: Annotated[Text, Field(max_length=1000)] = ""
    """One line for the report's title page."""
    measure: RunMeasure = RunMeasure()
    """How cases are measured; a grid may differ in single keys."""
    grids: Annotated[tuple[Grid, ...], BeforeValidator(read_axis), OneOrMore()]
    """What is measured: the cases of all grids together."""
    claims: ClaimMargins = ClaimMargins()
    """From where on an effect counts when the claims are judged."""

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """The keys of a file; `extends` is resolved before validation."""
        return (*super().keys(), "extends")

    @property
    def path(self) -> Path:
        """The file that the configuration was read from."""
        return self.place.file

    def resolved(self) -> dict[str, Any]:
        """Everything the configuration says, defaults included, in SI units and safe for JSON.

        It has the shape of the file; each mapping in a list also says its `place`. Only `path` is absolute.
        """
        folder = _absolute(self.path).parent
        return {
            "path": str(_absolute(self.path)),
            "name": self.name,
            "description": self.description,
            "measure": self.measure.model_dump(mode="json", by_alias=True),
            "grids": [_resolved_grid(grid, folder) for grid in self.grids],
            "claims": self.claims.model_dump(mode="json", by_alias=True),
        }

    @classmethod
    def from_resolved(cls, resolved: dict[str, Any]) -> Config:
        """The configuration that `resolved` came from; no file is read.

        Raises:
            ConfigError: The data isn't what `resolved` returns.
        """
        path = Path(str(resolved.get("path", "")))
        section = restored({key: value for key, value in resolved.items() if key != "path"}, path.parent)
        section.place = Place(path)
        return validate(section, check_files=False)


def validate(root: Section, **context: Any) -> Config:
    """The configuration that a section says.

    Args:
        root: The whole file.
        context: `check_files=False` doesn't look at the user's own functions.

    Raises:
        ConfigError: With every mistake.
    """
    try:
        return Config.model_validate(root, context=context)
    except ValidationError as error:
        raise ConfigError(mistakes_of(error, root)) from None


def _resolved_grid(grid: Grid, folder: Path) -> dict[str, Any]:
    return {
        "workloads": [_resolved_choice(choice, folder) for choice in grid.workloads],
        "strategies": [_resolved_choice(choice, folder) for choice in grid.strategies],
        "workers": list(grid.workers),
        "interpreters": [_resolved_interpreter(choice, folder) for choice in grid.interpreters],
        "exclude": [_resolved_exclude(exclude, folder) for exclude in grid.exclude],
        "measure": grid.measure.model_dump(mode="json", by_alias=True),
        "place": _relative(grid.place, folder),
    }


def _resolved_choice(choice: WorkloadChoice | StrategyChoice, folder: Path) -> dict[str, Any]:
    axes: dict[str, Any] = {
        name: list(values) for name, values in choice.values.items() if name not in SWEEPS or values != (None,)
    }
    if isinstance(choice, WorkloadChoice) and choice.user is not None:
        own_folder = _absolute(choice.place.file).parent
        axes["items"] = f"{_relative_path(choice.user.items_file, own_folder)}:{choice.user.items}"
        if choice.user.setup_file is not None:
            axes["setup"] = f"{_relative_path(choice.user.setup_file, own_folder)}:{choice.user.setup}"
    return {"use": choice.use, **axes, "place": _relative(choice.place, folder)}


def _resolved_interpreter(choice: InterpreterChoice, folder: Path) -> str | dict[str, Any]:
    resolved = choice.resolved()
    return resolved if isinstance(resolved, str) else {**resolved, "place": _relative(choice.place, folder)}


def _resolved_exclude(exclude: Exclude, folder: Path) -> dict[str, Any]:
    written = {name: [one.text for one in conditions] for name, conditions in exclude.conditions.items()}
    return {**written, "reason": exclude.reason, "place": _relative(exclude.place, folder)}


def _relative(place: Place, folder: Path) -> str:
    return str(Place(Path(_relative_path(_absolute(place.file), folder)), place.line))


def _relative_path(path: Path, folder: Path) -> str:
    try:
        return os.path.relpath(path, folder)
    except ValueError:  # On another drive, where Windows knows no relative path.
        return str(path)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - a link's own folder is where relative names count from
