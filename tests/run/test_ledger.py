import pytest

from pipeline.run.ledger import Ledger
from tests.support.configs import finished, plan_of

TEXT = """
name: t
measure: {blocks: {min: 3, max: 6}, precision: 5%, memory: true}
grids: [{workloads: noop, strategies: [serial, threads], workers: 2}]
"""


@pytest.fixture
def plan(tmp_path):
    return plan_of(tmp_path, TEXT)


def by_strategy(plan):
    return {case.strategy: case for case in plan.cases}


def due(ledger, block):
    return {(case.strategy, for_pass) for case, for_pass in ledger.due(block)}


def test_the_first_blocks_have_timing_and_memory(plan):
    ledger = Ledger(plan, [])
    both = {("serial", "timing"), ("serial", "memory"), ("threads", "timing"), ("threads", "memory")}
    assert due(ledger, 0) == due(ledger, 2) == both
    assert due(ledger, 3) == {("serial", "timing"), ("threads", "timing")}
    assert due(ledger, 6) == set()


def test_finished_invocations_are_not_due_again(plan):
    cases = by_strategy(plan)
    entries = [finished(cases["serial"], 0), finished(cases["threads"], 0, for_pass="memory")]
    assert due(Ledger(plan, entries), 0) == {("serial", "memory"), ("threads", "timing")}


def test_a_case_stops_when_its_interval_is_narrow_and_its_baseline_with_it(plan):
    cases = by_strategy(plan)
    entries = []
    for block, wobble in enumerate((1.0, 1.01, 0.99)):
        entries += [finished(cases["serial"], block, steady_s=0.2 * wobble), finished(cases["threads"], block)]
    ledger = Ledger(plan, entries)
    assert ledger.why_stopped(cases["threads"], 3) == "precision"
    assert ledger.why_stopped(cases["serial"], 3) == "precision"


def test_a_case_goes_on_while_its_interval_is_wide_and_stops_at_the_last_block(plan):
    cases = by_strategy(plan)
    entries = []
    for block, wobble in enumerate((1.0, 1.4, 0.8)):
        entries += [finished(cases["serial"], block, steady_s=0.2 * wobble), finished(cases["threads"], block)]
    ledger = Ledger(plan, entries)
    assert ledger.why_stopped(cases["threads"], 3) is None
    assert ledger.why_stopped(cases["serial"], 3) is None
    assert ledger.why_stopped(cases["threads"], 6) == "max blocks"


def test_a_case_that_fails_twice_in_a_row_is_given_up(plan):
    case = by_strategy(plan)["threads"]
    once = [finished(case, 0, status="timeout")]
    assert Ledger(plan, once).why_stopped(case, 1) is None
    twice = Ledger(plan, [*once, finished(case, 1, status="crashed")])
    assert twice.why_stopped(case, 2) == "failures"
    assert twice.last_error(case) == "it broke"
    between = [*once, finished(case, 1), finished(case, 2, status="timeout")]
    assert Ledger(plan, between).why_stopped(case, 3) is None


def test_what_remains_follows_what_was_observed(plan):
    cases = by_strategy(plan)
    entries = [finished(case, 0, for_pass=p, duration_s=2.0) for case in cases.values() for p in ("timing", "memory")]
    ledger = Ledger(plan, entries)
    assert ledger.remaining_s(1) == pytest.approx(2 * (5 * 2.0 + 2 * 2.0))
    assert ledger.measured_s == pytest.approx(8.0)


def test_without_precision_every_block_is_measured(tmp_path):
    plan = plan_of(tmp_path, TEXT.replace("precision: 5%", "precision: null"))
    cases = by_strategy(plan)
    entries = [finished(case, block) for block in range(5) for case in cases.values()]
    assert Ledger(plan, entries).why_stopped(cases["threads"], 5) is None
