from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.statistics.race import Standing, standing
from pipeline.statistics.sequence import FIRST_LOOK

MARGIN = 1.05
NAN = math.nan


def arms(truth, blocks, cv=0.02, seed=0, drift=0.0):
    """Log seconds of arms a, b, c … whose true seconds are given, on a machine that may slow down."""
    rng = np.random.default_rng(seed)
    level = np.linspace(0, drift, blocks)
    return {
        name: math.log(seconds) + level + rng.normal(0, cv, blocks)
        for name, seconds in zip("abcdef", truth, strict=False)
    }


def test_a_clear_race_is_decided():
    found = standing(arms([2.0, 1.0, 1.5], FIRST_LOOK), MARGIN)
    assert found == Standing("b", ())
    assert found.decided


def test_nothing_is_out_before_the_sequences_first_look():
    found = standing(arms([2.0, 1.0, 1.5], FIRST_LOOK - 1), MARGIN)
    assert (found.leader, found.open) == ("b", ("a", "c"))


def test_what_is_close_stays_open_until_the_margin_is_excluded():
    logs = arms([2.0, 1.0, 1.01], 60)
    early, late = (standing({name: values[:n] for name, values in logs.items()}, MARGIN) for n in (8, 60))
    assert set(early.open) & {"b", "c"}
    assert not early.decided
    assert late.decided
    assert late.leader in {"b", "c"}


def test_with_fewer_than_two_blocks_everything_is_open():
    logs = arms([1.0, 2.0], 1)
    assert standing(logs, MARGIN) == Standing(None, ("a", "b"))
    assert not standing(logs, MARGIN).decided
    assert standing({}, MARGIN) == Standing(None, ())
    assert not standing({}, MARGIN).decided


def test_a_single_arm_leads():
    assert standing(arms([1.0], 1), MARGIN) == Standing(None, ("a",))
    assert standing(arms([1.0], 2), MARGIN).decided


def test_an_arm_that_never_ran_may_still_be_better():
    logs = arms([1.0, 2.0], 10) | {"never": np.full(10, NAN)}
    found = standing(logs, MARGIN)
    assert (found.leader, found.open) == ("a", ("never",))


def test_arms_without_a_block_in_common_are_open():
    logs = arms([1.0, 2.0], 20)
    logs["a"][10:] = NAN
    logs["b"][:10] = NAN
    found = standing(logs, MARGIN)
    assert len(found.open) == 1


def test_blocks_that_an_arm_missed_do_not_help_it():
    # The machine becomes three times slower; b, the slower arm, was measured in the good times only.
    logs = arms([1.0, 1.2], 30, drift=math.log(3))
    logs["b"][10:] = NAN
    assert np.nanmean(logs["b"]) < np.mean(logs["a"])
    assert standing(logs, MARGIN) == Standing("a", ())


def test_the_leader_is_that_of_a_least_squares_fit_with_one_term_per_arm_and_block():
    rng = np.random.default_rng(3)
    for _ in range(30):
        logs = arms(rng.uniform(1, 1.02, 4), 12, seed=int(rng.integers(1 << 30)), drift=1.0)
        for values in logs.values():
            values[rng.random(12) < 0.3] = NAN
        table = np.array(list(logs.values()))
        rows = [(arm, block) for arm, block in np.ndindex(table.shape) if np.isfinite(table[arm, block])]
        design = np.zeros((len(rows), 16))
        for row, (arm, block) in enumerate(rows):
            design[row, [arm, 4 + block]] = 1
        fitted = np.linalg.lstsq(design, np.array([table[place] for place in rows]), rcond=None)[0][:4]
        assert standing(logs, MARGIN).leader == "abcd"[int(np.argmin(fitted))]


def test_an_arm_that_another_one_beats_stays_out_when_the_leader_changes():
    logs = arms([1.5, 1.01, 1.0], 60)
    logs["a"][9:] = NAN  # out after nine blocks, in which b, then leading, beat it
    logs["c"][:9] = NAN  # comes later, and has no block in common with a
    found = standing(logs, 1.02)
    assert "a" not in found.open
    assert found.leader in {"b", "c"}


def test_the_unit_and_the_order_of_the_arms_do_not_matter():
    logs = arms([1.0, 1.04, 1.3, 1.0], 10, seed=5)
    found = standing(logs, MARGIN)
    scaled = standing({name: values + math.log(1000) for name, values in reversed(logs.items())}, MARGIN)
    assert scaled.leader == found.leader
    assert set(scaled.open) == set(found.open)


def test_more_arms_need_more_evidence():
    wobble = np.tile([0.02, -0.02], 4)
    two = {"a": np.zeros(8), "b": wobble + 1e-6}
    many = two | {f"slow {index}": two["b"] + 1 for index in range(8)}
    assert standing(two, MARGIN).decided
    assert "b" in standing(many, MARGIN).open


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="one place per block"):
        standing({"a": np.zeros(3), "b": np.zeros(4)}, MARGIN)
    with pytest.raises(ValueError, match="at least 1"):
        standing({"a": np.zeros(3)}, 0.05)


def test_a_decided_race_has_the_right_leader_in_95_percent_of_runs_however_often_one_looks():
    wrong, decided = 0, 0
    for seed in range(150):
        logs = arms([1.06, 1.0, 1.06], 40, cv=0.03, seed=seed)
        for n in range(2, 41):
            found = standing({name: values[:n] for name, values in logs.items()}, MARGIN)
            if found.decided:
                decided += 1
                wrong += found.leader != "b"
                break
    assert decided > 100
    assert wrong <= 0.05 * 150
