"""The parts of the page about what is known: their tables, what they say in a sentence, how it was measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from benchmarks.peers.environment import Settings
from benchmarks.peers.section import Section
from benchmarks.peers.truth import memory as of_memory
from benchmarks.peers.truth import orphans as of_orphans
from benchmarks.peers.truth import timeout as of_timeout
from benchmarks.tables import Table

Progress = Callable[[str], None]
CLOSE = 2.0
"""Per cent of the truth."""
LATE = "not within"


def memory(settings: Settings, progress: Progress) -> Section:
    """What each tool reads as the memory of a process tree."""
    (table,) = of_memory.tables(settings)
    progress("done")
    close = [f"{row[0]} ({row[1]})" for row in table.rows[1:] if _all_close(row[2:])]
    sentence = f"**Memory of a process tree.** Within {CLOSE:.0f} % of the truth for every program: {_listed(close)}."
    return Section("Memory of a process tree", "", (_untitled(table),), (sentence,), prose=of_memory.NOTES)


def timeout(settings: Settings, progress: Progress) -> Section:
    """What becomes of a program that hangs."""
    (table,) = of_timeout.tables(settings)
    progress("done")
    clean = [row[0] for row in table.rows if row[2] == "none" and not row[1].startswith((LATE, "failed"))]
    sentence = f"**A program that hangs.** Back soon after the timeout, with nothing left: {_listed(clean)}."
    return Section("What happens at a timeout", "", (_untitled(table),), (sentence,), prose=of_timeout.NOTES)


def orphans(settings: Settings, progress: Progress) -> Section:
    """Whether the CPU time of orphans is counted."""
    (table,) = of_orphans.tables(settings)
    progress("done")
    seen = [f"{row[0]} ({row[1]})" for row in table.rows if row[3] == "yes"]
    sentence = f"**CPU time of orphans.** Counted by {_listed(seen)}."
    return Section("CPU time of orphans", "", (_untitled(table),), (sentence,), prose=of_orphans.NOTES)


def _all_close(cells: Sequence[str]) -> bool:
    errors = [re.search(r"([+−]?[\d.]+) %$", cell) for cell in cells]
    return all(error and abs(float(error[1].replace("−", "-"))) <= CLOSE for error in errors)


def _untitled(table: Table) -> Table:
    return Table("", table.header, table.rows)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
