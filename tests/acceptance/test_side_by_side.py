"""A real run of several interpreters gives one report with a section about them."""

import sys

import pytest

from pipeline import store
from pipeline.analysis.interpreters.side_by_side import side_by_side
from pipeline.analysis.summary import summarise
from pipeline.machine.interpreters import discover
from tests.acceptance.command_line import write

CONFIG = """
name: side-by-side
measure: {{blocks: 3, iterations: 1, warmup: 1, precision: null, timeout: 60s}}
grids:
  - workloads: [{{use: int_loop, steps: 40000, tasks: 8}}, {{use: noop, tasks: 16}}]
    strategies: [serial, threads]
    workers: [1, 2]
    interpreters: {interpreters}
"""


@pytest.fixture(scope="module")
def other():
    """Another interpreter than the one that runs whichpool, a free-threaded one if there is any."""
    others = [one for one in discover() if one.implementation == "CPython" and one.version_info != sys.version_info[:3]]
    if not others:
        pytest.skip("this machine has one version of CPython only; see `whichpool list interpreters`")
    return max(others, key=lambda one: (one.free_threaded, one.version_info))


@pytest.fixture(scope="module")
def bundle(shared, other):
    write(shared.folder, CONFIG.format(interpreters=["current", other.executable, "python3.99"]))
    shared("run", "config.yaml", "--out", "bundle")
    return shared.folder / "bundle"


def test_every_part_is_measured_and_a_missing_interpreter_breaks_nothing(bundle, other):
    loaded = store.load(bundle)
    found = side_by_side(loaded, summarise(loaded))
    assert found.measured == ("current", other.executable)
    assert "python3.99" in found.unusable["python3.99"]
    (serial,) = found.single_thread[found.single_thread["computing"]].to_dict("records")
    assert (serial["workload"], serial["n"]) == ("int_loop", 3)
    assert serial["low"] <= serial["ratio"] <= serial["high"]
    assert set(found.scaling["interpreter"]) == set(found.measured)
    bare = found.start_up[found.start_up["what"] == "interpreter"]
    assert (bare["seconds"] > 0.001).all()
    assert set(found.memory["interpreter"]) == set(found.measured)
    assert (found.memory["peak_bytes"] > 1e6).all()


def test_the_report_has_the_section(bundle, shared):
    shared("report", "bundle")
    page = (bundle / "report.html").read_text(encoding="utf-8")
    assert '<h2 id="Interpreters-side-by-side">' in page
    assert '<a href="#Interpreters-side-by-side">' in page
    assert "python3.99</code> was not measured: no usable interpreter" in page
    assert page.index("In one thread, computing under") < page.index('id="interpreters-threads"')
