from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.statistics.drift import LARGEST_SHARE, steady_blocks
from pipeline.statistics.ratio import log_ratio

NAN = math.nan


def references(blocks, noise, seed=0):
    """Log seconds at the beginning and end of blocks of a machine that keeps its speed."""
    return np.random.default_rng(seed).normal(0, noise, (2, blocks))


def test_a_block_in_which_a_quiet_machine_slowed_down_is_dropped():
    first, last = references(20, 0.005)
    last[3] += 0.2
    last[11] -= 0.2
    assert list(np.flatnonzero(~steady_blocks(first, last))) == [3, 11]


def test_less_than_5_percent_is_no_movement_however_quiet_the_machine():
    first, last = references(20, 1e-4)
    last[3] += math.log(1.049)
    last[4] += math.log(1.052)
    assert list(np.flatnonzero(~steady_blocks(first, last))) == [4]


def test_on_a_noisy_machine_hardly_a_block_goes():
    first, last = references(2000, 0.15)
    assert np.mean(np.abs(last - first) > math.log(1.05)) > 0.7
    assert np.mean(~steady_blocks(first, last)) < 0.002


def test_a_steady_trend_drops_nothing():
    first, last = references(20, 0.01)
    assert steady_blocks(first, last + 0.1).all()


def test_missing_readings_keep_their_block():
    first, last = references(20, 0.005)
    last[[3, 4]] += 0.3
    first[3] = NAN
    last[7] = NAN
    assert list(np.flatnonzero(~steady_blocks(first, last))) == [4]
    assert steady_blocks(np.full(5, NAN), np.zeros(5)).all()
    assert steady_blocks(np.empty(0), np.empty(0)).shape == (0,)


def test_if_too_many_would_go_none_goes():
    first, last = np.zeros((2, 12))
    most = int(LARGEST_SHARE * 12)
    last[:most] = 0.3
    assert steady_blocks(first, last).sum() == 12 - most
    last[most] = 0.3
    assert steady_blocks(first, last).all()
    first[most + 1 :] = NAN  # all that is known moved
    assert steady_blocks(first, last).all()


def test_the_direction_does_not_matter():
    first, last = references(40, 0.02, seed=1)
    last[::9] += 0.4
    assert np.array_equal(steady_blocks(first, last), steady_blocks(last, first))
    assert np.array_equal(steady_blocks(first, last), steady_blocks(-first, -last))


def test_the_two_ends_belong_together():
    with pytest.raises(ValueError, match="not 3 and 2"):
        steady_blocks(np.zeros(3), np.zeros(2))


def test_dropping_does_not_favour_a_side():
    """A jump within a block hits whichever case comes later, in random order: the ratio's truth is 1."""
    rng = np.random.default_rng(2)
    covered, dropped = [], []
    for _ in range(1000):
        jump = np.where(rng.random(15) < 0.05, 0.3, 0.0)
        sign = rng.choice([-1, 1], 15)
        keep = steady_blocks(rng.normal(0, 0.01, 15), jump + rng.normal(0, 0.01, 15))
        estimate = log_ratio((sign * jump + rng.normal(0, 0.03, 15))[keep])
        covered.append(estimate.low <= 1 <= estimate.high)
        dropped.append(15 - keep.sum())
    assert np.mean(dropped) == pytest.approx(0.75, abs=0.15)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.025)
