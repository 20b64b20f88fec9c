from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.statistics.control import FEWEST_BLOCKS, controlled_ratio
from pipeline.statistics.ratio import log_ratio

TRUTH = math.log(1.5)


def blocks(rng, n, slope=1.0, noise=0.03, machine=0.1):
    """Differences and their control: the machine's state moves both."""
    control = rng.normal(0, machine, n)
    return TRUTH + slope * control + rng.normal(0, noise, n), control


def test_alone_it_is_scipys_regression_line_at_zero():
    d, z = blocks(np.random.default_rng(0), 12)
    line = stats.linregress(z, d)
    found = controlled_ratio(d, z)
    assert math.log(found.ratio) == pytest.approx(line.intercept)
    assert found.standard_error == pytest.approx(line.intercept_stderr)
    assert found.degrees == pytest.approx(10)
    assert found.n == 12
    t = stats.t.ppf(0.975, 10)
    assert math.log(found.high / found.low) == pytest.approx(2 * t * line.intercept_stderr)


def test_the_common_slope_is_that_of_one_line_per_pair_with_the_same_slope():
    rng = np.random.default_rng(1)
    own, other, third = (blocks(rng, n) for n in (8, 8, 11))
    pairs = [own, other, third]
    rows = sum(len(d) for d, _ in pairs)
    design = np.zeros((rows, 4))
    place = 0
    for index, (d, z) in enumerate(pairs):
        design[place : place + len(d), index] = 1
        design[place : place + len(d), 3] = z
        place += len(d)
    fitted = np.linalg.lstsq(design, np.concatenate([d for d, _ in pairs]), rcond=None)[0]
    found = controlled_ratio(*own, others=[other, third])
    assert math.log(found.ratio) == pytest.approx(fitted[0])
    assert 6 < found.degrees < 7


def test_what_the_machine_did_is_taken_out():
    d, z = blocks(np.random.default_rng(2), 20)
    plain, found = log_ratio(d), controlled_ratio(d, z)
    assert found.standard_error < 0.6 * plain.standard_error
    assert found.low < 1.5 < found.high


def test_it_aims_at_zero_and_not_at_the_mean_of_the_control():
    z = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    wiggle = np.array([1, -1, 0, 0, -1, 1]) * 1e-3
    assert controlled_ratio(TRUTH + 2 * z + wiggle, z).ratio == pytest.approx(1.5, rel=0.01)


def test_few_blocks_or_a_control_that_never_varies_give_nothing():
    d, z = blocks(np.random.default_rng(3), FEWEST_BLOCKS)
    assert controlled_ratio(d, z) is not None
    assert controlled_ratio(d[:-1], z[:-1]) is None
    assert controlled_ratio(d, np.full(FEWEST_BLOCKS, 0.2)) is None
    assert controlled_ratio(d, np.full(FEWEST_BLOCKS, 0.2), others=[(d, z)]) is None


def test_other_cases_without_blocks_change_nothing():
    d, z = blocks(np.random.default_rng(4), 8)
    nothing = np.empty(0)
    assert controlled_ratio(d, z, others=[(nothing, nothing)]) == controlled_ratio(d, z)


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(ValueError, match="not 6 and 5"):
        controlled_ratio(np.zeros(6), np.arange(5.0))
    with pytest.raises(ValueError, match="control must be finite"):
        controlled_ratio(np.zeros(6), np.array([0, 1, 2, 3, 4, math.nan]))
    with pytest.raises(ValueError, match="not 2 and 1"):
        controlled_ratio(np.zeros(6), np.arange(6.0), others=[(np.zeros(2), np.zeros(1))])


@settings(max_examples=30)
@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_swapping_the_sides_mirrors_and_the_scale_of_the_control_cancels(seed, factor):
    d, z = blocks(np.random.default_rng(seed), 9)
    there, back, scaled = controlled_ratio(d, z), controlled_ratio(-d, -z), controlled_ratio(d, factor * z)
    assert there.ratio == pytest.approx(1 / back.ratio)
    assert there.low == pytest.approx(1 / back.high)
    assert there.median_low == pytest.approx(1 / back.median_high)
    assert there.p_value == pytest.approx(back.p_value)
    assert scaled.low == pytest.approx(there.low)


@pytest.mark.parametrize("n", [5, 10])
@pytest.mark.parametrize("slope", [0.0, 1.0])
@pytest.mark.parametrize("company", [0, 2])
def test_the_interval_covers_the_truth_whether_or_not_the_control_helps(n, slope, company):
    rng = np.random.default_rng([n, int(slope), company])
    covered = []
    for _ in range(1500):
        others = [blocks(rng, n, slope) for _ in range(company)]
        found = controlled_ratio(*blocks(rng, n, slope), others=others)
        covered.append(found.low <= 1.5 <= found.high)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)
