import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.units import (
    DURATION_UNITS,
    SIZE_UNITS,
    format_duration,
    format_size,
    parse_duration,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10ms", 0.01),
        ("1.5s", 1.5),
        ("5m", 300.0),
        ("2h", 7200.0),
        ("300us", 3e-4),
        ("300µs", 3e-4),
        ("7 ns", 7e-9),
        (" 0s ", 0.0),
        ("0.1ms", 0.0001),
    ],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "ms", "-1s", "1e3s", "10 minutes", "1h30m", "1:30", "٣s", "9" * 99 + "s"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="must be a duration such as"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("1B", 1), ("64KiB", 65536), ("1MB", 10**6), ("1.5kB", 1500), ("0.5GiB", 2**29), ("1 TiB", 2**40)],
)
def test_sizes(text, size_bytes):
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize("text", ["", "64", "KiB", "-1B", "1KIB", "64 bytes", "0.5B", "1mb"])
def test_what_is_no_size(text):
    with pytest.raises(ValueError, match="must be a"):
        parse_size(text)


@given(st.integers(0, 10**6), st.sampled_from(sorted(DURATION_UNITS)))
def test_a_whole_duration_is_the_nearest_float(number, unit):
    exponent = {"ns": 9, "us": 6, "µs": 6, "ms": 3}.get(unit)
    exact = number / 10**exponent if exponent else number * DURATION_UNITS[unit]
    assert parse_duration(f"{number}{unit}") == exact


@given(st.integers(0, 10**9), st.sampled_from(sorted(SIZE_UNITS)))
def test_a_whole_size_is_exact(number, unit):
    assert parse_size(f"{number}{unit}") == number * SIZE_UNITS[unit]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.01, "10ms"),
        (1.5, "1.5s"),
        (0.00099996, "1ms"),
        (2.5e-7, "250ns"),
        (59.99, "1m"),
        (90, "1m 30s"),
        (300, "5m"),
        (5400, "1h 30m"),
        (7200, "2h"),
        (-0.01, "-10ms"),
        (float("inf"), "inf"),
    ],
)
def test_durations_for_people(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0B"), (1023, "1023B"), (1024, "1KiB"), (65536, "64KiB"), (1.5 * 2**20, "1.5MiB"), (2**50, "1024TiB")],
)
def test_sizes_for_people(size_bytes, text):
    assert format_size(size_bytes) == text


@given(st.floats(1e-9, 59))
def test_what_is_shown_can_be_read_again(seconds):
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, rel=0.006)


@given(st.integers(0, 2**45))
def test_a_size_that_is_shown_is_near(size_bytes):
    number = format_size(size_bytes).rstrip("BiKMGT")
    unit = format_size(size_bytes).removeprefix(number)
    assert float(number) * SIZE_UNITS[unit] == pytest.approx(size_bytes, rel=0.006)
