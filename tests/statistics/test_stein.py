from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.statistics.ratio import log_ratio
from pipeline.statistics.stein import MOST_BLOCKS, blocks_needed, stopped_ratio, two_stage_ratio

PILOT = np.array([0.01, 0.03, -0.02, 0.0, 0.05])
pilots = st.lists(st.floats(-1, 1), min_size=2, max_size=12).map(np.array)


def test_an_example_by_hand():
    # s = sqrt(0.00292 / 4), t[0.975; 4] = 2.776445: (2.776445 * 0.0270185 / 0.0198026)^2 = 14.35
    assert blocks_needed(PILOT, 0.02) == 15
    assert blocks_needed(PILOT, 0.01) == 57  # (2.776445 * 0.0270185 / 0.00995033)^2 = 56.84


def test_a_pilot_that_is_precise_enough_needs_nothing_more():
    assert blocks_needed(PILOT, 0.5) == 5
    assert blocks_needed(np.full(8, 0.3), 1e-9) == 8


def test_what_no_run_could_reach_is_capped():
    assert blocks_needed(PILOT, 1e-9) == MOST_BLOCKS
    assert blocks_needed(np.array([-1e150, 1e150]), 0.01) == MOST_BLOCKS


@pytest.mark.parametrize(
    ("pilot", "precision", "message"),
    [([0.1], 0.05, "at least 2"), ([0.1, math.nan], 0.05, "finite"), ([0.1, 0.2], 0.0, "positive")],
)
def test_what_has_no_answer_is_refused(pilot, precision, message):
    with pytest.raises(ValueError, match=message):
        blocks_needed(np.array(pilot), precision)


@settings(max_examples=50)
@given(pilots, st.floats(-10, 10))
def test_only_the_spread_counts(pilot, shift):
    assert blocks_needed(-pilot, 0.05) == blocks_needed(pilot, 0.05)
    assert blocks_needed(pilot + shift, 0.05) == pytest.approx(blocks_needed(pilot, 0.05), abs=1)


def test_the_two_stage_interval_holds_its_confidence_and_its_width():
    rng = np.random.default_rng(0)
    precision, found = 0.05, []
    for values in rng.normal(0.5, 0.1, (2000, 400)):
        total = min(400, blocks_needed(values[:8], precision))
        found.append(two_stage_ratio(values[:total], 8))
    assert np.mean([each.low <= math.exp(0.5) <= each.high for each in found]) == pytest.approx(0.95, abs=0.015)
    assert max(each.half_width for each in found) <= precision + 1e-9


def test_a_run_of_the_pilot_alone_has_its_t_interval():
    assert two_stage_ratio(PILOT, 5) == log_ratio(PILOT)


def test_the_mean_is_that_of_all_blocks_and_the_spread_that_of_the_pilot():
    found = two_stage_ratio(np.array([*PILOT, 0.4, -0.1, 0.2]), 5)
    assert found.ratio == log_ratio(np.array([*PILOT, 0.4, -0.1, 0.2])).ratio
    assert found.standard_error == pytest.approx(math.sqrt(0.00292 / 4 / 8))
    assert (found.n, found.degrees) == (8, 4)


@pytest.mark.parametrize("pilot", [1, 6])
def test_a_pilot_is_a_part_of_the_run(pilot):
    with pytest.raises(ValueError, match="no standard deviation"):
        two_stage_ratio(PILOT, pilot)


def test_what_is_reported_is_the_wider_of_the_two_intervals():
    rng = np.random.default_rng(3)
    for _ in range(50):
        values = 0.1 * rng.standard_normal(20)
        found = stopped_ratio(values, 8)
        both = log_ratio(values), two_stage_ratio(values, 8)
        assert found in both
        assert found.half_width == max(each.half_width for each in both)


def test_without_a_whole_pilot_the_usual_interval_is_reported():
    assert stopped_ratio(PILOT, 20) == log_ratio(PILOT)
    assert stopped_ratio(PILOT[:1], 8).n == 1
