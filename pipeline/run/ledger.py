"""What has been measured so far, case by case, and whether a case needs more."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pipeline.plan.case import Case
from pipeline.plan.oracles import SHARE as ORACLES_SHARE
from pipeline.plan.plan import Plan, memory_blocks
from pipeline.run.stopping import is_precise, undecided

FAILURES_IN_A_ROW = 2
"""A case that fails twice in a row is not tried again: each time may cost its whole timeout."""

CONTAMINATED = "contaminated"
REPEATED_SHARE = 0.25
"""Of all invocations: a machine that is disturbed all the time isn't helped by repeating."""

PRECISION = "precision"
DECIDED = "decided"
MAX_BLOCKS = "max blocks"
FAILURES = "failures"
BUDGET = "budget"
INTERRUPTED = "interrupted"


class CaseRecord:
    """The invocations of one case."""

    def __init__(self) -> None:
        self.steady_s: dict[int, float] = {}
        """Median time of an iteration, by block, of the timing invocations that succeeded: a disturbed one counts
        until it has been repeated."""
        self.disturbed: set[int] = set()
        """Blocks whose timing was disturbed, and may be repeated."""
        self.tried: dict[str, set[int]] = {"timing": set(), "memory": set()}
        """Blocks in which an invocation has finished, by pass, whatever its status."""
        self.durations_s: dict[str, list[float]] = {"timing": [], "memory": []}
        self.failures_in_a_row = 0
        self.last_error: str | None = None


class Ledger:
    """Built from the journal's entries alone, so that a resumed run decides as the interrupted one would have."""

    def __init__(self, plan: Plan, entries: list[dict[str, Any]]) -> None:
        self._plan = plan
        self._records: defaultdict[str, CaseRecord] = defaultdict(CaseRecord)
        self._cases = {case.case_id: case for case in plan.supported}
        self._dependents: defaultdict[str, list[Case]] = defaultdict(list)
        for case in plan.supported:
            if not case.is_baseline and not case.oracle:
                self._dependents[case.baseline_id].append(case)
        self.invocations = 0
        self.repeated = 0
        self.oracles_s = 0.0
        """Seconds that the oracles have taken."""
        self._open_cases: dict[str, tuple[int, set[str]]] = {}
        self._stops: dict[tuple[str, int], tuple[int, str | None]] = {}
        self._block_sizes: defaultdict[int, int] = defaultdict(int)
        self.measured_s = 0.0
        for entry in entries:
            self.record(entry)

    def record(self, entry: dict[str, Any]) -> None:
        """Takes one entry of the journal into account."""
        if entry["kind"] != "invocation":
            return
        record = self._records[entry["case_id"]]
        block, for_pass = entry["block"], entry["pass"]
        self.invocations += 1
        self._block_sizes[block] += 1
        self.measured_s += entry["duration_s"]
        if entry["case_id"] in self._cases and self._cases[entry["case_id"]].oracle:
            self.oracles_s += entry["duration_s"]
        again = block in record.tried[for_pass]
        self.repeated += again
        record.tried[for_pass].add(block)
        record.durations_s[for_pass].append(entry["duration_s"])
        if entry["status"] not in ("ok", CONTAMINATED):
            record.failures_in_a_row += self._weight(entry, record)
            record.last_error = entry["error"]
            return
        record.failures_in_a_row = 0
        if for_pass != "timing":
            return
        if entry["status"] == CONTAMINATED and again:
            record.disturbed.discard(block)  # no better than the first, and not tried a third time
            return
        (record.disturbed.add if entry["status"] == CONTAMINATED else record.disturbed.discard)(block)
        iterations = [phase["wall"] for phase in entry["phases"] if phase["phase"] == "steady"]
        record.steady_s[block] = statistics.median(iterations)

    def _weight(self, entry: dict[str, Any], record: CaseRecord) -> int:
        """How many failures one is worth: in a race for time, a case that has only hung isn't given more of it."""
        only_hung = entry["status"] == "timeout" and not record.steady_s
        return FAILURES_IN_A_ROW if only_hung and self._plan.config.measure.until == DECIDED else 1

    def due(self, block: int) -> list[tuple[Case, str]]:
        """The invocations (case and pass) that belong to a block and haven't finished yet.

        Oracles go along with the grid: where nothing of it is due, nothing is. They come in the order of the plan,
        as far as their share goes: of the budget for the blocks without which they say nothing, of the time that
        has been spent for more than that.
        """
        wanted = self._wanted(block)
        grid = [entry for entry in wanted if not entry[0].oracle]
        return [*grid, *self._affordable([entry for entry in wanted if entry[0].oracle], block)] if grid else []

    def _affordable(self, oracles: list[tuple[Case, str]], block: int) -> Iterator[tuple[Case, str]]:
        spent_s = self.oracles_s
        for case, for_pass in oracles:
            spent_s += self.expected_s(case, for_pass)
            is_needed = block < case.measure.blocks.min
            available_s = self._plan.config.measure.budget_s if is_needed else self.measured_s
            if spent_s <= ORACLES_SHARE * available_s:
                yield case, for_pass
            else:
                spent_s -= self.expected_s(case, for_pass)

    def _wanted(self, block: int) -> list[tuple[Case, str]]:
        wanted = []
        for case in self._cases.values():
            record = self._records[case.case_id]
            if case.timed and block not in record.tried["timing"] and self.why_stopped(case, block) is None:
                wanted.append((case, "timing"))
            if block < memory_blocks(case) and block not in record.tried["memory"] and not self.has_failed(case):
                wanted.append((case, "memory"))
        return wanted

    def repeats(self, block: int) -> list[tuple[Case, str]]:
        """The invocations of a block that were disturbed, as far as repeating them may help.

        Each is repeated once, in the same block; oracles are not, and none where most of the block was disturbed, or
        once the next block has begun: what belongs together must be near in time.
        """
        if self._plan.config.measure.disturbed != "repeat" or self._block_sizes[block + 1]:
            return []
        grid = [case for case in self._cases.values() if not case.oracle and not self.has_failed(case)]
        disturbed = [case for case in grid if block in self._records[case.case_id].disturbed]
        tried = [case for case in grid if block in self._records[case.case_id].tried["timing"]]
        too_many = self.repeated >= REPEATED_SHARE * self.invocations or 2 * len(disturbed) > len(tried)
        return [] if too_many else [(case, "timing") for case in disturbed]

    def has_failed(self, case: Case) -> bool:
        """Whether the case has failed so often that it isn't tried again."""
        return self._records[case.case_id].failures_in_a_row >= FAILURES_IN_A_ROW

    def why_stopped(self, case: Case, before_block: int) -> str | None:
        """Why the case gets no invocation in this block; None if it does."""
        key = case.case_id, before_block
        known = self._stops.get(key)
        if known is None or known[0] != self.invocations:
            known = self._stops[key] = (self.invocations, self._why_stopped(case, before_block))
        return known[1]

    def _why_stopped(self, case: Case, before_block: int) -> str | None:
        if self.has_failed(case):
            return FAILURES
        if before_block >= case.measure.blocks.max:
            return MAX_BLOCKS
        if before_block < case.measure.blocks.min or case.oracle:
            return None
        if self._plan.config.measure.until == DECIDED:
            return None if case.case_id in self._undecided(case.baseline_id) else DECIDED
        if case.is_baseline:
            dependents = self._dependents[case.case_id]
            is_done = bool(dependents) and all(self.why_stopped(other, before_block) for other in dependents)
            return PRECISION if is_done else None
        times, baseline = self._records[case.case_id].steady_s, self._records[case.baseline_id].steady_s
        return PRECISION if is_precise(times, baseline, case.measure) else None

    def _undecided(self, baseline_id: str) -> set[str]:
        """The cases with this baseline, itself included, that may still be the best."""
        count, found = self._open_cases.get(baseline_id, (-1, set()))
        if count != self.invocations:
            members = [baseline_id, *(case.case_id for case in self._dependents[baseline_id])]
            times = {name: self._records[name].steady_s for name in members}
            found = undecided({name: seconds for name, seconds in times.items() if seconds})
            self._open_cases[baseline_id] = (self.invocations, found)
        return found

    def expected_s(self, case: Case, for_pass: str) -> float:
        """How long an invocation of the case will take: as before, or as predicted."""
        durations = self._records[case.case_id].durations_s[for_pass]
        return statistics.fmean(durations) if durations else self._plan.predicted_s(case, for_pass)

    def entries_of(self, block: int) -> int:
        """How many invocations of a block have finished."""
        return self._block_sizes[block]

    def blocks_tried(self, case: Case) -> int:
        """In how many blocks the timing of a case has been tried."""
        return len(self._records[case.case_id].tried["timing"])

    def last_error(self, case: Case) -> str:
        """What went wrong with the case most recently."""
        return self._records[case.case_id].last_error or ""

    def timing_invocations(self, case: Case) -> int:
        """How many timing invocations of the case have succeeded."""
        return len(self._records[case.case_id].steady_s)

    def remaining_s(self, from_block: int) -> float:
        """Seconds until every case has had all the blocks that it may have, if none stops early."""
        total = 0.0
        for case in self._cases.values():
            if case.timed and self.why_stopped(case, from_block) is None:
                total += (case.measure.blocks.max - from_block) * self.expected_s(case, "timing")
            if not self.has_failed(case):
                total += max(0, memory_blocks(case) - from_block) * self.expected_s(case, "memory")
        return total
