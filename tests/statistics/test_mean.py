from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.statistics.mean import any_mean_interval, geometric_mean, mean_interval, plain_mean_interval


def test_the_geometric_mean():
    assert geometric_mean([1, 100]) == pytest.approx(10)
    assert math.isnan(geometric_mean([]))
    with pytest.raises(ValueError, match="positive"):
        geometric_mean([1, 0])


def test_the_plain_interval_is_scipys():
    values = np.random.default_rng(0).normal(-1, 2, 9)
    low, high = stats.t.interval(0.95, 8, np.mean(values), stats.sem(values))
    found = plain_mean_interval(values)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.n == 9


def test_the_log_interval_is_the_plain_one_of_the_logs():
    values = np.random.default_rng(1).lognormal(size=9)
    plain, found = plain_mean_interval(np.log(values)), mean_interval(values)
    assert (found.mean, found.low, found.high) == pytest.approx(tuple(np.exp((plain.mean, plain.low, plain.high))))


@pytest.mark.parametrize("n", [5, 30])
def test_the_interval_covers_the_truth(n):
    rng = np.random.default_rng(n)
    found = [mean_interval(row) for row in np.exp(rng.normal(1, 0.3, (2000, n)))]
    assert 0.93 <= np.mean([each.low <= math.e <= each.high for each in found]) <= 0.97


def test_one_value_has_no_interval_and_none_no_mean():
    one, none = mean_interval([3.0]), plain_mean_interval([])
    assert one.mean == pytest.approx(3)
    assert math.isnan(one.low)
    assert none.n == 0
    assert math.isnan(none.mean)


def test_values_that_are_not_positive_take_the_plain_mean():
    assert any_mean_interval([-1.0, 0.0, 4.0]).mean == pytest.approx(1)
    assert any_mean_interval([1.0, 100.0]).mean == pytest.approx(10)
    with pytest.raises(ValueError, match="finite"):
        any_mean_interval([1.0, math.nan])


@settings(max_examples=50)
@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=9), st.floats(1e-3, 1e3))
def test_another_unit_scales_the_interval(values, factor):
    plain, scaled = mean_interval(values), mean_interval([value * factor for value in values])
    assert scaled.mean == pytest.approx(factor * plain.mean, rel=1e-6)
    assert scaled.low == pytest.approx(factor * plain.low, rel=1e-6)
