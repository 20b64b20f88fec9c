"""The combinations that a grid declares, and whether its excludes leave any of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from experiments import catalogue
from pipeline.config.choices import Choice
from pipeline.config.expressions import evaluate
from pipeline.config.fields import Scalar
from pipeline.config.grid import Grid
from pipeline.config.mistakes import ConfigError, Mistake
from pipeline.config.models import Config


@dataclass(frozen=True)
class Combination:
    """One cell of a grid as it is declared, before the plan completes it."""

    workload: str
    parameters: dict[str, Scalar]
    strategy: str
    options: dict[str, Scalar]
    workers: int
    interpreter: str


def combinations(grid: Grid, *, cpus: int) -> Iterator[Combination]:
    """Every combination of the grid's axes in the order of the file, excluded ones and repetitions included.

    A strategy that has a single worker whatever the configuration says appears with one, for each number of workers:
    the number of tasks may depend on that.

    Args:
        grid: The grid.
        cpus: Effective number of CPUs, the value of `cpus` in expressions.
    """
    counts = [evaluate(expression, cpus=cpus) for expression in grid.workers]
    strategies = catalogue.strategies()
    for (workload, values), (strategy, options) in product(_points(grid.workloads), _points(grid.strategies)):
        for count, interpreter in product(counts, grid.interpreters):
            workers = count if strategies[strategy].parallel else 1
            parameters = dict(values)
            if isinstance(tasks := parameters.get("tasks"), str):
                parameters["tasks"] = evaluate(tasks, cpus=cpus, workers=count)
            yield Combination(workload, parameters, strategy, options, workers, interpreter.label)


def empty_grids(config: Config, *, cpus: int) -> list[Mistake]:
    """A mistake for every grid of which the excludes leave nothing, at the exclude that does it.

    Args:
        config: The configuration.
        cpus: Effective number of CPUs, which `workers` and conditions may depend on.
    """
    mistakes = []
    for grid in config.grids:
        left = list(combinations(grid, cpus=cpus))
        for exclude in grid.exclude:
            left = [cell for cell in left if not exclude.matches(cell, cpus=cpus)]
            if not left:
                alone = " together with those before it" if exclude is not grid.exclude[0] else ""
                message = f"this exclude removes everything from its grid{alone}; nothing is left to measure"
                mistakes.append(Mistake(exclude.place, message))
                break
    return mistakes


def check_not_empty(config: Config, *, cpus: int) -> None:
    """Checks that every grid keeps at least one combination on a machine with that many CPUs.

    Raises:
        ConfigError: With the place of the exclude that removes the last one, for each grid that is empty.
    """
    if mistakes := empty_grids(config, cpus=cpus):
        raise ConfigError(mistakes)


def _points(choices: tuple[Choice, ...]) -> Iterator[tuple[str, dict[str, Scalar]]]:
    """Name and parameters of every point on the choices' axes."""
    for choice in choices:
        for values in product(*choice.values.values()):
            yield choice.use, dict(zip(choice.values, values, strict=True))
