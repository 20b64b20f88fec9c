"""The configuration that `whichpool advise` measures: one function, the candidates that the budget has time for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config.models import Config
from pipeline.plan.candidates import Candidate
from pipeline.plan.sizing import Sizing

CONFIG_NAME = "advise"
"""Stands for the file that a configuration usually comes from; its folder is the current one."""


@dataclass(frozen=True)
class Question:
    """What the user wants to know."""

    use: str
    """The function, as `file.py:name`, relative to the current folder."""
    items: str
    setup: str | None
    interpreter: str
    budget_s: float


def configuration(
    question: Question, timed: Sequence[tuple[Candidate, float]] = (), sizing: Sizing | None = None
) -> Config:
    """The configuration that asks the question of the candidates, each with its timeout; without any, of `serial`."""
    measure: dict[str, Any] = {"budget": question.budget_s}
    if sizing is not None:
        measure |= {
            "blocks": {"min": sizing.fewest_blocks, "max": sizing.most_blocks},
            "iterations": sizing.iterations,
            "warmup": sizing.warmup,
            "precision": None,
            "memory": sizing.memory,
            "until": "decided" if sizing.race else "precision",
        }
    for_grids = {key: value for key, value in measure.items() if key not in ("budget", "until")}
    place = f"{CONFIG_NAME}:1"
    work: dict[str, Any] = {"use": question.use, "items": question.items, "place": place}
    work |= {"setup": question.setup} if question.setup else {}
    work |= {"tasks": [sizing.tasks]} if sizing is not None else {}
    grids: list[dict[str, Any]] = []
    for (workers, timeout), members in _grouped(timed).items():
        chosen = [
            {"use": one.strategy, **{key: [value] for key, value in one.options.items()}, "place": place}
            for one in members
        ]
        limits = {**for_grids, "timeout": timeout} if timeout else for_grids
        grids.append(
            {"strategies": chosen or [{"use": "serial", "place": place}], "workers": [workers], "measure": limits}
        )
    shared = {"workloads": [work], "interpreters": [question.interpreter], "place": place}
    grids = [{**grid, **shared} for grid in grids]
    name = re.sub("[^A-Za-z0-9._-]", "_", f"{CONFIG_NAME}-{question.use.rpartition(':')[2]}")[:64]
    about = f"How to run {question.use} on this machine?"
    return Config.from_resolved(
        {"path": str(Path.cwd() / CONFIG_NAME), "name": name, "description": about, "measure": measure, "grids": grids}
    )


def _grouped(timed: Sequence[tuple[Candidate, float]]) -> Mapping[tuple[int, float], list[Candidate]]:
    """Candidates with the same number of workers and the same timeout share a grid."""
    groups: dict[tuple[int, float], list[Candidate]] = {}
    for candidate, timeout in timed:
        groups.setdefault((candidate.workers, timeout), []).append(candidate)
    return groups or {(1, 0.0): []}
