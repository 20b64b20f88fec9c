"""Claims 3 and 7: whether threads, and whether processes, compute on several CPUs at once."""

from __future__ import annotations

from pipeline.analysis.claims.finding import CPUS, T_ON_LOGS, Finding, Wanted
from pipeline.analysis.claims.grounds import Grounds, Row, case_words, speedup_finding
from pipeline.analysis.claims.verdict import Judgement, combined, not_testable
from pipeline.analysis.claims.words import amount
from pipeline.statistics.margin import ABOVE, BELOW, REFUTED

HOLDS_THE_LOCK = ("int_loop", "object_graph", "python_kernels", "sort", "json_parse")
"""Python code, and C that keeps the GIL."""
RELEASES_THE_LOCK = ("hash_large",)
PARALLEL_HERE = "most that this machine gained in parallel"
ONE_CPU = "only one CPU may be used here, so nothing can compute in parallel"


def gil_stops_threads(grounds: Grounds) -> Judgement:
    """Claim 3: threads that run Python code are hardly faster than serial.

    Refuted where they reach the strong scaling; between the two it is open. The control is that something does run in
    parallel here: the best of processes and of C that releases the GIL.
    """
    if grounds.cpus < 2:
        return not_testable(ONE_CPU)
    margins = grounds.margins
    rows = grounds.computing(HOLDS_THE_LOCK, ["threads"])
    wanted: Wanted = {"margin": margins.no_speedup, "side": BELOW}
    tests = [speedup_finding(row, **wanted, refuted_beyond=_strong(grounds, row)) for row in rows]
    if not tests:
        return combined([])
    released = [speedup_finding(row) for row in grounds.computing(RELEASES_THE_LOCK, ["threads"])]
    busy = [each for row in rows for each in _busy(grounds, row)]
    found = combined([*tests, *_something_is_parallel(grounds), *released, *busy])
    if not grounds.has_lock and found.verdict == REFUTED:
        reached = max(each.estimate for each in tests)
        reason = f"no GIL here: threads reach {amount(reached, 'times')} times serial; {found.reason}"
        return Judgement(found.verdict, reason, None, found.findings)
    return found


def processes_use_cores(grounds: Grounds) -> Judgement:
    """Claim 7: processes reach the strong scaling, and on a single CPU nothing of it is left."""
    if grounds.cpus < 2:
        return not_testable(ONE_CPU)
    rows = grounds.computing(["int_loop"], ["processes"])
    tests = [speedup_finding(row, margin=_strong(grounds, row), side=ABOVE) for row in rows]
    control = [grounds.one_cpu] if grounds.one_cpu is not None else []
    return combined([*tests, *control, *(each for row in rows for each in _busy(grounds, row))])


def _strong(grounds: Grounds, row: Row) -> float:
    """The speed-up from which several CPUs count as used; never below what counts as none."""
    margins = grounds.margins
    return max(margins.no_speedup, margins.strong_scaling * grounds.several(int(row["workers"])))


def _something_is_parallel(grounds: Grounds) -> list[Finding]:
    rows = grounds.computing([*RELEASES_THE_LOCK, *HOLDS_THE_LOCK], ["processes", "mp_pool"])
    rows += grounds.computing(RELEASES_THE_LOCK, ["threads"])
    if not rows:
        return []
    best = max(rows, key=lambda row: float(row["low"]) if row["low"] == row["low"] else 0.0)
    return [speedup_finding(best, PARALLEL_HERE, margin=grounds.margins.no_speedup, side=ABOVE, control=True)]


def _busy(grounds: Grounds, row: Row) -> list[Finding]:
    """How many CPUs were busy, which only tells."""
    cost = grounds.costs[grounds.costs["case_id"] == row["case_id"]]
    if cost.empty or cost["cpu_over_wall"].isna().all():
        return []
    told = cost.iloc[0]
    numbers = (float(told["cpu_over_wall"]), float(told["cpu_over_wall_low"]), float(told["cpu_over_wall_high"]))
    return [Finding(case_words(row), "CPUs kept busy", CPUS, *numbers, int(told["n"]), T_ON_LOGS)]
