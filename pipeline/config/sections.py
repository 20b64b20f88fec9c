"""Values that remember where they were written, so that every mistake can name its line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.config.mistakes import NOWHERE, Place


class Section(dict[str, Any]):
    """A mapping of the file."""

    def __init__(self, place: Place = NOWHERE) -> None:
        super().__init__()
        self.place = place
        self.key_places: dict[str, Place] = {}
        self.value_places: dict[str, Place] = {}
        self.known_keys: tuple[str, ...] = ()
        """The keys that are allowed here, once a model has read this section."""

    def put(self, key: str, value: Any, key_place: Place, value_place: Place) -> None:
        """Adds or replaces a key."""
        self[key] = value
        self.key_places[key] = key_place
        self.value_places[key] = value_place

    def entries(self) -> Iterator[tuple[str, Any, Place, Place]]:
        """Each key with its value, the key's place and the value's."""
        for key, value in self.items():
            yield key, value, self.key_places[key], self.value_places[key]

    def without(self, *keys: str) -> Section:
        """A copy that lacks these keys."""
        copy = Section(self.place)
        for entry in self.entries():
            if entry[0] not in keys:
                copy.put(*entry)
        return copy

    def merged(self, over: Section) -> Section:
        """This section with the keys of `over` on top: mappings key by key, everything else replaced."""
        result = self.without()
        result.place = over.place
        for key, value, key_place, value_place in over.entries():
            below = self.get(key)
            if isinstance(below, Section) and isinstance(value, Section):
                value = below.merged(value)
            result.put(key, value, key_place, value_place)
        return result


class Listing(list[Any]):
    """A list of the file."""

    def __init__(self, place: Place = NOWHERE) -> None:
        super().__init__()
        self.place = place
        self.item_places: list[Place] = []

    def add(self, item: Any, place: Place) -> None:
        """Appends an item."""
        self.append(item)
        self.item_places.append(place)


class Decimal(float):
    """A number with a point, as it was written: 3.10 may have been meant as a version."""

    text: str

    def __new__(cls, text: str) -> Decimal:
        """The number that the text says. Raises ValueError if it says none."""
        made = super().__new__(cls, text)
        made.text = text
        return made


def as_listing(value: Any, place: Place = NOWHERE) -> Any:
    """The value, or a list of it alone where a single one was written in place of a list."""
    if isinstance(value, list):
        return value
    listing = Listing(place)
    listing.add(value, value.place if isinstance(value, Section) else place)
    return listing


def locate(root: Section, loc: Sequence[int | str]) -> Place:
    """The place of the key or value that `loc` leads to, or of the nearest one around it.

    A step that isn't in the file, such as the index of a single value that stands for a list, is passed
    over. A mapping or list is located by its key, which is where a reader looks, not by its first line.
    """
    here: Any = root
    place = root.place
    for step in loc:
        if isinstance(here, Section) and step in here:
            step = str(step)
            unknown = bool(here.known_keys) and step not in here.known_keys
            here, at_key, at_value = here[step], here.key_places[step], here.value_places[step]
            place = at_key if unknown or isinstance(here, Section | Listing) else at_value
        elif isinstance(here, Listing) and isinstance(step, int) and step < len(here):
            here, place = here[step], here.item_places[step]
    return place


def restored(value: Any, folder: Path) -> Any:
    """JSON data as sections and listings; each mapping's `place` becomes its place again.

    Args:
        value: What `json.loads` gives.
        folder: What relative paths in places are relative to.
    """
    if isinstance(value, dict):
        section = Section(_place_of(value, folder))
        for key, inner in value.items():
            if key != "place":
                section.put(key, restored(inner, folder), section.place, section.place)
        return section
    if isinstance(value, list):
        listing = Listing()
        for item in value:
            made = restored(item, folder)
            listing.add(made, getattr(made, "place", NOWHERE))
        return listing
    return value


def _place_of(value: dict[str, Any], folder: Path) -> Place:
    try:
        written = Place.parse(str(value["place"]))
    except (KeyError, ValueError):
        return NOWHERE
    return Place(Path(os.path.normpath(folder / written.file)), written.line)
