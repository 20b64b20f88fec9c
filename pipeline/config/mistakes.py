"""What a configuration can get wrong: a place, a sentence, and the error that carries all of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError

MOST_SHOWN = 50
"""A file that isn't a configuration at all could otherwise fill the terminal."""


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file, written as `file:line`."""

    file: Path
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place that `str(place)` describes. Raises ValueError if the text describes none."""
        file, _, line = text.rpartition(":")
        return cls(Path(file), int(line))


NOWHERE = Place(Path("<code>"), 0)
"""Where values come from that were made by code rather than read from a file."""


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to mend: where it is, what is wrong and what is allowed."""

    place: Place
    message: str

    def __str__(self) -> str:
        return "".join(map(_visible, f"{self.place}: {self.message}"))


def _visible(character: str) -> str:
    """The character, or its escape: what a message quotes must not steer the terminal or break the line."""
    return character if character.isprintable() else character.encode("unicode_escape").decode()


class ConfigError(UserError):
    """All mistakes of a configuration, each as `file:line: what is wrong, what is allowed`."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: tuple[Mistake, ...] = tuple(sorted(set(mistakes)))
        lines = [str(mistake) for mistake in self.mistakes[:MOST_SHOWN]]
        if hidden := len(self.mistakes) - len(lines):
            lines.append(f"and {hidden} more")
        super().__init__("\n".join(lines))
