"""An interval against a margin, shares of trials, ratios of estimates, and how often the rule errs."""

import math

import numpy as np
import pytest
from scipy import stats

from pipeline.statistics.margin import Effect, beyond, differ, needed, verdict
from pipeline.statistics.mean import plain_mean_interval
from pipeline.statistics.proportion import clopper_pearson, trials_needed
from pipeline.statistics.quotient import quotient
from pipeline.statistics.ratio import log_ratio


@pytest.mark.parametrize(
    ("low", "high", "side", "said"),
    [
        (1.1, 1.2, ">", "supported"),
        (1.1, 1.2, "<", "refuted"),
        (0.8, 0.9, ">", "refuted"),
        (0.8, 0.9, "<", "supported"),
        (0.9, 1.1, ">", "inconclusive"),
        (0.9, 1.1, "<", "inconclusive"),
        (math.nan, math.nan, ">", "inconclusive"),
        (1.1, math.inf, ">", "supported"),
    ],
)
def test_the_side_on_which_the_whole_interval_lies_decides(low, high, side, said):
    assert verdict(low, high, 1.0, side) == said


def test_between_two_margins_nothing_is_decided():
    said = [verdict(low, low + 0.05, 1.15, "<", refuted_beyond=2.4) for low in (1.0, 1.5, 2.5)]
    assert said == ["supported", "inconclusive", "refuted"]
    said = [verdict(low, low + 0.05, 2.4, ">", refuted_beyond=1.15) for low in (1.0, 1.5, 2.5)]
    assert said == ["refuted", "inconclusive", "supported"]


@pytest.mark.parametrize("side", [">", "<"])
@pytest.mark.parametrize("n", [5, 12])
def test_an_effect_on_the_margin_is_called_either_way_in_at_most_one_of_forty_runs(side, n):
    rng = np.random.default_rng(3)
    runs = 2000
    found = [log_ratio(row) for row in np.log(1.15) + 0.05 * rng.standard_normal((runs, n))]
    said = [verdict(each.low, each.high, 1.15, side) for each in found]
    # A binomial with 2.5 %: four standard deviations are 1.4 %.
    for wrong in ("supported", "refuted"):
        assert said.count(wrong) / runs < 0.039
        assert said.count(wrong) / runs > 0.011


def test_shares_have_the_bounds_that_are_in_tables():
    found = clopper_pearson(60, 60)
    assert (found.mean, found.high, found.n) == (1.0, 1.0, 60)
    assert found.low == pytest.approx(0.05 ** (1 / 60))
    assert clopper_pearson(20, 20).low == pytest.approx(0.861, abs=5e-4)
    assert clopper_pearson(0, 60).high == pytest.approx(1 - 0.05 ** (1 / 60))
    assert math.isnan(clopper_pearson(0, 0).mean)
    assert trials_needed(0.95) == 59
    assert clopper_pearson(59, 59).low > 0.95 > clopper_pearson(58, 58).low


@pytest.mark.parametrize(("successes", "trials"), [(0, 7), (1, 7), (3, 10), (59, 60), (10, 10)])
def test_shares_agree_with_another_library(successes, trials):
    found = clopper_pearson(successes, trials, confidence=0.95)
    other = stats.binomtest(successes, trials).proportion_ci(0.95, method="exact")
    assert (found.low, found.high) == pytest.approx((other.low, other.high))


def test_what_is_no_share_is_refused():
    with pytest.raises(ValueError, match="5 of 4"):
        clopper_pearson(5, 4)
    with pytest.raises(ValueError, match="between 0 and 1"):
        trials_needed(1.0)


def test_a_ratio_of_two_means_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(5)
    hits, runs = 0, 1500
    for _ in range(runs):
        over = plain_mean_interval(12 + rng.standard_normal(8))
        under = plain_mean_interval(2 + 0.8 * rng.standard_normal(8))
        _, low, high = quotient((over.mean, over.low, over.high), (under.mean, under.low, under.high))
        hits += low <= 6 <= high
    assert 0.93 <= hits / runs <= 0.985


def test_a_ratio_over_what_may_be_nothing_has_no_upper_end():
    ratio, low, high = quotient((10.0, 9.0, 11.0), (1.0, -1.0, 3.0))
    assert (ratio, low, high) == (10.0, 3.0, math.inf)
    assert math.isnan(quotient((1.0, -1.0, 3.0), (1.0, 0.5, 1.5))[1])
    estimate, low, high = quotient((6.0, 6.0, 6.0), (2.0, 2.0, 2.0))
    assert (estimate, low, high) == (3.0, 3.0, 3.0)


def test_as_many_values_as_it_says_would_settle_it():
    rng = np.random.default_rng(6)
    half = stats.t.ppf(0.975, 7) * 0.1 / math.sqrt(8)
    wanted = needed(0.05, 0.05 - half, 0.05 + half, 8, 0.0)
    assert wanted is not None
    for times, lowest, highest in ((1, 0.3, 0.7), (2, 0.65, 0.95)):
        share = np.mean([log_ratio(0.05 + 0.1 * rng.standard_normal(times * wanted)).low > 1 for _ in range(100)])
        assert lowest < share < highest
    assert needed(0.0, -1, 1, 8, 0.0) is None
    assert needed(1e-6, -1, 1, 8, 0.0) is None


def effects(means, rng, n=8, spread=0.05):
    rows = [log_ratio(mean + spread * rng.standard_normal(n)) for mean in means]
    return [Effect.of(math.log(each.ratio), math.log(each.low), math.log(each.high), n, 0.0) for each in rows]


def test_of_many_effects_on_the_margin_hardly_a_run_calls_any_beyond():
    rng = np.random.default_rng(7)
    wrong = sum(any(beyond(effects(np.zeros(10), rng))) for _ in range(250))
    assert wrong / 250 < 0.105
    assert beyond(effects([1.0, -1.0, 0.0], rng)) == [1, -1, 0]


def test_groups_differ_only_if_chance_is_no_explanation():
    rng = np.random.default_rng(8)
    alike = sum(differ(effects([0.1, 0.1], rng), effects([0.1, 0.1], rng)) for _ in range(250))
    assert alike / 250 < 0.105
    assert differ(effects([0.5], rng), effects([-0.5], rng))
    assert not differ([], effects([0.5], rng))
    certain = Effect(1.0, 0.0, 5, 0.0)
    assert differ([certain], [Effect(0.5, 0.0, 5, 0.0)])
    assert not differ([certain], [certain])


def test_what_is_needed_allows_for_how_wide_the_interval_of_two_values_is():
    """Two values have a t of 12.7, ten have 2.3: hardly more are needed where the spread is small."""
    spread, distance = 0.05, 0.1
    half = stats.t.ppf(0.975, 1) * spread / math.sqrt(2)
    wanted = needed(distance, distance - half, distance + half, 2, 0.0)
    assert wanted is not None
    for count, enough in ((wanted, True), (wanted - 1, False)):
        assert (stats.t.ppf(0.975, count - 1) * spread / math.sqrt(count) <= distance) == enough
    assert wanted == 4
    assert needed(0.5, 0.3, 0.7, 10, 0.4, student_t=False) in (40, 41)
