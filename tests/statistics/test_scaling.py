import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.statistics.scaling import fraction, gil_bound, gustafson, karp_flatt, peak, throughput


@given(st.floats(0, 0.99), st.integers(2, 256))
def test_karp_and_flatt_find_the_serial_fraction_of_amdahls_law(serial, workers):
    speedup = 1 / (serial + (1 - serial) / workers)
    assert karp_flatt(speedup, workers) == pytest.approx(serial, abs=1e-9)


@given(st.floats(0, 1), st.integers(2, 256))
def test_gustafson_finds_the_serial_fraction_of_work_that_grows(serial, workers):
    assert gustafson(workers - serial * (workers - 1), workers) == pytest.approx(serial, abs=1e-9)


def test_a_published_pair_of_speed_up_and_fraction_is_found():
    assert karp_flatt(1.77, 2) == pytest.approx(0.13, abs=0.001)


@pytest.mark.parametrize("law", [karp_flatt, gustafson])
def test_a_law_needs_two_workers_and_turns_the_interval_round(law):
    with pytest.raises(ValueError, match="two workers"):
        law(1.0, 1)
    estimate, low, high = fraction(law, (3.0, 2.5, 3.5), 4)
    assert low < estimate < high
    assert low == law(3.5, 4)


@pytest.mark.parametrize(
    ("held", "workers", "bound"), [(1.0, 8, 1.0), (0.5, 8, 2.0), (0.5, 2, 2.0), (0.1, 4, 4.0), (0.0, 16, 16.0)]
)
def test_threads_gain_no_more_than_the_gil_allows(held, workers, bound):
    assert gil_bound(held, workers) == pytest.approx(bound)


def test_a_share_above_the_whole_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        gil_bound(1.5, 2)


def test_the_universal_law_holds_those_of_amdahl_and_of_the_straight_line():
    workers = np.array([1.0, 2, 4, 8, 16])
    assert throughput(workers, 1, 0, 0) == pytest.approx(workers)
    assert throughput(workers, 1, 0.1, 0) == pytest.approx(1 / (0.1 + 0.9 / workers))


def test_the_peak_is_where_the_throughput_is_highest():
    workers = np.linspace(1, 60, 59001)
    best = workers[np.argmax(throughput(workers, 1, 0.05, 0.005))]
    assert peak(0.05, 0.005) == pytest.approx(best, abs=0.01)
    assert peak(0.05, 0.0) == np.inf
