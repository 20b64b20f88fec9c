"""Where a module switched the GIL on in an interpreter that had started without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.plan.plan import Plan


@dataclass(frozen=True)
class GilSwitchedOn:
    """The invocations of one interpreter in which one module did it."""

    interpreter: str
    module: str | None
    """None where Python's warning, which names it, was suppressed."""
    invocations: int

    def __str__(self) -> str:
        """The sentence for the end of a run."""
        by = f"by module {self.module}" if self.module else "by a module that isn't known"
        many = "1 invocation" if self.invocations == 1 else f"{self.invocations} invocations"
        return f"the GIL was switched on {by} in {many} ({self.interpreter})"


def gil_switched_on(plan: Plan, entries: Iterable[dict[str, Any]]) -> tuple[GilSwitchedOn, ...]:
    """What the journal's entries say about it, the most frequent first."""
    without = {name for name, facts in plan.interpreters.items() if facts.get("gil_enabled") is False}
    interpreters = {case.case_id: case.interpreter for case in plan.cases if case.interpreter in without}
    counts = Counter(
        (interpreters[entry["case_id"]], entry["facts"].get("gil_enabled_by"))
        for entry in entries
        if entry["kind"] == "invocation" and entry["case_id"] in interpreters and entry["facts"].get("gil_enabled")
    )
    return tuple(GilSwitchedOn(*key, count) for key, count in counts.most_common())
