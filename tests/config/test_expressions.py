from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.expressions import evaluate


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (3, 3),
        ("3", 3),
        ("cpus", 6),
        ("2*cpus", 12),
        ("cpus*2", 12),
        ("cpus/2", 3),
        ("cpus / 4", 1),
        ("cpus-1", 5),
        ("cpus - 10", 1),
        ("cpus/4*4", 6),
        ("2*cpus+1", 13),
        ("1+2*cpus", 13),
        ("8*workers", 24),
        ("8*workers-cpus", 18),
    ],
)
def test_values_for_six_cpus_and_three_workers(expression, value):
    assert evaluate(expression, cpus=6, workers=3) == value


@pytest.mark.parametrize(
    "expression",
    ["", " ", "cpu", "2cpus", "cpus cpus", "cpus*", "*cpus", "-1", "(cpus)", "2.5*cpus", "cpus**2", "cpus//2",
     "__import__('os')", "1/0", "cpus/0", "9" * 10, "cpus" + "+1" * 50, "cpus\n+", "cpus;1", "٣"],
)  # fmt: skip
def test_anything_else_is_refused_with_an_example(expression):
    with pytest.raises(ValueError, match=r"must be a whole number or an expression of cpus|divides by zero"):
        evaluate(expression, cpus=4)


@pytest.mark.parametrize("number", [0, -1])
def test_a_number_below_one_is_refused(number):
    with pytest.raises(ValueError, match="must be at least 1"):
        evaluate(number, cpus=4)


def test_workers_is_a_name_only_where_there_are_any():
    with pytest.raises(ValueError, match="expression of cpus such as"):
        evaluate("4*workers", cpus=4)


@given(
    st.lists(st.tuples(st.sampled_from("+-*"), st.sampled_from(["cpus", "workers", "1", "7", "30"])), max_size=5),
    st.integers(1, 512),
    st.integers(1, 512),
)
def test_it_agrees_with_python(steps, cpus, workers):
    text = "cpus" + "".join(sign + name for sign, name in steps)
    expected = eval(text, {"cpus": cpus, "workers": workers})
    assert evaluate(text, cpus=cpus, workers=workers) == max(1, floor(expected))


@given(st.text(max_size=30))
def test_no_text_does_anything_but_give_a_number_or_a_value_error(text):
    try:
        assert evaluate(text, cpus=4, workers=2) >= 1
    except ValueError as error:
        assert "must be" in str(error) or "divides" in str(error)
