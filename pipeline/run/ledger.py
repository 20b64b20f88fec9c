"""What has been measured so far, case by case, and whether a case needs more."""

from __future__ import annotations

import statistics
from collections import defaultdict
from typing import Any

from pipeline.plan.case import Case
from pipeline.plan.plan import Plan, memory_blocks

FAILURES_IN_A_ROW = 2
"""A case that fails twice in a row is not tried again: each time may cost its whole timeout."""

PRECISION = "precision"
MAX_BLOCKS = "max blocks"
FAILURES = "failures"
BUDGET = "budget"
INTERRUPTED = "interrupted"


class CaseRecord:
    """The invocations of one case."""

    def __init__(self) -> None:
        self.steady_s: dict[int, float] = {}
        """Median time of an iteration, by block, of the timing invocations that succeeded."""
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
            if not case.is_baseline:
                self._dependents[case.baseline_id].append(case)
        self.invocations = 0
        self._block_sizes: defaultdict[int, int] = defaultdict(int)
        self.measured_s = 0.0
        for entry in entries:
            self.record(entry)

    def record(self, entry: dict[str, Any]) -> None:
        """Takes one entry of the journal into account."""
        if entry["kind"] != "invocation":
            return
        record = self._records[entry["case_id"]]
        self.invocations += 1
        self._block_sizes[entry["block"]] += 1
        self.measured_s += entry["duration_s"]
        record.tried[entry["pass"]].add(entry["block"])
        record.durations_s[entry["pass"]].append(entry["duration_s"])
        if entry["status"] != "ok":
            record.failures_in_a_row += 1
            record.last_error = entry["error"]
            return
        record.failures_in_a_row = 0
        if entry["pass"] == "timing":
            iterations = [phase["wall"] for phase in entry["phases"] if phase["phase"] == "steady"]
            record.steady_s[entry["block"]] = statistics.median(iterations)

    def due(self, block: int) -> list[tuple[Case, str]]:
        """The invocations (case and pass) that belong to a block and haven't finished yet."""
        wanted = []
        for case in self._cases.values():
            record = self._records[case.case_id]
            if block not in record.tried["timing"] and self.why_stopped(case, before_block=block) is None:
                wanted.append((case, "timing"))
            if block < memory_blocks(case) and block not in record.tried["memory"] and not self.has_failed(case):
                wanted.append((case, "memory"))
        return wanted

    def has_failed(self, case: Case) -> bool:
        """Whether the case has failed so often that it isn't tried again."""
        return self._records[case.case_id].failures_in_a_row >= FAILURES_IN_A_ROW

    def why_stopped(self, case: Case, before_block: int) -> str | None:
        """Why the case gets no invocation in this block; None if it does."""
        record = self._records[case.case_id]
        if self.has_failed(case):
            return FAILURES
        if before_block >= case.measure.blocks.max:
            return MAX_BLOCKS
        if before_block < case.measure.blocks.min or case.measure.precision is None:
            return None
        if case.is_baseline:
            dependents = self._dependents[case.case_id]
            is_done = bool(dependents) and all(self.why_stopped(other, before_block) for other in dependents)
            return PRECISION if is_done else None
        baseline = self._records[case.baseline_id]
        blocks = sorted(record.steady_s.keys() & baseline.steady_s.keys())
        if len(blocks) < 2:
            return None
        # numpy and scipy are imported when the first interval is needed, not before the first measurement.
        from pipeline.statistics.ratio import paired_ratio

        estimate = paired_ratio(
            [baseline.steady_s[block] for block in blocks], [record.steady_s[block] for block in blocks]
        )
        return PRECISION if estimate.half_width <= case.measure.precision else None

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
            if self.why_stopped(case, from_block) is None:
                total += (case.measure.blocks.max - from_block) * self.expected_s(case, "timing")
            if not self.has_failed(case):
                total += max(0, memory_blocks(case) - from_block) * self.expected_s(case, "memory")
        return total
