from __future__ import annotations

import numpy as np
import pytest

from pipeline.statistics.bootstrap import RESAMPLES, median_resamples, percentile_interval


def slow_median_resamples(values, seed):
    """Draws every resample from the values themselves and takes its median."""
    count = len(values)
    drawn = np.random.default_rng([seed, count]).integers(count, size=(RESAMPLES // 2, count))
    ordered = np.sort(values)
    mirrored = [ordered[count - 1 - row] for row in drawn]
    return np.array([np.median(row) for row in [*(ordered[row] for row in drawn), *mirrored]])


@pytest.mark.parametrize("count", [1, 2, 5, 8, 31])
def test_the_fast_way_gives_the_slow_ways_medians(count):
    values = np.random.default_rng(count).normal(size=count)
    assert np.array_equal(median_resamples(values, 3), slow_median_resamples(values, 3))


def test_the_same_seed_gives_the_same_interval_and_another_one_nearly():
    values = np.random.default_rng(0).normal(size=20)
    first = percentile_interval(median_resamples(values, 1), 0.95)
    assert first == percentile_interval(median_resamples(values, 1), 0.95)
    assert not np.array_equal(median_resamples(values, 1), median_resamples(values, 2))
    assert first == pytest.approx(percentile_interval(median_resamples(values, 2), 0.95), abs=0.3)


def test_the_interval_holds_the_stated_share_of_the_resamples():
    low, high = percentile_interval(np.arange(1001.0), 0.9)
    assert (low, high) == pytest.approx((50, 950))
