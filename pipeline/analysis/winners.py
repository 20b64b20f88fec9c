"""Which strategy wins for each kind of work, by how much, and whether that can be told at all.

A false winner is the error that matters: somebody would rewrite working code for nothing. Picking the best
of m cases and testing only that one would find a "winner" among equals far more often than in 5 % of runs. So
every parallel case is tested against serial, and Holm's correction keeps the chance of even one false finding
*in the whole run*, over all kinds of work and both uses, at 5 %, faster and slower counted together. The interval
shown beside a winner is that of the case alone; since the best estimate was picked, it leans a little to the
optimistic side.

That nothing helps is an answer, too, and is told apart from not knowing: `no worthwhile difference` means that
every parallel case is reliably less than the margin faster than serial.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from pipeline.analysis.candidates import FEWEST_BLOCKS, Candidate, Row, compared_with_serial, serial_of
from pipeline.analysis.cases import cases, group_columns
from pipeline.analysis.costs import costs_of
from pipeline.analysis.invocation_times import LogTimes, times
from pipeline.analysis.memory import memory_of
from pipeline.analysis.speedups import Estimator, compare, raced_ratio
from pipeline.run.stopping import MARGIN
from pipeline.statistics.equivalence import equivalent
from pipeline.statistics.holm import holm
from pipeline.statistics.ratio import RatioEstimate, log_ratio
from pipeline.statistics.sequence import FIRST_LOOK
from pipeline.statistics.student import SIGNIFICANCE

NAN = float("nan")
WINNER, SERIAL, NO_DIFFERENCE, NOT_MEASURED = "winner", "serial", "no reliable difference", "not measured"
NOT_WORTHWHILE = "no worthwhile difference"
INVALID = "invalid"
SERIAL_FAILED = "serial has no result in {blocks} blocks, so there is nothing to compare with"
PARALLEL_FAILED = "no parallel strategy has a result in {blocks} blocks"
BELOW_MARGIN = "{name} is reliably faster than serial, but by less than the {margin:.0%} that would pay"
EQUIVALENT = "{name} and serial differ by less than {margin:.0%}, and nothing else is faster by as much"
NOTHING_PAYS = "no parallel strategy is faster than serial by the {margin:.0%} that would pay"

CASE_TEXTS = ("case_id", "strategy", "start_method", "label", "name")
CASE_NUMBERS = ("workers", "speedup", "low", "high", "peak_bytes", "startup_s")
TEXTS = ("use", "outcome", "reason", "runner_up", *CASE_TEXTS, *(f"recommended_{n}" for n in CASE_TEXTS))
NUMBERS = (
    *CASE_NUMBERS,
    "mde",
    "p_holm",
    "runner_up_speedup",
    "runner_up_low",
    "runner_up_high",
    *(f"recommended_{name}" for name in CASE_NUMBERS),
)


def winners(
    invocations: pd.DataFrame,
    measurements: pd.DataFrame,
    *,
    margin: float = MARGIN,
    estimate: Estimator = log_ratio,
    planned: Iterable[Mapping[str, Any]] = (),
) -> pd.DataFrame:
    """One row per group of cases that share a baseline, and use; see `winners_of`."""
    described = cases(invocations, planned)
    timed = times(invocations, measurements)
    return winners_of(
        described,
        timed,
        costs_of(described, timed, invocations),
        memory_of(described, invocations, measurements),
        margin=margin,
        estimate=estimate,
    )


def winners_of(
    described: pd.DataFrame,
    times: pd.DataFrame,
    costs: pd.DataFrame,
    memory: pd.DataFrame,
    *,
    margin: float = MARGIN,
    estimate: Estimator = log_ratio,
) -> pd.DataFrame:
    """One row per group (workload, parameters, interpreter) and use: the best case and how sure that is.

    Only cases with results in `FEWEST_BLOCKS` blocks take part. `outcome` is

    * `winner`: a parallel case is reliably faster than serial (Holm-corrected paired test), by at least
      `margin`; the best estimate among those, since a better but shaky one is no ground to stand on;
    * `serial`: serial has the best estimate, and the best parallel case is reliably slower;
    * `no worthwhile difference`: no parallel case is faster by `margin` or more, because of each the whole interval
      is below it, or because the best one and serial are equivalent; also a reliable speed-up whose estimate is
      below it (`reason` says which);
    * `no reliable difference`: anything else: the run can't tell;
    * `not measured`: serial, or every parallel case, has no results (with a `reason`).

    `estimate` is that of `speedups_of`.

    Returns:
        The columns of `group_columns`, `use`, `outcome`, `reason` (missing unless it says more); the best
        case (the winner, else the best estimate, serial included): `case_id`, `strategy`, `start_method`,
        `label`, `name`, `workers`, `speedup`, `low`, `high` (against serial, 95 %), `peak_bytes`,
        `startup_s`; `n`, `mde` (relative, with the correction: what such a group could have found), `p_holm`,
        `agree` of the decisive comparison, that of serial with the best parallel case; `pays` (`winner` and
        `low` above `margin`); `tied` (names of the cases that can't be told from the best one by paired
        comparison, Holm-corrected); `runner_up` (name of the best estimate apart from the best case) with
        `runner_up_speedup`, `runner_up_low`, `runner_up_high`; `recommended_*` (as for the best: among a
        winner and the tied cases that win too, the one with the fewest workers, then the shortest start-up;
        serial if there is no winner, missing if nothing was measured); `candidates` (parallel cases
        compared).
    """
    extended = described.merge(costs[["case_id", "startup_s"]], on="case_id", how="left")
    extended = extended.merge(_peaks(memory), on="case_id", how="left")
    columns = group_columns(described)
    groups: dict[str, list[Row]] = {}
    for row in extended.to_dict("records"):
        groups.setdefault(row["baseline_id"], []).append({str(key): value for key, value in row.items()})
    undecided = {"agree": True, "pays": False, "tied": ()}
    rows = []
    for group, use, logs, candidates in compared_with_serial(list(groups.values()), times, estimate):
        shared = {name: group[0][name] for name in columns}
        decided = _decide(group, candidates, logs, margin, estimate)
        rows.append(shared | {"use": use} | undecided | decided)
    return _typed(rows, described[columns])


def invalidated(winners: pd.DataFrame, reason: str) -> pd.DataFrame:
    """The same rows without a verdict, because the measuring itself was found wrong; the estimates stay."""
    measured = winners["outcome"] != NOT_MEASURED
    return winners.assign(
        outcome=winners["outcome"].where(~measured, INVALID),
        reason=winners["reason"].where(~measured, reason),
        pays=False,
    )


def _decide(group: list[Row], candidates: list[Candidate], logs: LogTimes, margin: float, estimate: Estimator) -> Row:
    serial = serial_of(group, logs)
    if serial is None:
        return {"outcome": NOT_MEASURED, "reason": SERIAL_FAILED.format(blocks=FEWEST_BLOCKS)}
    if not candidates:
        reason = PARALLEL_FAILED.format(blocks=FEWEST_BLOCKS)
        return {"outcome": NOT_MEASURED, "reason": reason} | _case(serial, _serial_itself())
    leader = next((each for each in candidates if each.wins(margin)), candidates[0])
    outcome, reason_given = _outcome(leader, candidates, margin, same=_same(leader.against_serial, margin, estimate))
    parallel_leads = leader.against_serial.ratio > 1
    tied = _tied(leader, candidates, logs, estimate) if parallel_leads else [x for x in candidates if not x.differs]
    best = _case(leader.case, leader.against_serial) if parallel_leads else _case(serial, _serial_itself())
    names = [str(each.case["name"]) for each in tied]
    if parallel_leads and not leader.differs:
        names.insert(0, str(serial["name"]))
    return {
        "outcome": outcome,
        "reason": reason_given,
        **best,
        **_decisive(leader, len(candidates)),
        "pays": outcome == WINNER and leader.against_serial.low > margin,
        "tied": tuple(names),
        "candidates": len(candidates),
        **_runner_up(candidates, serial, str(best["case_id"])),
        **_recommended(outcome, [leader, *tied], serial, margin),
    }


def _outcome(leader: Candidate, candidates: list[Candidate], margin: float, *, same: bool) -> tuple[str, str | None]:
    if leader.wins(margin):
        return WINNER, None
    if leader.differs and leader.against_serial.ratio <= 1:
        return SERIAL, None
    if leader.differs:
        return NOT_WORTHWHILE, BELOW_MARGIN.format(name=leader.case["name"], margin=margin - 1)
    if all(each.cannot_pay(margin) for each in candidates if each is not leader):
        if same:
            return NOT_WORTHWHILE, EQUIVALENT.format(name=leader.case["name"], margin=margin - 1)
        if leader.cannot_pay(margin):
            return NOT_WORTHWHILE, NOTHING_PAYS.format(margin=margin - 1)
    return NO_DIFFERENCE, None


def _same(found: RatioEstimate, margin: float, estimate: Estimator) -> bool:
    """Whether the two sides differ by less than the margin: by two one-sided tests, or by a whole anytime interval."""
    if estimate is raced_ratio and found.n >= FIRST_LOOK:
        return 1 / margin < found.low and found.high < margin
    return equivalent(found, margin)


def _tied(leader: Candidate, candidates: list[Candidate], logs: LogTimes, estimate: Estimator) -> list[Candidate]:
    """The other parallel cases that can't be told from the leader, fastest first."""
    others = [each for each in candidates if each is not leader]
    compared = [compare(logs, leader.case["case_id"], each.case["case_id"], estimate) for each in others]
    adjusted = holm([found.p_value for found in compared])
    return [each for each, p in zip(others, adjusted, strict=True) if not p < SIGNIFICANCE]


def _decisive(leader: Candidate, comparisons: int) -> Row:
    found = leader.against_serial
    mde = found.detectable_among(comparisons)
    return {"n": found.n, "mde": mde, "p_holm": leader.p_holm, "agree": found.agree}


def _runner_up(candidates: list[Candidate], serial: Row, best_id: str) -> Row:
    everyone = [(serial, _serial_itself()), *((each.case, each.against_serial) for each in candidates)]
    others = [(case, found) for case, found in everyone if case["case_id"] != best_id]
    case, found = max(others, key=lambda each: each[1].ratio)
    return {
        "runner_up": case["name"],
        "runner_up_speedup": found.ratio,
        "runner_up_low": found.ends[0],
        "runner_up_high": found.ends[1],
    }


def _recommended(outcome: str, best: list[Candidate], serial: Row, margin: float) -> Row:
    case, found = serial, _serial_itself()
    if outcome == WINNER:
        cheapest = min((each for each in best if each.wins(margin)), key=_cost)
        case, found = cheapest.case, cheapest.against_serial
    return {f"recommended_{name}": value for name, value in _case(case, found).items()}


def _cost(candidate: Candidate) -> tuple[Any, ...]:
    startup = candidate.case["startup_s"]
    return (candidate.case["workers"], startup if startup == startup else float("inf"))


def _case(case: Row, found: RatioEstimate) -> Row:
    own = {name: case[name] for name in (*CASE_TEXTS, "workers", "peak_bytes", "startup_s")}
    return own | {"speedup": found.ratio, "low": found.ends[0], "high": found.ends[1]}


def _serial_itself() -> RatioEstimate:
    """Serial compared with itself: exactly 1, without an interval."""
    return RatioEstimate(1.0, NAN, NAN, 0, NAN, 1.0, NAN, NAN, agree=True)


def _peaks(memory: pd.DataFrame) -> pd.DataFrame:
    """One peak per case: that of the method with the most invocations."""
    ordered = memory.sort_values("n", ascending=False, kind="stable")
    return ordered.drop_duplicates("case_id")[["case_id", "peak_bytes"]]


def _typed(rows: list[Row], shared: pd.DataFrame) -> pd.DataFrame:
    numbers = [*NUMBERS[: len(CASE_NUMBERS)], "n", *NUMBERS[len(CASE_NUMBERS) :]]
    columns = [*TEXTS[:4], *CASE_TEXTS, *numbers, "agree", "pays", "tied", "candidates"]
    columns += [name for name in TEXTS if name not in columns]
    frame = pd.DataFrame(rows, columns=[*shared.columns, *columns])
    whole = [name for name in columns if name in ("n", "candidates", "workers", "recommended_workers")]
    types: dict[Any, Any] = shared.dtypes.to_dict() | dict.fromkeys(TEXTS, "str")
    types |= dict.fromkeys(NUMBERS, "float64") | dict.fromkeys(whole, "Int64")
    return frame.astype(types | {"agree": "bool", "pays": "bool"})
