from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.statistics import student
from pipeline.statistics.ratio import SECOND_OPINION_FROM, independent_ratio, log_ratio, paired_ratio

positive = st.floats(min_value=1e-6, max_value=1e6)
pairs = st.lists(st.tuples(positive, positive), min_size=2, max_size=12)


def test_paired_ratio_is_scipys_paired_t_test_on_logs():
    rng = np.random.default_rng(1)
    under = np.exp(rng.normal(0, 0.1, 12))
    over = 1.2 * under * np.exp(rng.normal(0, 0.05, 12))
    reference = stats.ttest_rel(np.log(over), np.log(under))
    found = paired_ratio(over, under)
    interval = reference.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((math.exp(interval.low), math.exp(interval.high)))
    assert found.p_value == pytest.approx(reference.pvalue)
    assert found.ratio == pytest.approx(stats.gmean(over) / stats.gmean(under))
    assert found.n == 12


def test_independent_ratio_is_scipys_welch_test_on_logs():
    rng = np.random.default_rng(2)
    over, under = np.exp(rng.normal(0.2, 0.2, 15)), np.exp(rng.normal(0, 0.05, 6))
    reference = stats.ttest_ind(np.log(over), np.log(under), equal_var=False)
    found = independent_ratio(over, under)
    interval = reference.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((math.exp(interval.low), math.exp(interval.high)))
    assert found.p_value == pytest.approx(reference.pvalue)
    assert found.n == 6


def test_a_ratio_by_hand():
    found = paired_ratio([2.0, 8.0], [1.0, 1.0])
    half = 12.706204736 * math.log(2)  # t[0.975; 1] times the standard error of log 2 and log 8
    assert found.ratio == pytest.approx(4)
    assert found.low == pytest.approx(4 * math.exp(-half))
    assert found.half_width == pytest.approx(math.exp(half) - 1)
    assert (found.median_low, found.median_high) == pytest.approx((2, 8))


@pytest.mark.parametrize("n", [5, 10, 30])
@pytest.mark.parametrize(
    ("noise", "lowest", "highest"),
    [("normal", 0.93, 0.97), ("heavy", 0.925, 0.985)],
)
def test_the_t_interval_covers_the_truth(n, noise, lowest, highest):
    rng = np.random.default_rng([n, len(noise)])
    draw = rng.standard_normal if noise == "normal" else lambda size: rng.standard_t(3, size)
    differences = math.log(1.5) + 0.05 * draw((2000, n))
    found = [log_ratio(row) for row in differences]
    covered = np.mean([each.low <= 1.5 <= each.high for each in found])
    assert lowest <= covered <= highest


def test_the_welch_interval_covers_the_truth():
    rng = np.random.default_rng(4)
    over, under = rng.normal(math.log(1.5), 0.1, (2000, 8)), rng.normal(0, 0.03, (2000, 15))
    found = [independent_ratio(np.exp(a), np.exp(b)) for a, b in zip(over, under, strict=True)]
    assert 0.93 <= np.mean([each.low <= 1.5 <= each.high for each in found]) <= 0.97


@pytest.mark.parametrize("n", [10, 30])
def test_the_bootstrap_of_the_median_covers_the_truth_despite_outliers(n):
    rng = np.random.default_rng(n)
    differences = 0.05 * rng.standard_t(2, (1500, n))
    found = [log_ratio(row) for row in differences]
    assert 0.91 <= np.mean([each.median_low <= 1 <= each.median_high for each in found]) <= 0.985


@pytest.mark.parametrize("n", [8, 20])
def test_the_minimum_detectable_effect_is_detected_four_times_in_five(n):
    sigma = 0.05
    effect = student.detectable(sigma / math.sqrt(n), n - 1)
    draws = np.random.default_rng(n).normal(effect, sigma, (2000, n))
    assert np.mean([log_ratio(row).p_value < 0.05 for row in draws]) == pytest.approx(0.80, abs=0.04)


def test_the_minimum_detectable_effect_has_the_published_size():
    assert student.detectable(0.03 * math.sqrt(2 / 30), 1e6) == pytest.approx(0.022, abs=5e-4)
    assert student.detectable(0.10 * math.sqrt(2 / 10), 1e6) == pytest.approx(0.125, abs=5e-4)


def test_no_values_give_no_estimate():
    found = paired_ratio([], [])
    assert found.n == 0
    assert math.isnan(found.ratio)
    assert math.isnan(found.low)
    assert math.isnan(found.half_width)
    assert independent_ratio([], [1.0]).n == 0


@pytest.mark.parametrize("estimate", [paired_ratio, independent_ratio])
def test_one_value_gives_a_ratio_without_an_interval(estimate):
    found = estimate([3.0], [2.0])
    assert found.ratio == found.median_ratio == pytest.approx(1.5)
    assert found.n == 1
    assert all(math.isnan(value) for value in (found.low, found.high, found.median_low, found.mde, found.p_value))
    assert found.agree


@pytest.mark.parametrize("estimate", [paired_ratio, independent_ratio])
def test_identical_values_give_an_interval_of_no_width(estimate):
    found = estimate([2.0] * 7, [1.0] * 7)
    assert (found.low, found.ratio, found.high) == pytest.approx((2, 2, 2))
    assert (found.mde, found.p_value, found.half_width) == pytest.approx((0, 0, 0))
    assert estimate([2.0] * 7, [2.0] * 7).p_value == 1


def test_values_that_differ_wildly_have_an_interval_without_bounds():
    found = paired_ratio([1e-200, 1e200], [1.0, 1.0])
    assert (found.low, found.high, found.half_width) == (0, math.inf, math.inf)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("estimate", [paired_ratio, independent_ratio])
def test_values_that_have_no_logarithm_are_refused(estimate, bad):
    with pytest.raises(ValueError, match="denominator must be"):
        estimate([1.0, 2.0], [1.0, bad])


def test_pairs_need_partners():
    with pytest.raises(ValueError, match="not 2 and 1"):
        paired_ratio([1.0, 2.0], [1.0])


def test_contradicting_intervals_are_flagged():
    values = [1.18, 1.19, 1.2, 1.21, 1.22, 1.23, 1.24, 1.25, 1.26]
    assert paired_ratio(values, [1.0] * 9).agree
    with_outlier = paired_ratio([*values, 0.2], [1.0] * 10)
    assert with_outlier.low < 1 < with_outlier.median_low
    assert not with_outlier.agree


def test_too_few_values_cannot_contradict():
    few = SECOND_OPINION_FROM - 1
    found = paired_ratio([1.02, 1.5, 2.0, 1.0001, 1.01], [1.0] * few)
    assert found.low < 1 < found.median_low
    assert found.agree


@settings(max_examples=50)
@given(pairs)
def test_swapping_the_sides_gives_the_reciprocal(values):
    over, under = zip(*values, strict=True)
    there, back = paired_ratio(over, under), paired_ratio(under, over)
    assert there.ratio == pytest.approx(1 / back.ratio)
    assert there.low == pytest.approx(1 / back.high if back.high else math.inf)
    assert there.median_low == pytest.approx(1 / back.median_high)
    assert there.median_high == pytest.approx(1 / back.median_low)
    assert there.p_value == pytest.approx(back.p_value, abs=1e-9)
    assert there.agree == back.agree


@settings(max_examples=50)
@given(pairs, positive)
def test_the_unit_of_the_values_does_not_matter(values, factor):
    over, under = (np.array(side) for side in zip(*values, strict=True))
    plain = independent_ratio(over, under)
    scaled = independent_ratio(over * factor, under * factor)
    assert scaled.ratio == pytest.approx(plain.ratio, rel=1e-6)
    assert scaled.median_high == pytest.approx(plain.median_high, rel=1e-6)


@settings(max_examples=50)
@given(pairs, st.randoms())
def test_the_order_of_the_pairs_does_not_matter(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    first, second = (paired_ratio(*zip(*each, strict=True)) for each in (values, shuffled))
    assert first.low == pytest.approx(second.low, rel=1e-6)
    assert first.median_high == pytest.approx(second.median_high)
