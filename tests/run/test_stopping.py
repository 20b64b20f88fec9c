import numpy as np
import pytest

from pipeline.config.measure import Blocks, Measure
from pipeline.run.stopping import is_precise, undecided
from pipeline.statistics.stein import blocks_needed


def by_block(values):
    return dict(enumerate(values))


def noisy(truth, cv, blocks, seed):
    rng = np.random.default_rng(seed)
    return by_block(truth * np.exp(cv * rng.standard_normal(blocks)))


def test_the_pilot_alone_decides_how_many_blocks_there_are():
    measure = Measure(blocks=Blocks(min=6, max=100), precision=0.05)
    case, baseline = noisy(0.1, 0.08, 60, 1), noisy(0.2, 0.08, 60, 2)
    pilot = np.log([baseline[block] / case[block] for block in range(6)])
    needed = blocks_needed(pilot, 0.05)
    assert 6 < needed < 60
    for blocks in (6, needed - 1, needed, needed + 1):
        seen = {block: seconds for block, seconds in case.items() if block < blocks}
        assert is_precise(seen, baseline, measure) == (blocks >= needed)
    later = {**case, **{block: case[block] * 5 for block in range(6, 60, 2)}}
    assert is_precise(later, baseline, measure), "what came after the pilot plays no part"


def test_without_precision_nothing_is_precise():
    same = by_block([0.1] * 30)
    assert not is_precise(same, same, Measure(blocks=Blocks(min=2, max=30), precision=None))


def test_a_spread_needs_three_blocks_even_if_fewer_are_asked_for():
    measure = Measure(blocks=Blocks(min=1, max=30), precision=0.03)
    same = by_block([0.1] * 30)
    assert not is_precise(by_block([0.1] * 2), same, measure)
    assert is_precise(by_block([0.1] * 3), same, measure)


def test_only_blocks_that_both_have_count():
    measure = Measure(blocks=Blocks(min=4, max=30), precision=0.03)
    assert not is_precise({0: 0.1, 1: 0.1, 5: 0.1, 7: 0.1}, {0: 0.2, 1: 0.2, 5: 0.2, 6: 0.2}, measure)


def test_what_clearly_loses_is_out_and_what_may_win_stays():
    group = {name: noisy(truth, 0.02, 12, seed) for seed, (name, truth) in enumerate(
        {"serial": 1.0, "threads": 1.02, "processes": 0.5, "mp_pool": 0.49}.items()
    )}  # fmt: skip
    assert undecided(group) <= {"processes", "mp_pool"}


def test_a_clear_winner_ends_the_race():
    group = {"serial": noisy(1.0, 0.02, 8, 1), "threads": noisy(0.5, 0.02, 8, 2)}
    assert undecided(group) == set()


def test_too_few_blocks_leave_everything_open():
    assert undecided({"serial": {0: 1.0}, "threads": {0: 0.1}}) == {"serial", "threads"}


@pytest.mark.parametrize("missing", [{"threads": {}}, {}])
def test_a_case_without_results_does_not_stop_the_others(missing):
    group = {"serial": noisy(1.0, 0.02, 8, 1), "processes": noisy(0.5, 0.02, 8, 2), **missing}
    assert "serial" not in undecided({name: times for name, times in group.items() if times})
