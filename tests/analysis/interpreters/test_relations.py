"""Who is compared with whom, and what a difference can be put down to."""

from __future__ import annotations

import pytest

from pipeline.analysis.interpreters.relations import (
    BUILD,
    BUILD_WITH_LOCK,
    LOCK,
    SAME,
    SEVERAL,
    reference_of,
    relations,
)

GIL = {
    "executable": "/a/python3.13",
    "implementation": "CPython",
    "version": "3.13.0",
    "gil_enabled": True,
    "free_threaded": False,
    "optimised": True,
    "link_time_optimised": None,
    "compiler": "GCC 14",
    "jit": None,
}
FREE = GIL | {"executable": "/a/python3.13t", "gil_enabled": False, "free_threaded": True}
CONTROL = FREE | {"gil_enabled": True}


@pytest.mark.parametrize(
    ("one", "other", "kind", "differences"),
    [
        (FREE, CONTROL, LOCK, ("GIL",)),
        (FREE, GIL, BUILD, ("build",)),
        (CONTROL, GIL, BUILD_WITH_LOCK, ("build",)),
        (GIL, GIL | {"executable": "/b/python3.13"}, SAME, ()),
        (FREE, GIL | {"version": "3.11.7"}, SEVERAL, ("version", "build")),
        (FREE, GIL | {"optimised": False}, SEVERAL, ("profile-guided optimisation", "build")),
        (FREE, GIL | {"compiler": "Clang 19"}, SEVERAL, ("compiler", "build")),
        (FREE, GIL | {"jit": True}, BUILD, ("build",)),
        (FREE | {"jit": False}, GIL | {"jit": True}, SEVERAL, ("just-in-time compiler", "build")),
        (FREE, CONTROL | {"executable": "/b/python3.13t"}, SEVERAL, ("GIL",)),
        (GIL, {}, SEVERAL, ("GIL",)),
        (GIL, GIL | {"implementation": "PyPy"}, SEVERAL, ("implementation",)),
    ],
)
def test_a_difference_is_put_down_to_what_differs(one, other, kind, differences):
    (found,) = relations(["x", "current"], {"x": one, "current": other})
    assert (found.interpreter, found.against) == ("x", "current")
    assert found.kind == kind
    if other:
        assert found.differences == differences


def test_current_is_the_reference_wherever_it_stands():
    assert reference_of(["python3.13t", "current"]) == "current"
    assert reference_of(["python3.13t", "python3.14"]) == "python3.13t"
    assert reference_of([]) is None


def test_a_free_threaded_interpreter_is_compared_with_what_isolates_a_cause_too():
    facts = {"current": GIL | {"version": "3.11.7"}, "3.13": GIL, "3.13t": FREE, "3.13t -X gil=1": CONTROL}
    found = {(one.interpreter, one.against): one.kind for one in relations(list(facts), facts)}
    assert found == {
        ("3.13", "current"): SEVERAL,
        ("3.13t", "current"): SEVERAL,
        ("3.13t", "3.13"): BUILD,
        ("3.13t", "3.13t -X gil=1"): LOCK,
        ("3.13t -X gil=1", "current"): SEVERAL,
        ("3.13t -X gil=1", "3.13"): BUILD_WITH_LOCK,
    }


def test_a_free_threaded_reference_is_still_compared_with_its_control():
    facts = {"current": FREE, "python3.13t -X gil=1": CONTROL}
    found = {(one.interpreter, one.against): one.kind for one in relations(list(facts), facts)}
    assert found["current", "python3.13t -X gil=1"] == LOCK
