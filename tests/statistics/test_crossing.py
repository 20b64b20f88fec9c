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


def found(means, error=0.01, **options):
    return crossing(PLACES, np.array(means), np.full(4, error), np.full(4, 9.0), **{"rising": True, **options})


def test_a_straight_line_crosses_where_it_must():
    assert found([-1.5, -0.5, 0.5, 1.5]).place[0] == pytest.approx(1.5)
    assert found([1.5, 0.5, -0.5, -1.5], rising=False).place[0] == pytest.approx(1.5)


def test_the_last_crossing_counts():
    assert found([-1.0, 1.0, -1.0, 1.0]).place[0] == pytest.approx(2.5)


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
    truth, hits = np.array([-1.5, -0.5, 0.5, 1.5]), 0
    for seed in range(200):
        values = truth + 0.3 * rng.standard_normal((8, 4))
        means, errors = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(8)
        _, low, high = crossing(PLACES, means, errors, np.full(4, 7.0), rising=True, seed=seed).place
        hits += low <= 1.5 <= high
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
