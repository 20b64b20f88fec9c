import numpy as np
import pytest

from pipeline.statistics.crossing import (
    ALWAYS_ABOVE,
    ALWAYS_BELOW,
    NOWHERE_SURE,
    crossing,
    mean_and_error,
    percentiles,
    resampled,
)

PLACES = np.array([0.0, 1, 2, 3])


def found(means, error=0.01, scales=None, **options):
    first = np.ones(4) if scales is None else np.array(scales)
    return crossing(PLACES, np.array(means), np.full(4, error), np.full(4, 9.0), first, **{"rising": True, **options})


def test_two_straight_lines_cross_where_they_must():
    one, other = 0.5 + PLACES, np.full(4, 2.1)
    assert found(np.log(one / other), scales=one).place[0] == pytest.approx(1.6)
    assert found(np.log(other / one), scales=other, rising=False).place[0] == pytest.approx(1.6)


def test_the_last_crossing_counts():
    assert 2 < found([-1.0, 1.0, -1.0, 1.0]).place[0] < 3


@pytest.mark.parametrize(
    ("means", "reason"),
    [([1.0, 2, 3, 4], ALWAYS_ABOVE), ([-4.0, -3, -2, -1], ALWAYS_BELOW), ([-0.01, 0.01, -0.01, 0.01], NOWHERE_SURE)],
)
def test_where_there_is_none_it_says_why(means, reason):
    told = found(means, error=0.05 if reason == NOWHERE_SURE else 0.01)
    assert np.isnan(told.place).all()
    assert told.reason == reason


def test_its_interval_holds_the_truth_as_often_as_it_promises():
    rng = np.random.default_rng(1)
    first = 0.5 + PLACES
    truth, hits = np.log(first / 2.1), 0
    for seed in range(200):
        values = truth + 0.2 * rng.standard_normal((8, 4))
        means, errors = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(8)
        _, low, high = crossing(PLACES, means, errors, np.full(4, 7.0), first, rising=True, seed=seed).place
        hits += low <= 1.6 <= high
    assert 182 <= hits <= 199


def test_a_resampled_quantity_has_the_interval_that_it_came_from():
    assert percentiles(resampled((2.0, 1.0, 4.0), np.random.default_rng(0), 100_000)) == pytest.approx(
        (2, 1, 4), rel=0.03
    )
    assert percentiles(resampled((2.0, np.nan, np.nan), np.random.default_rng(0))) == (2.0, 2.0, 2.0)


def test_a_single_value_has_no_error_that_is_known():
    assert mean_and_error(np.array([1.0, 3.0])) == pytest.approx((2.0, 1.0, 1.0))
    assert np.isnan(mean_and_error(np.array([1.0]))[1])
    assert np.isnan(mean_and_error(np.array([]))[0])
