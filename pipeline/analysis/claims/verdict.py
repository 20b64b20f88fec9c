"""The common rule: from the sub-tests of a claim to its verdict.

* A claim is **supported** if all of its sub-tests are, and **refuted** if all are. Neither needs a correction for their
  number: all of them have to agree, and the chance that all err is below that of any one.
* It **depends on** something if some sub-tests are reliably on one side of their margins and some on the other, with
  Holm's correction over all, and some pair of them differs reliably, too. What it depends on is the property of the
  strata that tells the two sides apart best.
* Anything else is **inconclusive**.
* A control that comes out otherwise than it must makes the verdict **invalid**; one that can't be decided,
  and whose estimate lies on the wrong side, makes it inconclusive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from pipeline.analysis.claims.finding import Finding
from pipeline.analysis.claims.words import listed, measured, spread
from pipeline.statistics.margin import INCONCLUSIVE, REFUTED, SUPPORTED, beyond, differ

DEPENDS, NOT_TESTABLE, INVALID, NOT_TESTED = "depends", "not testable here", "invalid", "not tested"
VERDICTS = (SUPPORTED, REFUTED, DEPENDS, INCONCLUSIVE, NOT_TESTABLE, INVALID, NOT_TESTED)
NO_CASE = "this run has no case for it: whichpool claims tests it"


@dataclass(frozen=True)
class Judgement:
    """A verdict about one claim under one interpreter."""

    verdict: str
    reason: str
    """A sentence without its full stop."""
    depends_on: str | None = None
    findings: tuple[Finding, ...] = ()


def not_tested(reason: str = NO_CASE) -> Judgement:
    """For a claim that a run doesn't speak to."""
    return Judgement(NOT_TESTED, reason)


def not_testable(reason: str) -> Judgement:
    """For a claim that this machine or interpreter can't speak to."""
    return Judgement(NOT_TESTABLE, reason)


def combined(findings: Sequence[Finding]) -> Judgement:
    """The verdict that sub-tests and controls add up to; `not tested` without any sub-test."""
    controls = [each for each in findings if each.control and each.tests]
    tests = [each for each in findings if each.tests and not each.control]
    if not tests:
        return not_tested()
    verdict, reason, depends_on = _unless_controls_fail(controls) or _of_tests(tests)
    return Judgement(verdict, reason, depends_on, tuple(findings))


def _unless_controls_fail(controls: Sequence[Finding]) -> tuple[str, str, None] | None:
    failed = [each for each in controls if each.verdict == REFUTED]
    if failed:
        return INVALID, f"a control came out otherwise than it must: {measured(failed[0])}", None
    doubtful = [each for each in controls if each.verdict == INCONCLUSIVE and not each.likely]
    if doubtful:
        return INCONCLUSIVE, f"a control can't be decided: {measured(doubtful[0])}", None
    return None


def _of_tests(tests: Sequence[Finding]) -> tuple[str, str, str | None]:
    counts = Counter(each.verdict for each in tests)
    for verdict in (SUPPORTED, REFUTED):
        if counts[verdict] == len(tests):
            return verdict, spread(tests), None
    if counts[SUPPORTED] and counts[REFUTED]:
        places = beyond([each.effect for each in tests])
        above = [each for each, place in zip(tests, places, strict=True) if place > 0 and each.verdict == SUPPORTED]
        below = [each for each, place in zip(tests, places, strict=True) if place < 0 and each.verdict == REFUTED]
        if differ([each.effect for each in above], [each.effect for each in below]):
            factors = separating(above, below)
            return DEPENDS, _sides(above, below, factors), " and ".join(factors) or None
    return INCONCLUSIVE, _open(tests), None


def separating(above: Sequence[Finding], below: Sequence[Finding]) -> tuple[str, ...]:
    """The property, or the two properties, of the strata by which the two sides are told apart best.

    Two are named only if they leave at most half as many strata on the wrong side as the best single one does.
    """
    everything = [*above, *below]
    names = list(dict.fromkeys(name for each in everything for name in each.factors))
    # What is different for every stratum tells them all apart, and explains nothing.
    names = [name for name in names if len({each.factors.get(name) for each in everything}) < max(3, len(everything))]
    best: tuple[str, ...] = ()
    fewest = float(min(len(above), len(below)))
    for count in (1, 2):
        chosen = min(combinations(names, count), key=lambda each: _misplaced(above, below, each), default=())
        wrong = _misplaced(above, below, chosen)
        if chosen and wrong < fewest and wrong <= fewest / count:
            best, fewest = chosen, wrong
    return best


def _misplaced(above: Sequence[Finding], below: Sequence[Finding], factors: tuple[str, ...]) -> int:
    one, other = (Counter(_level(each, factors) for each in side) for side in (above, below))
    return sum(min(one[level], other[level]) for level in {*one, *other})


def _level(finding: Finding, factors: tuple[str, ...]) -> str:
    return ", ".join(value for name in factors if (value := finding.factors.get(name)))


def _sides(above: Sequence[Finding], below: Sequence[Finding], factors: tuple[str, ...]) -> str:
    """For which strata the claim holds, and for which not."""
    if not factors:
        return f"it holds for {_strata(above)}; it doesn't for {_strata(below)}"
    one, other = (Counter(_level(each, factors) for each in side) for side in (above, below))
    levels = list(dict.fromkeys(_level(each, factors) for each in [*above, *below]))
    holds = [level for level in levels if one[level] > other[level]]
    fails = [level for level in levels if other[level] > one[level]]
    both = [level for level in levels if one[level] == other[level]]
    mostly = "mostly " if any(one[level] and other[level] for level in [*holds, *fails]) else ""
    parts = [f"it {mostly}holds for {listed(holds)}"] if holds else []
    parts += [f"{mostly}not for {listed(fails)}"] if fails else []
    parts += [f"as often as not for {listed(both)}"] if both else []
    return "; ".join(parts)


def _strata(side: Sequence[Finding]) -> str:
    return listed([each.stratum for each in side])


def _open(tests: Sequence[Finding]) -> str:
    undecided = [each for each in tests if each.verdict == INCONCLUSIVE]
    decided = len(tests) - len(undecided)
    if not undecided:
        return "sub-tests lie on both sides, but chance may explain that"
    wanted = [each.n_needed for each in undecided if each.n_needed]
    settle = f"; about {max(wanted)} {_units(undecided)} would probably settle it" if wanted else ""
    lead = f"{decided} of {len(tests)} sub-tests are decided, but not " if decided else ""
    return f"{lead}{measured(undecided[0])}{settle}"


def _units(undecided: Sequence[Finding]) -> str:
    return "trials" if all(each.method.startswith("Clopper") for each in undecided) else "invocations"
