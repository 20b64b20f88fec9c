"""From a file, and those it extends, to a validated configuration."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.config.combinations import empty_grids
from pipeline.config.document import parse
from pipeline.config.measure import Measure
from pipeline.config.mistakes import ConfigError, Mistake, Place
from pipeline.config.models import Config, validate
from pipeline.config.sections import Listing, Section, as_listing
from pipeline.config.source import read_text

LONGEST_CHAIN = 8
"""Files that may extend each other."""


def load_config(path: Path, *, cpus: int | None = None) -> Config:
    """The configuration in a YAML file; nothing of the user's is executed.

    Args:
        path: The file. Messages name it as it is given here.
        cpus: Effective number of CPUs; if given, a grid that its excludes leave nothing of is a mistake too.

    Raises:
        ConfigError: With every mistake of the file and of those it extends, each with its line.
    """
    mistakes: list[Mistake] = []
    root = _completed(_read(Path(path), [], None, mistakes))
    try:
        config = validate(root)
    except ConfigError as error:
        raise ConfigError([*mistakes, *error.mistakes]) from None
    if cpus is not None:
        mistakes += empty_grids(config, cpus=cpus)
    if mistakes:
        raise ConfigError(mistakes)
    return config


def _read(path: Path, below: list[Path], named_at: Place | None, mistakes: list[Mistake]) -> Section:
    """The file's section, laid over that of the file it extends."""
    section, found = parse(read_text(path, named_at=named_at), path)
    mistakes += found
    if "extends" not in section:
        return section
    place, base = section.value_places["extends"], section["extends"]
    section = section.without("extends")
    chain = [*below, Path(os.path.realpath(path))]
    if not isinstance(base, str):
        mistakes.append(Mistake(place, '"extends" must be the path of another YAML file'))
        return section
    base_path = Path(os.path.normpath(path.parent / base))
    if Path(os.path.realpath(base_path)) in chain:
        mistakes.append(Mistake(place, f'"extends" leads back to {base_path}, which extends this file'))
    elif len(chain) >= LONGEST_CHAIN:
        mistakes.append(Mistake(place, f'"extends" goes through more than {LONGEST_CHAIN} files'))
    else:
        try:
            return _read(base_path, chain, place, mistakes).merged(section)
        except ConfigError as error:
            mistakes += error.mistakes
    return section


def _completed(root: Section) -> Section:
    """A copy in which `grids` is a list whose entries say what they leave to the rest of the file.

    That is every key of `measure` that a grid doesn't give itself, and the place of a workload or strategy that
    is written as a single name.
    """
    if "grids" not in root:
        return root
    shared = root.get("measure")
    grids = as_listing(root["grids"], root.value_places["grids"])
    completed = Listing(root.value_places["grids"])
    for grid, place in zip(grids, grids.item_places, strict=True):
        completed.add(_completed_grid(grid, shared, root) if isinstance(grid, Section) else grid, place)
    result = root.without()
    result.put("grids", completed, root.key_places["grids"], root.value_places["grids"])
    return result


def _completed_grid(grid: Section, shared: object, root: Section) -> Section:
    below = Section(grid.place)
    if isinstance(shared, Section) and isinstance(grid.get("measure", shared), Section):
        inherited = shared.without(*(set(shared) - set(Measure.keys())))
        below.put("measure", inherited, root.key_places["measure"], root.value_places["measure"])
    result = below.merged(grid)
    for key in ("workloads", "strategies"):
        if isinstance(grid.get(key), str):
            place = grid.value_places[key]
            result.put(key, as_listing(grid[key], place), grid.key_places[key], place)
    return result
