"""The pages about workloads and strategies: `python -m pipeline.commands.documentation docs` writes them.

They are made from the classes, so that they can't say anything else than these and than `whichpool list --explain`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.workloads.base import Resource, Workload
from pipeline.commands.explaining import CATALOGUES, page

GENERATED = "<!-- Written by `make docs` from {source}: change that, not this. -->"
INDEX = "README.md"
INTRODUCTIONS = {
    "workloads": (
        "# Workloads\n\nA workload is a kind of work: what one task does, and a check of its result. "
        "`whichpool list workloads NAME` shows the same pages in the terminal. "
        "[How to add one](../adding-a-workload.md)"
    ),
    "strategies": (
        "# Strategies\n\nA strategy is a way to run tasks with a number of workers. "
        "`whichpool list strategies NAME` shows the same pages in the terminal. "
        "[How to add one](../adding-a-strategy.md)"
    ),
}

HEADINGS = {
    Resource.CPU: "Computing",
    Resource.IO: "Waiting",
    Resource.MEMORY: "Memory",
    Resource.OVERHEAD: "The cost of a task",
    Resource.READINGS: "What holds and what doesn't",
}


def pages() -> dict[str, str]:
    """The content of every page by its path below `docs`, such as `workloads/sleep.md`."""
    found = {}
    for what, catalogue in CATALOGUES.items():
        for name, class_ in catalogue().items():
            source = f"{class_.__module__.replace('.', '/')}.py"
            found[f"{what}/{name}.md"] = f"{GENERATED.format(source=source)}\n\n{page(class_)}"
        found[f"{what}/{INDEX}"] = _index(what)
    return found


def write(folder: Path) -> None:
    """Writes all pages, and removes those of workloads and strategies that there aren't any more."""
    current = pages()
    for path, text in current.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    for path in existing(folder) - set(current):
        (folder / path).unlink()


def existing(folder: Path) -> set[str]:
    """The paths of the pages that are there, below `folder`."""
    return {f"{what}/{path.name}" for what in CATALOGUES for path in (folder / what).glob("*.md")}


def _index(what: str) -> str:
    """Introduction and a table of every page; workloads by the resource that they mainly need."""
    classes = CATALOGUES[what]()
    groups = {name: class_.needs if issubclass(class_, Workload) else "" for name, class_ in classes.items()}
    parts = [GENERATED.format(source=f"experiments/{what}"), INTRODUCTIONS[what] + "."]
    for group in sorted(set(groups.values()), key=[*HEADINGS, *groups.values()].index):
        rows = [
            f"| [{name}]({name}.md) | {class_.summary()} |" for name, class_ in classes.items() if groups[name] == group
        ]
        heading = f"## {HEADINGS.get(group, group)}\n\n" if group else ""
        parts.append(heading + "\n".join(["| name | what it is |", "| --- | --- |", *rows]))
    return "\n\n".join(parts) + "\n"


def main(arguments: Sequence[str]) -> None:
    """Writes the pages into the folder named by the first argument, by default `docs`."""
    write(Path(arguments[0] if arguments else "docs"))


if __name__ == "__main__":
    main(sys.argv[1:])
