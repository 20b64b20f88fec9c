from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.statistics import student
from pipeline.statistics.ratio import log_ratio
from pipeline.statistics.sequence import (
    EFFECT_VARIANCE,
    FIRST_LOOK,
    anytime_p_value,
    confidence_sequence,
    sequential_ratio,
)

FEW = np.array([0.32, 0.29, 0.35, 0.31, 0.27, 0.33, 0.30, 0.36])
UNSURE = np.array([0.3, -0.1, 0.35, 0.4, -0.2, 0.1, 0.3, 0.25, 0.4])
samples = st.lists(st.floats(-2, 2).map(lambda x: round(x, 4)), min_size=1, max_size=15).map(np.array)


def bayes_factor(values, mean):
    """By the definition: both priors integrated numerically, sigma on the log scale, where 1/sigma is flat."""
    log_sigma = np.linspace(-9, 4, 1500)[:, None]
    effect = np.linspace(-40, 40, 2500)[None, :]
    prior = np.exp(-(effect**2) / (2 * EFFECT_VARIANCE)) / math.sqrt(2 * math.pi * EFFECT_VARIANCE)
    standard = (np.asarray(values) - mean)[:, None, None] / np.exp(log_sigma)

    def likelihood(effects):
        squares = sum((each - effects) ** 2 for each in standard)
        return np.exp(-squares / 2 - len(values) * log_sigma)

    below = likelihood(0.0).sum()
    above = (likelihood(effect) * prior).sum() * (effect[0, 1] - effect[0, 0])
    return above / below


def test_the_p_value_is_one_over_the_largest_bayes_factor():
    factors = [bayes_factor(UNSURE[:n], 0.0) for n in (8, 9)]
    assert 1 < max(factors) < 20
    assert anytime_p_value(UNSURE) == pytest.approx(1 / max(factors), rel=1e-3)
    assert anytime_p_value(FEW) == pytest.approx(1 / bayes_factor(FEW, 0.0), rel=1e-3)
    assert anytime_p_value(FEW[:4], first_look=3) == pytest.approx(1 / bayes_factor(FEW[:4], 0.0), rel=1e-3)


def test_the_interval_ends_where_the_bayes_factor_is_one_over_alpha():
    low, high = confidence_sequence(FEW)
    assert low < FEW.mean() < high
    assert bayes_factor(FEW, low) == pytest.approx(20, rel=1e-3)
    assert bayes_factor(FEW, high) == pytest.approx(20, rel=1e-3)
    assert bayes_factor(FEW, confidence_sequence(FEW, 0.8)[0]) == pytest.approx(5, rel=1e-3)


def test_the_first_blocks_say_nothing():
    assert confidence_sequence(FEW[:0]) == (-math.inf, math.inf)
    assert confidence_sequence(FEW[: FIRST_LOOK - 1]) == (-math.inf, math.inf)
    assert math.isfinite(confidence_sequence(FEW[:FIRST_LOOK])[0])
    assert anytime_p_value(FEW[:0]) == anytime_p_value(FEW[: FIRST_LOOK - 1]) == 1
    # Even later, where so much certainty is asked for that no data could give it.
    assert confidence_sequence(FEW, 1 - 1e-9) == (-math.inf, math.inf)


def test_equal_values_have_no_width_but_no_infinite_evidence():
    assert confidence_sequence(np.full(9, 0.5)) == (0.5, 0.5)
    assert confidence_sequence(np.zeros(9)) == (0, 0)
    # S = 0: M = sqrt(r) (1/r)^(n/2) with r = 1/91
    assert anytime_p_value(np.full(9, 0.5)) == pytest.approx(91**-4)
    assert anytime_p_value(np.zeros(9)) == 1


def test_what_is_not_finite_is_refused():
    for function in (confidence_sequence, anytime_p_value, sequential_ratio):
        with pytest.raises(ValueError, match="finite"):
            function(np.array([0.1, math.nan]))


@settings(max_examples=100)
@given(samples, st.sampled_from([0.05, 0.2]))
def test_p_is_below_alpha_exactly_if_an_interval_excluded_0(values, alpha):
    looks = [confidence_sequence(values[: n + 1], 1 - alpha) for n in range(len(values))]
    excluded = [not low <= 0 <= high for low, high in looks]
    assert (anytime_p_value(values) < alpha) == any(excluded)


@settings(max_examples=50)
@given(samples, st.floats(0.01, 100))
def test_mirrored_and_scaled_values_give_mirrored_and_scaled_intervals(values, factor):
    low, high = confidence_sequence(values)
    assert confidence_sequence(-values) == pytest.approx((-high, -low))
    assert confidence_sequence(factor * values) == pytest.approx((factor * low, factor * high))
    assert anytime_p_value(-values) == pytest.approx(anytime_p_value(values))
    assert anytime_p_value(factor * values) == pytest.approx(anytime_p_value(values), rel=1e-6)


def test_a_small_noise_on_a_large_mean_does_not_cancel():
    noise = np.random.default_rng(0).normal(0, 1e-7, 10)
    low, high = confidence_sequence(5 + noise)
    plain = confidence_sequence(noise)
    assert (low - 5, high - 5) == pytest.approx(plain, rel=1e-6)


def test_looking_after_every_block_misses_the_truth_in_at_most_5_percent_of_runs():
    runs = np.random.default_rng(1).normal(0, 0.1, (1000, 60))
    assert np.mean([anytime_p_value(run) <= 0.05 for run in runs]) <= 0.05
    fixed = [min(log_ratio(run[:n]).p_value for n in range(3, 61, 3)) <= 0.05 for run in runs[:100]]
    assert np.mean(fixed) > 0.2


def test_a_ratio_with_the_sequences_interval():
    found, plain = sequential_ratio(FEW), log_ratio(FEW)
    assert (math.log(found.low), math.log(found.high)) == pytest.approx(confidence_sequence(FEW))
    assert found.low < plain.low < found.ratio == plain.ratio < plain.high < found.high
    assert found.p_value == anytime_p_value(FEW)
    assert found.half_width > plain.half_width
    assert (found.standard_error, found.n, found.mde) == (plain.standard_error, 8, plain.mde)


def test_a_ratio_of_few_blocks_has_no_bounds():
    one = sequential_ratio(FEW[:1])
    assert (one.low, one.high, one.p_value, one.n) == (0, math.inf, 1, 1)
    assert sequential_ratio(FEW[:0]).n == 0
    assert math.isnan(sequential_ratio(FEW[:0]).ratio)


def test_the_interval_approaches_the_t_interval_within_a_small_factor():
    values = np.random.default_rng(2).normal(0, 1, 1000)
    low, high = confidence_sequence(values)
    t_width = 2 * student.quantile(0.975, 999) * values.std(ddof=1) / math.sqrt(1000)
    assert 1 < (high - low) / t_width < 2.5


def test_an_interval_without_bounds_has_no_ends_to_show():
    few = sequential_ratio(np.array([0.1, 0.2, 0.15]))
    assert (few.low, few.high) == (0, math.inf)
    assert all(math.isnan(end) for end in few.ends)
    many = sequential_ratio(0.1 * np.random.default_rng(1).standard_normal(20))
    assert many.ends == (many.low, many.high)
