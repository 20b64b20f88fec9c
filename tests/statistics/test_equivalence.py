from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.statistics.equivalence import equivalence_p_value, equivalent
from pipeline.statistics.ratio import independent_ratio, log_ratio

samples = st.lists(st.floats(-0.2, 0.2), min_size=3, max_size=12, unique=True).map(np.array)


def test_it_is_the_larger_of_scipys_one_sided_tests():
    values = np.random.default_rng(0).normal(0.01, 0.04, 12)
    border = math.log(1.05)
    above = stats.ttest_1samp(values, -border, alternative="greater").pvalue
    below = stats.ttest_1samp(values, border, alternative="less").pvalue
    assert equivalence_p_value(log_ratio(values), 1.05) == pytest.approx(max(above, below))


@settings(max_examples=50)
@given(samples, st.floats(1.01, 1.5))
def test_it_asks_whether_the_90_percent_interval_lies_inside(values, margin):
    estimate = log_ratio(values, confidence=0.90)
    inside = 1 / margin < estimate.low and estimate.high < margin
    assert equivalent(estimate, margin) == inside


@settings(max_examples=50)
@given(samples)
def test_swapping_the_sides_changes_nothing(values):
    assert equivalence_p_value(log_ratio(-values), 1.05) == pytest.approx(equivalence_p_value(log_ratio(values), 1.05))


def test_unpaired_values_can_be_equivalent_too():
    rng = np.random.default_rng(1)
    first, second = np.exp(rng.normal(0, 0.01, (2, 20)))
    assert equivalent(independent_ratio(first, second), 1.05)
    assert not equivalent(independent_ratio(1.05 * first, second), 1.05)


def test_without_spread_only_the_place_counts():
    assert equivalence_p_value(log_ratio(np.full(5, 0.01)), 1.05) == 0
    assert equivalence_p_value(log_ratio(np.full(5, 0.1)), 1.05) == 1
    assert equivalence_p_value(log_ratio(np.full(5, -0.1)), 1.05) == 1


def test_without_an_error_nothing_is_equivalent():
    for few in ([], [0.0]):
        assert math.isnan(equivalence_p_value(log_ratio(np.array(few)), 1.05))
        assert not equivalent(log_ratio(np.array(few)), 1.05)


def test_nothing_is_equivalent_within_no_margin():
    assert equivalence_p_value(log_ratio(np.array([-0.01, 0.0, 0.01])), 1.0) == pytest.approx(0.5)
    assert not equivalent(log_ratio(np.zeros(5)), 1.0)


@pytest.mark.parametrize("margin", [0.05, math.nan])
def test_a_margin_that_is_no_factor_is_refused(margin):
    with pytest.raises(ValueError, match="at least 1"):
        equivalent(log_ratio(np.zeros(3)), margin)


def test_a_difference_of_just_the_margin_is_called_equivalent_in_5_percent_of_runs():
    draws = np.random.default_rng(2).normal(math.log(1.05), 0.02, (3000, 10))
    assert np.mean([equivalent(log_ratio(row), 1.05) for row in draws]) == pytest.approx(0.05, abs=0.012)
