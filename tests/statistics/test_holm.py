from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.statistics.holm import holm

probabilities = st.lists(st.floats(0, 1), max_size=8)


def holm_by_definition(p_values):
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[index] * (len(p_values) - rank)))
        adjusted[index] = largest
    return adjusted


def test_a_known_example():
    # 0.01 * 4, 0.02 * 3 = 0.06, 0.03 * 2 = 0.06, 0.04 raised to 0.06
    assert holm([0.01, 0.04, 0.03, 0.02]) == pytest.approx([0.04, 0.06, 0.06, 0.06])


@settings(max_examples=50)
@given(probabilities)
def test_it_is_the_definition(p_values):
    assert holm(p_values) == pytest.approx(holm_by_definition(p_values))


@settings(max_examples=50)
@given(probabilities)
def test_correction_never_makes_anything_more_certain_nor_changes_the_ranking(p_values):
    adjusted = holm(p_values)
    assert (adjusted >= np.array(p_values)).all()
    assert (np.diff(adjusted[np.argsort(p_values)]) >= 0).all()


def test_missing_tests_stay_missing_and_do_not_count():
    assert holm([np.nan, 0.01, 0.02]) == pytest.approx([np.nan, 0.02, 0.02], nan_ok=True)


def test_what_is_no_probability_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.5, 1.5])


def test_the_chance_of_one_false_discovery_stays_at_its_level():
    rng = np.random.default_rng(0)
    p_values = rng.uniform(size=(3000, 10))
    assert np.mean([(holm(row) < 0.05).any() for row in p_values]) == pytest.approx(0.05, abs=0.012)
