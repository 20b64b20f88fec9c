"""Carries a plan out: checks, calibrates, then block after block until every case has what it needs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.errors import OurFailure
from pipeline.plan.case import Case
from pipeline.plan.oracles import SHARE as ORACLES_SHARE
from pipeline.plan.plan import Plan
from pipeline.run.client import Spawner, SpawnerDied
from pipeline.run.contamination import disturbance
from pipeline.run.gil import GilSwitchedOn, gil_switched_on
from pipeline.run.journal import Journal
from pipeline.run.ledger import BUDGET, CONTAMINATED, INTERRUPTED, Ledger
from pipeline.run.progress import RunProgress
from pipeline.run.requests import calibration_request, measure_request


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    interrupted: bool
    stopped_by: dict[str, str]
    """Why each supported case, oracles included, got no more invocations, by case id."""
    timing_invocations: dict[str, int]
    """In how many blocks the timing of each supported case succeeded, by case id."""
    failures: dict[str, str]
    """The last error of each case that had any, by case label; of the oracles the report tells."""
    disturbed: int = 0
    """Timing invocations that somebody else's work disturbed."""
    repeated: int = 0
    """How many of them were repeated."""
    gil_switched_on: tuple[GilSwitchedOn, ...] = ()
    """Where an interpreter that starts without the GIL got it all the same."""


@dataclass(frozen=True)
class Scheduled:
    """The next invocation to make."""

    case: Case
    for_pass: str
    block: int


class Session:
    """One run on one machine, from its first invocation or from where its journal ends."""

    def __init__(self, plan: Plan, spawner: Spawner, journal: Journal, progress: RunProgress) -> None:
        self._plan = plan
        self._spawner = spawner
        self._journal = journal
        self._progress = progress
        self._ledger = Ledger(plan, journal.entries)
        self._spent_before_s = self._ledger.measured_s
        self._start = time.monotonic()
        self._out_of_budget = False
        self._failures = 0

    def execute(self) -> Outcome:
        """Runs to the end, to the end of the budget, or until Ctrl-C; the journal has everything in each case."""
        interrupted = False
        try:
            sizes = self._calibrate()
            for scheduled in self._schedule():
                self._invoke(scheduled, sizes)
        except KeyboardInterrupt:
            interrupted = True
            self._spawner.stop()
        return self._outcome(interrupted)

    def _schedule(self) -> Iterator[Scheduled]:
        last_block = max((case.measure.blocks.max for case in self._plan.supported), default=0)
        for block in range(last_block):
            for find in (self._ledger.due, self._ledger.repeats):
                yield from self._affordable(self._plan.shuffled(find(block), block), block)
                if self._out_of_budget:
                    return

    def _affordable(self, due: list[tuple[Case, str]], block: int) -> Iterator[Scheduled]:
        """One invocation after the other, as far as the budget goes."""
        later_s = self._ledger.remaining_s(block + 1)
        budget_s = self._plan.config.measure.budget_s
        for position, (case, for_pass) in enumerate(due):
            expected_s = self._ledger.expected_s(case, for_pass)
            too_much = self._ledger.oracles_s + expected_s > ORACLES_SHARE * budget_s
            if (case.oracle and too_much) or self._ledger.has_failed(case):
                continue
            left_s = budget_s - self._spent_s()
            if expected_s > left_s:
                self._out_of_budget = True
                return
            block_s = sum(self._ledger.expected_s(*other) for other in due[position:])
            self._progress.measuring(case.label, block, min(block_s + later_s, left_s), self._failures)
            yield Scheduled(case, for_pass, block)

    def _invoke(self, scheduled: Scheduled, sizes: dict[tuple[str, str], int]) -> None:
        request = measure_request(self._plan, scheduled.case, scheduled.for_pass, sizes)
        try:
            answer = self._spawner.carry_out(request)
        except SpawnerDied as error:
            answer = _nothing_measured(str(error))
        look = self._plan.config.measure.disturbed != "ignore"
        if look and answer["status"] == "ok" and scheduled.for_pass == "timing":
            disturbed = disturbance(answer, scheduled.case, self._plan.cpus)
            answer |= {"status": CONTAMINATED, "error": disturbed} if disturbed else {}
        entry = {
            "kind": "invocation",
            "invocation": self._ledger.invocations,
            "case_id": scheduled.case.case_id,
            "block": scheduled.block,
            "order": self._ledger.entries_of(scheduled.block),
            "pass": scheduled.for_pass,
            "task_size": sizes.get((scheduled.case.workload, scheduled.case.case_id)),
            **answer,
        }
        self._journal.append(entry)
        self._ledger.record(entry)
        self._failures += answer["status"] not in ("ok", CONTAMINATED)

    def _calibrate(self) -> dict[tuple[str, str], int]:
        """The calibrated size of every case that has one, by workload and case id; each is found once per run."""
        known = {_key(entry): entry["size"] for entry in self._journal.entries if entry["kind"] == "calibration"}
        sizes = {}
        for calibration in self._plan.calibrations():
            described = {
                "workload": calibration.workload,
                "parameters": calibration.parameters,
                "parameter": calibration.parameter,
                "target_s": calibration.target_s,
                "interpreter": calibration.interpreter,
            }
            if _key(described) not in known:
                self._progress.doing(f"calibrating {calibration.workload}")
                answer = self._spawner.carry_out(calibration_request(self._plan, calibration))
                if answer["status"] != "ok":
                    raise CalibrationFailed(f"{calibration.workload} cannot be calibrated: {answer['error']}")
                facts = answer["facts"]
                entry = {"kind": "calibration", **described, "size": facts["size"], "task_s": facts["task_s"]}
                self._journal.append(entry)
                known[_key(described)] = facts["size"]
            for case in self._plan.supported:
                if calibration.applies_to(case):
                    sizes[case.workload, case.case_id] = known[_key(described)]
        return sizes

    def _outcome(self, interrupted: bool) -> Outcome:
        stopped_by, failures = {}, {}
        for case in self._plan.supported:
            reason = self._ledger.why_stopped(case, self._ledger.blocks_tried(case))
            if reason is None:
                reason = INTERRUPTED if interrupted or not self._out_of_budget else BUDGET
            stopped_by[case.case_id] = reason
            if (error := self._ledger.last_error(case)) and not case.oracle:
                failures[case.label] = error
        return Outcome(
            interrupted=interrupted,
            stopped_by=stopped_by,
            timing_invocations={case.case_id: self._ledger.timing_invocations(case) for case in self._plan.supported},
            failures=failures,
            disturbed=sum(entry.get("status") == CONTAMINATED for entry in self._journal.entries),
            repeated=self._ledger.repeated,
            gil_switched_on=gil_switched_on(self._plan, self._journal.entries),
        )

    def _spent_s(self) -> float:
        return self._spent_before_s + time.monotonic() - self._start


class CalibrationFailed(OurFailure):
    """A built-in workload could not be brought to its target time."""


def _key(calibration: dict[str, Any]) -> tuple[object, ...]:
    return (
        calibration["workload"],
        tuple(sorted(calibration["parameters"].items())),
        calibration["parameter"],
        calibration["target_s"],
    )


def _nothing_measured(error: str) -> dict[str, Any]:
    """The answer in place of one that never came."""
    return {
        "status": "crashed",
        "error": error,
        "exit_code": None,
        "signal": None,
        "started_at": time.time(),
        "duration_s": 0.0,
        "total_s": None,
        "cpu_s": None,
        "involuntary_switches": None,
        "noise": {},
        "phases": [],
        "memory": [],
        "readings": [],
        "facts": {},
    }
