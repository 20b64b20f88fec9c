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


@pytest.fixture
def race(tmp_path):
    return plan_of(tmp_path, TEXT.replace("precision: 5%", "precision: null, until: decided"))


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


def disturbed(case, block, **more):
    entry = finished(case, block, **more)
    return {**entry, "status": "contaminated", "error": "others were busy"}


def test_a_disturbed_invocation_counts_until_it_has_been_repeated(plan):
    threads = by_strategy(plan)["threads"]
    entries = [finished(case, block) for block in range(3) for case in plan.cases if (case, block) != (threads, 2)]
    ledger = Ledger(plan, [*entries, disturbed(threads, 2)])
    assert ledger.timing_invocations(threads) == 3
    assert ledger.repeats(2) == [(threads, "timing")]
    assert ledger.last_error(threads) == ""
    ledger.record(finished(threads, 2, steady_s=0.05))
    assert ledger.repeats(2) == []
    assert (ledger.timing_invocations(threads), ledger.repeated) == (3, 1)


def test_once_the_next_block_has_begun_nothing_of_the_one_before_is_repeated(plan):
    threads, serial = by_strategy(plan)["threads"], by_strategy(plan)["serial"]
    entries = [finished(case, block) for block in range(3) for case in plan.cases if (case, block) != (threads, 2)]
    ledger = Ledger(plan, [*entries, disturbed(threads, 2), finished(serial, 3)])
    assert ledger.repeats(2) == []


def test_a_repeat_that_is_disturbed_too_is_not_repeated_again(plan):
    threads = by_strategy(plan)["threads"]
    entries = [finished(case, block) for block in range(3) for case in plan.cases if (case, block) != (threads, 2)]
    ledger = Ledger(plan, [*entries, disturbed(threads, 2), disturbed(threads, 2)])
    assert ledger.repeats(2) == [], "once is enough"


def test_where_most_is_disturbed_nothing_is_repeated(plan):
    entries = [disturbed(case, block) for block in range(3) for case in plan.cases]
    assert Ledger(plan, entries).repeats(2) == []


def test_disturbances_are_only_kept_where_that_is_asked_for(tmp_path):
    plan = plan_of(tmp_path, TEXT.replace("memory: true", "memory: true, disturbed: keep"))
    threads = by_strategy(plan)["threads"]
    entries = [finished(case, block) for block in range(3) for case in plan.cases if (case, block) != (threads, 2)]
    assert Ledger(plan, [*entries, disturbed(threads, 2)]).repeats(2) == []


def test_until_decided_measures_only_what_may_still_win(tmp_path):
    text = TEXT.replace("max: 6", "max: 12").replace("precision: 5%", "until: decided")
    text = text.replace("[serial, threads]", "[serial, threads, processes]")
    plan = plan_of(tmp_path, text)
    cases = by_strategy(plan)
    entries = []
    for block, wobble in enumerate((1.0, 1.01, 0.99, 1.02, 0.98) * 2):
        entries += [
            finished(cases["serial"], block, steady_s=0.2 * wobble),
            finished(cases["threads"], block, steady_s=0.1 / wobble),
            finished(cases["processes"], block, steady_s=0.1 * wobble**9),
        ]
    ledger = Ledger(plan, entries)
    assert ledger.why_stopped(cases["serial"], 10) == "decided"
    assert ledger.why_stopped(cases["threads"], 10) is None
    assert ledger.why_stopped(cases["processes"], 10) is None
    assert ledger.why_stopped(cases["threads"], 12) == "max blocks"


def test_oracles_go_along_with_the_grid_within_their_share(tmp_path):
    plan = plan_of(tmp_path, TEXT.replace("precision: 5%", "precision: null, budget: 60s"), oracles=True)
    ledger = Ledger(plan, [])
    in_first = [case for case, _ in ledger.due(0) if case.oracle]
    assert sum(ledger.expected_s(case, "timing" if case.timed else "memory") for case in in_first) <= 6.0
    assert len(in_first) > 10
    assert ledger.due(6) == [], "the grid has had its blocks"
    slow = next(case for case in in_first if case.oracle == "reference_a")
    ledger.record(finished(slow, 0, duration_s=6.0))
    assert not [case for case, _ in ledger.due(1) if case.oracle], "their share is used up"
    assert [case for case, _ in ledger.due(1)]


def test_a_short_run_is_not_prolonged_by_more_oracles_than_it_needs(tmp_path):
    plan = plan_of(tmp_path, TEXT.replace("precision: 5%", "precision: null, budget: 1h"), oracles=True)
    entries = [
        finished(case, block, duration_s=0.05, for_pass=for_pass)
        for block in range(5)
        for case in plan.supported
        for for_pass in (["timing"] if case.timed else ["memory"])
        if not case.oracle or block < case.measure.blocks.min
    ]
    ledger = Ledger(plan, entries)
    assert ledger.oracles_s > 0.1 * ledger.measured_s, "they have had what they need"
    assert not [case for case, _ in ledger.due(5) if case.oracle]
    grid = [finished(case, 5, duration_s=500.0) for case in plan.grid]
    assert [case for case, _ in Ledger(plan, [*entries, *grid[:1]]).due(5) if case.oracle]


def test_in_a_race_a_case_that_hangs_at_once_is_given_up_and_one_that_has_succeeded_is_not(race, plan):
    for each, given_up in ((race, True), (plan, False)):
        cases = by_strategy(each)
        hung = finished(cases["threads"], 0, status="timeout")
        assert Ledger(each, [hung]).has_failed(cases["threads"]) is given_up
        succeeded = finished(cases["threads"], 0)
        later = finished(cases["threads"], 1, status="timeout")
        assert not Ledger(each, [succeeded, later]).has_failed(cases["threads"])
