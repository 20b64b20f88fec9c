"""Which interpreter is compared with which, and what a difference between the two can be put down to.

Two interpreters of one machine seldom differ in the GIL alone: a free-threaded 3.13 beside a 3.11 is another version,
perhaps another compiler, and another build. Only where everything else is the same is the difference the cost of free
threading. So a free-threaded interpreter is compared with the reference, and besides with every interpreter that
isolates something: the same build with the GIL switched on, the same version built with the GIL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CURRENT = "current"
LOCK, BUILD, BUILD_WITH_LOCK, SAME, SEVERAL = "lock", "build", "build with lock", "same", "several"
ISOLATING = (LOCK, BUILD, BUILD_WITH_LOCK)
COMPARED = {
    "implementation": "implementation",
    "version": "version",
    "optimised": "profile-guided optimisation",
    "link_time_optimised": "link-time optimisation",
    "compiler": "compiler",
    "debug": "debug build",
    "jit": "just-in-time compiler",
}
"""Facts of an interpreter that may make it faster or slower, besides the GIL, and what they are called."""
GIL, THREADING = "GIL", "build"
"""What differs where both are free-threaded and the GIL is on in one, and where only one is free-threaded."""

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Relation:
    """Two interpreters of a run, the second of which is the measure."""

    interpreter: str
    against: str
    differences: tuple[str, ...]
    """In words: what isn't the same, as far as the interpreters tell."""
    kind: str
    """What a difference in time can be put down to: `LOCK`, the GIL alone, off and on in the same program; `BUILD`,
    free threading as a whole: the build and the GIL, all else being equal; `BUILD_WITH_LOCK`, what is left of that
    with the GIL on; `SAME`, nothing that is known; `SEVERAL`, anything else."""


def reference_of(interpreters: Sequence[str]) -> str | None:
    """The interpreter that the others are compared with: `current`, else the first one; None if there is none."""
    return CURRENT if CURRENT in interpreters else next(iter(interpreters), None)


def relations(interpreters: Sequence[str], facts: Mapping[str, Facts]) -> list[Relation]:
    """Every interpreter with the reference, and the free-threaded ones with those that isolate a cause.

    Args:
        interpreters: names of the interpreters that were measured, in the order of the configuration.
        facts: `interpreters` of `run.json`.
    """
    reference = reference_of(interpreters)
    found = []
    for name in interpreters:
        others = [each for each in interpreters if each not in (name, reference)]
        against = [reference] if reference not in (None, name) else []
        pairs = [_relation(name, str(other), facts) for other in (*against, *others)]
        isolating = [pair for pair in pairs if pair.kind in ISOLATING and pair.against != reference]
        found += [*pairs[: len(against)], *isolating]
    return found


def _relation(name: str, against: str, facts: Mapping[str, Facts]) -> Relation:
    one, other = facts.get(name) or {}, facts.get(against) or {}
    # What one of the two doesn't tell is no difference.
    told = [key for key in COMPARED if one.get(key) is not None and other.get(key) is not None]
    differences = [COMPARED[key] for key in told if one[key] != other[key]]
    kind = _kind(one, other, others_differ=bool(differences))
    if _free_threaded(one) != _free_threaded(other):
        differences.append(THREADING)
    elif _has_lock(one) != _has_lock(other):
        differences.append(GIL)
    return Relation(name, against, tuple(differences), kind)


def _kind(one: Facts, other: Facts, *, others_differ: bool) -> str:
    if others_differ or not one or not other:
        return SEVERAL
    if _free_threaded(one) == _free_threaded(other):
        if _has_lock(one) == _has_lock(other):
            return SAME
        same_program = one.get("executable") == other.get("executable")
        return LOCK if same_program and not _has_lock(one) else SEVERAL
    if not _free_threaded(one):
        return SEVERAL
    return BUILD_WITH_LOCK if _has_lock(one) else BUILD


def _free_threaded(facts: Facts) -> bool:
    return bool(facts.get("free_threaded"))


def _has_lock(facts: Facts) -> bool:
    """Whether the GIL is on when the interpreter starts; where nothing is said, it is."""
    return facts.get("gil_enabled") is not False
