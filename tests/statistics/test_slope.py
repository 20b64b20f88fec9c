"""The shared slope against numpy's general least squares, and where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from pipeline.statistics.slope import shared_slope


def test_one_group_is_an_ordinary_straight_line():
    rng = np.random.default_rng(1)
    x = np.repeat([1.0, 2.0, 4.0, 8.0], 3)
    y = 5 + 2 * x + rng.standard_normal(12)
    reference = stats.linregress(x, y)
    found = shared_slope(x, y, np.zeros(12))
    assert found.slope == pytest.approx(reference.slope)
    assert found.offset == pytest.approx(reference.intercept)
    reach = stats.t.ppf(0.975, 10) * reference.stderr
    assert (found.low, found.high) == pytest.approx((reference.slope - reach, reference.slope + reach))
    assert found.n == 12


def test_groups_are_the_same_as_one_indicator_variable_each():
    """The textbook solution with a column for x and one for each group, on points that are not balanced."""
    rng = np.random.default_rng(2)
    groups = np.array(["a"] * 5 + ["b"] * 3 + ["c"])
    x = np.array([1, 1, 2, 4, 4, 2, 8, 8, 4], dtype=float)
    y = 3 * x + np.repeat([1.0, 20.0, -7.0], [5, 3, 1]) + rng.standard_normal(9)
    design = np.column_stack([x, *(groups == name for name in "abc")]).astype(float)
    inverse = np.linalg.inv(design.T @ design)
    solution = inverse @ design.T @ y
    residual = y - design @ solution
    error = math.sqrt(residual @ residual / (9 - 4) * inverse[0, 0])
    found = shared_slope(x, y, groups)
    assert found.slope == pytest.approx(solution[0])
    assert found.high - found.slope == pytest.approx(stats.t.ppf(0.975, 5) * error)
    assert found.offset == pytest.approx(np.average(solution[1:], weights=[5, 3, 1]))


@pytest.mark.parametrize(
    ("x", "groups"), [([], []), ([2.0], ["a"]), ([2.0, 2.0, 2.0], ["a", "a", "a"]), ([1.0, 4.0], ["a", "b"])]
)
def test_without_two_different_x_in_a_group_there_is_no_slope(x, groups):
    found = shared_slope(x, x, groups)
    assert found.n == len(x)
    assert all(math.isnan(value) for value in (found.slope, found.low, found.high, found.offset))


def test_two_points_have_no_interval():
    found = shared_slope([1.0, 3.0], [10.0, 20.0], ["a", "a"])
    assert (found.slope, found.offset) == pytest.approx((5.0, 5.0))
    assert math.isnan(found.low) and math.isnan(found.high)


def test_what_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="y must be finite"):
        shared_slope([1.0, 2.0], [1.0, math.nan], ["a", "a"])


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """2000 slopes, each from 2 kinds of work, 3 numbers of workers and 3 invocations; 1900 are expected."""
    rng = np.random.default_rng(3)
    x = np.tile([1.0, 2.0, 4.0], 6)
    groups = np.repeat([0, 1], 9)
    truth = 9 + 6 * x + 30 * groups
    inside = 0
    for _ in range(2000):
        found = shared_slope(x, truth + rng.standard_normal(18), groups)
        inside += found.low <= 6 <= found.high
    assert abs(inside - 1900) <= 3 * math.sqrt(2000 * 0.95 * 0.05)
