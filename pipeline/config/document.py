"""YAML text to sections and listings, with bounds on everything that a file can blow up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.config.mistakes import ConfigError, Mistake, Place
from pipeline.config.sections import Decimal, Listing, Section
from pipeline.config.source import NOT_TEXT

_QUOTE = 'put a value that begins with a sign in quotes, such as "> cpus"'

DEEPEST = 32
"""Levels of nesting; a configuration needs about six."""
MOST_VALUES = 20_000
"""Values in a file, those that aliases repeat included."""

if TYPE_CHECKING:
    _SafeLoader = yaml.SafeLoader
else:  # The loader in C reads a file ten times as fast; some builds of PyYAML come without it.
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """Reads plain scalars as YAML 1.2 does, like editors do: `no` is text and `1:30` isn't ninety."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _starts in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_starts))


def parse(text: str, file: Path) -> tuple[Section, list[Mistake]]:
    """The document's mapping, and what is wrong with its keys and values as YAML.

    Raises:
        ConfigError: There is no mapping to speak of: a syntax error, several documents, out of bounds.
    """
    try:
        _check_shape(text, file)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ConfigError(_syntax_mistakes(error, text, file)) from None
    if root is None or root.tag == "tag:yaml.org,2002:null":
        message = "is empty; a configuration needs `name` and `grids`"
        raise ConfigError([Mistake(Place(file), message)])
    _count_values(root, file)
    builder = _Builder(file)
    section = builder.value(root)
    if not isinstance(section, Section):
        message = "a configuration is a mapping such as `name: …`, `grids: …`"
        raise ConfigError([Mistake(_place(root, file), message), *builder.mistakes])
    return section, builder.mistakes


def _check_shape(text: str, file: Path) -> None:
    """Bounds the stream of events before anything recurses over it or keeps it."""
    depth = documents = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        message = ""
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                message = "a second document starts here; a configuration is one document"
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                message = f"is nested too deeply; at most {DEEPEST} levels are allowed"
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if number > 2 * MOST_VALUES:
            message = f"holds too many values; at most {MOST_VALUES:,} are allowed"
        if message:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise ConfigError([Mistake(Place(file, line), message)])


def _count_values(root: yaml.Node, file: Path) -> None:
    """Counts the values as if every alias were written out, without writing them out."""
    counts: dict[int, int] = {}
    open_nodes: set[int] = set()

    def count(node: yaml.Node) -> int:
        if id(node) in open_nodes:
            raise ConfigError([Mistake(_place(node, file), "an alias refers to a value that contains it")])
        if id(node) not in counts:
            open_nodes.add(id(node))
            counts[id(node)] = 1 + sum(count(child) for child in _children(node))
            open_nodes.discard(id(node))
        if counts[id(node)] > MOST_VALUES:
            message = f"holds too many values, aliases written out; at most {MOST_VALUES:,} are allowed"
            raise ConfigError([Mistake(_place(node, file), message)])
        return counts[id(node)]

    count(root)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


class _Builder:
    """Turns nodes into values and collects what is wrong with them."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []

    def value(self, node: yaml.Node) -> Any:
        kind = node.tag.rpartition(":")[2] if node.tag.startswith("tag:yaml.org,2002:") else ""
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return self._section(node)
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            listing = Listing(_place(node, self.file))
            for child in node.value:
                listing.add(self.value(child), _place(child, self.file))
            return listing
        if isinstance(node, yaml.ScalarNode) and kind in _SCALARS:
            if found := NOT_TEXT.search(node.value):
                self._mistake(node, f"a text with the character U+{ord(found[0]):04X} is not allowed")
            try:
                return _SCALARS[kind](node.value)
            except ValueError:
                self._mistake(node, f'"{node.value[:40]}" is no {kind}')
                return None
        self._mistake(node, f"the tag {node.tag[:60]} is not allowed; {_QUOTE}")
        return None

    def _section(self, node: yaml.MappingNode) -> Section:
        section = Section(_place(node, self.file))
        for key_node, value_node in node.value:
            key = self.value(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                written = key_node.value if isinstance(key_node, yaml.ScalarNode) else f"a {key_node.id}"
                self._mistake(key_node, f"keys are text, not {written or 'nothing'}")
            elif key in section:
                first = section.key_places[key].line
                self._mistake(key_node, f'the key "{key}" is given twice, first in line {first}; keep one')
            else:
                place = _place(key_node, self.file)
                section.put(key, self.value(value_node), place, _place(value_node, self.file))
        return section

    def _mistake(self, node: yaml.Node, message: str) -> None:
        self.mistakes.append(Mistake(_place(node, self.file), message))


_SCALARS: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": Decimal,
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
}


def _place(node: yaml.Node, file: Path) -> Place:
    return Place(file, node.start_mark.line + 1)


def _syntax_mistakes(error: yaml.YAMLError, text: str, file: Path) -> list[Mistake]:
    if not isinstance(error, yaml.MarkedYAMLError):
        return [Mistake(Place(file), f"is not YAML: {error}")]
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    lines = text.splitlines()
    indented = [number for number, content in enumerate(lines, 1) if re.match(r" *\t\s*\S", content)]
    if any(number <= line <= number + 1 for number in indented):
        message = "a tab indents this line; YAML allows only spaces there"
        return [Mistake(Place(file, number), message) for number in indented]
    parts = [error.problem or "can't be read"]
    if error.context:
        started = f" that starts in line {error.context_mark.line + 1}" if error.context_mark else ""
        parts.append(f"{error.context}{started}")
    unquoted = line <= len(lines) and re.search(r"[-:,\[{]\s*[@`%>|*&!<=]", lines[line - 1])
    hint = f"; {_QUOTE}" if unquoted else ""
    return [Mistake(Place(file, line), f"is not YAML: {', '.join(parts)}{hint}")]
