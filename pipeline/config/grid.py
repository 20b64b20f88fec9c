"""A grid: the workloads, strategies, numbers of workers and interpreters whose combinations are the cases."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from pipeline.config.choices import StrategyChoice, WorkloadChoice
from pipeline.config.exclude import Exclude, all_parameters, parameters_of, read_excludes
from pipeline.config.fields import OneOrMore, Workers, read_axis, read_integer
from pipeline.config.interpreters import InterpreterChoice
from pipeline.config.located import Located, sentence
from pipeline.config.measure import Measure
from pipeline.config.ranges import expanded
from pipeline.config.sections import Listing, Section

MOST_CASES = 20_000
"""A grid of more couldn't be measured in a week of quick cases."""


def _named(value: object) -> object:
    """A list of sections: a bare name becomes `{use: name}`."""
    listing = read_axis(value)
    if not isinstance(listing, Listing):
        return listing
    sections = Listing(listing.place)
    for item, place in zip(listing, listing.item_places, strict=True):
        section = item
        if isinstance(item, str):
            section = Section(place)
            section.put("use", item, place, place)
        sections.add(section, place)
    return sections


def _counts(value: object) -> object:
    return expanded(read_axis(value), partial(read_integer, minimum=1))


class Grid(Located):
    """Combinations to measure."""

    workloads: Annotated[tuple[WorkloadChoice, ...], BeforeValidator(_named), OneOrMore()]
    """Kinds of work: names, or mappings with `use` and values of parameters; a list of values is an axis."""
    strategies: Annotated[tuple[StrategyChoice, ...], BeforeValidator(_named), OneOrMore()]
    """Ways to run the tasks: names, or mappings with `use` and values of parameters."""
    workers: Annotated[tuple[Workers, ...], BeforeValidator(_counts), OneOrMore()] = (1, 2, "cpus")
    """Numbers of workers: whole numbers, expressions such as `cpus`, `2*cpus`, `cpus-1`, or `1 .. 64 x2`."""
    interpreters: Annotated[tuple[InterpreterChoice, ...], BeforeValidator(read_axis), OneOrMore()] = Field(
        default=(InterpreterChoice(use="current"),), json_schema_extra={"default": ["current"]}
    )
    """Pythons that run the measured code: `current`, names such as `python3.13`, paths, or mappings with `use`."""
    exclude: tuple[Exclude, ...] = ()
    """Cases to leave out; each entry leaves out the cases that meet all its conditions."""
    measure: Measure = Measure()
    """What differs from the configuration's own `measure`, key by key."""

    @field_validator("exclude", mode="before")
    @classmethod
    def _read_excludes(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, Listing):
            return value
        if not {"workloads", "strategies"} <= set(info.data):
            return read_excludes(value, all_parameters())
        workloads, strategies = info.data["workloads"], info.data["strategies"]
        names = {"workload": [one.use for one in workloads], "strategy": [one.use for one in strategies]}
        return read_excludes(value, parameters_of([*workloads, *strategies]), names)

    @model_validator(mode="after")
    def _not_too_large(self) -> Grid:
        if self.size() > MOST_CASES:
            raise sentence(f"the grid has {self.size():,} cases; at most {MOST_CASES:,} are allowed")
        return self

    def size(self) -> int:
        """The number of combinations, excluded ones and repetitions counted."""
        axes = (self.workloads, self.strategies)
        named = prod(sum(prod(map(len, one.values.values())) for one in choices) for choices in axes)
        return named * len(self.workers) * len(self.interpreters)
