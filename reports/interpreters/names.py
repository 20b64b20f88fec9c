"""Short names of interpreters: a configuration may name one by its whole path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.analysis.interpreters.relations import Facts
from reports.document import Words, code, plain, words

PLAIN_NAMES = ("python", "python3", "pypy", "pypy3", "python.exe")
"""Names of files that don't say which version it is."""


def short_names(names: Sequence[str], facts: Mapping[str, Facts]) -> dict[str, str]:
    """By name: as it is, or for a path the name of the file; the whole where two would be called the same."""
    short = {name: _short(name, facts.get(name) or {}) for name in names}
    taken = list(short.values())
    return {name: shown if taken.count(shown) == 1 else name for name, shown in short.items()}


def what_it_is(facts: Facts) -> str:
    """Implementation, version and build: `CPython 3.13.15, free-threaded, GIL on`."""
    parts = [" ".join(str(facts[key]) for key in ("implementation", "version") if facts.get(key))]
    if facts.get("free_threaded"):
        parts.append("free-threaded, GIL on" if facts.get("gil_enabled") else "free-threaded")
    return ", ".join(filter(None, parts))


def introduced(name: str, facts: Facts) -> Words:
    """A short name, and in brackets what it is."""
    known = what_it_is(facts)
    return words(code(name), " (", plain(known), ")") if known else words(code(name))


def _short(name: str, facts: Facts) -> str:
    path, space, options = name.partition(" -")
    if "/" not in path and "\\" not in path:
        return name
    file = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    if file in PLAIN_NAMES and facts.get("version"):
        minor = ".".join(str(facts["version"]).split(".")[:2])
        stem = "python" if facts.get("implementation", "CPython") == "CPython" else str(facts["implementation"]).lower()
        file = f"{stem}{minor}{'t' if facts.get('free_threaded') else ''}"
    return f"{file}{space}{options}"
