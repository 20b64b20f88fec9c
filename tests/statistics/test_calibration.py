"""The simulations behind docs/statistics.md: whether the simulated machines are what they are said to be."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from benchmarks.calibration import coverage, false_winners, race, stopping
from benchmarks.calibration.__main__ import DOCUMENT
from benchmarks.calibration.layout import CASES, SPEEDUP, draw, true_ratios
from benchmarks.calibration.noises import DRIFT, LEVELS, QUIET, SPELLS
from benchmarks.calibration.spells import CPUS, OWN, SERIAL_S, SHARE, SLOWER, Curve, measure_in_spells
from benchmarks.tables import Table, replaced


@pytest.fixture(scope="module")
def spells():
    return draw(SPELLS, np.random.default_rng(0), 200, 30, CASES)


@pytest.mark.parametrize("noise", LEVELS, ids=lambda noise: noise.name)
def test_a_level_noise_has_the_speed_up_it_claims(noise):
    logs = draw(noise, np.random.default_rng(0), 400, 20, CASES).logs
    differences = logs[..., :1] - logs[..., 1:]
    claimed = [mean for mean, _ in true_ratios(noise, np.random.default_rng(0), 100)]
    assert claimed == pytest.approx([math.log(SPEEDUP), math.log(SPEEDUP), 0])
    assert differences.mean(axis=(0, 1)) == pytest.approx(claimed, abs=4 * differences.std() / math.sqrt(400 * 20))


def test_the_order_within_blocks_is_random_and_outside_of_blocks_is_not():
    in_blocks, one_by_one = (
        draw(DRIFT, np.random.default_rng(0), 300, 10, CASES, in_blocks=each).logs for each in (True, False)
    )
    assert np.mean(in_blocks[..., 0] - in_blocks[..., 3]) == pytest.approx(0, abs=0.005)
    assert np.mean(one_by_one[..., 0] - one_by_one[..., 3]) < -0.1


def test_readings_see_what_slows_the_next_invocation(spells):
    z = spells.readings[..., 0] - spells.readings[..., 3]
    d = spells.logs[..., 0] - spells.logs[..., 3]
    assert np.corrcoef(z.ravel(), d.ravel())[0, 1] > 0.2
    assert z.mean() == pytest.approx(0, abs=4 * z.std() / math.sqrt(z.size))


def test_nothing_is_faster_than_undisturbed_nor_slower_than_throughout_disturbed(spells):
    serial, parallel = np.exp(spells.logs[..., 0]), np.exp(spells.logs[..., 1:3])
    for seconds, least in ((serial, SERIAL_S), (parallel, SERIAL_S / SPEEDUP)):
        assert seconds.min() > least * (1 - 6 * OWN)
        assert seconds.max() < least * SLOWER * (1 + 6 * OWN)
    assert np.median(serial) == pytest.approx(SERIAL_S, rel=0.1)


def test_a_disturbed_machine_does_its_share_of_work():
    """In the long run a CPU works 1 - share + share / slower of the time, so two are taken for that much longer."""
    logs, _ = measure_in_spells(np.random.default_rng(1), np.full((300, 200), "shared"))
    speed = 1 - SHARE + SHARE / SLOWER
    assert np.exp(logs).mean() == pytest.approx(CPUS * SERIAL_S / SPEEDUP / CPUS / speed, rel=0.01)


def test_shared_work_is_never_done_later_than_split_work():
    found = true_ratios(SPELLS, np.random.default_rng(2), 20_000)
    shared, split, same = (mean for mean, _ in found)
    assert split < shared
    assert shared == pytest.approx(math.log(SPEEDUP), abs=0.03)
    assert same == pytest.approx(0, abs=0.01)


def test_a_curve_and_its_inverse():
    curve = Curve(np.array([[0.0, 1.0, 4.0], [0.0, 2.0, 3.0]]), np.array([[0.0, 1.0, 3.0], [0.0, 1.0, 2.0]]))
    times = np.array([2.5, 1.0])
    assert curve.at(times) == pytest.approx([2.0, 0.5])
    assert curve.reaches(curve.at(times)) == pytest.approx(times)


def test_a_table_replaces_what_stands_between_its_markers():
    table = Table("one", ("a", "wide header"), [["long cell", "1"]])
    text = "before\n<!-- begin one -->\nold\n<!-- end one -->\nafter <!-- begin two --><!-- end two -->"
    made = replaced(text, [table])
    assert made.startswith("before\n<!-- begin one -->\n\n| a         | wide header |\n| --------- | ----------- |\n")
    assert "old" not in made
    assert made.endswith("<!-- end one -->\nafter <!-- begin two --><!-- end two -->")
    assert replaced(made, [table]) == made
    with pytest.raises(ValueError, match="begin one"):
        replaced("nothing here", [table])


def test_the_documentation_has_every_table_and_shows_full_runs():
    text = DOCUMENT.read_text(encoding="utf-8")
    sections = dict(re.findall(r"<!-- begin ([a-z-]+) -->\n\n(.*?)\n\n<!-- end \1 -->", text, flags=re.DOTALL))
    assert set(sections) == {
        *("coverage", "widths", "order", "width", "peeking", "first-look", "price", "race", "false-winners"),
    }
    rows = len(LEVELS) + len(coverage.COMPARED)
    assert len(sections["coverage"].splitlines()) == 2 + rows * len(coverage.BLOCKS)
    for topic in (coverage, stopping, race, false_winners):
        assert topic.RUNS > 10 * topic.QUICK_RUNS


def test_a_small_calibration_finds_what_a_large_one_finds():
    differences = draw(QUIET, np.random.default_rng(3), 400, 60, CASES).logs
    name, *shares = stopping.peeking("quiet", differences[..., 0] - differences[..., 3])
    sequence, peeking, fixed = map(float, shares)
    assert name == "quiet"
    assert sequence <= 5 < 15 < peeking
    assert fixed == pytest.approx(5, abs=3.5)
