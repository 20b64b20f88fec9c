"""What the comparison of speed makes of the runs of the tools: on runs whose answer is known."""

import json
import math
import random
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.peers.command import PeerFailed, run
from benchmarks.peers.timing import kernels
from benchmarks.peers.timing.overhead import Cost, _further
from benchmarks.peers.timing.pyperf import _values as pyperf_values
from benchmarks.peers.timing.rebench import _values as rebench_values
from benchmarks.peers.timing.record import CHECK, Record, Task, Unit, in_order, prepare
from benchmarks.peers.timing.speed import Trial, outcome, section
from benchmarks.peers.timing.tools import TOOLS, attempt
from benchmarks.peers.timing.whichpool import _units as whichpool_units
from pipeline.statistics.ratio import independent_ratio, paired_ratio
from pipeline.store.bundle import Bundle


def in_turns(serial: list[float], processes: list[float], *, seconds_each: float = 1.0, paired: bool = True) -> Record:
    """A run that starts in 2 s, ends in 3 s, and whose processes take turns, one every `seconds_each`."""
    pairs = zip(serial, processes, strict=True)
    values = [(case, value) for pair in pairs for case, value in zip(("serial", "processes"), pair, strict=True)]
    units = tuple(
        Unit(case, 102 + index * seconds_each, 102 + (index + 1) * seconds_each, value)
        for index, (case, value) in enumerate(values)
    )
    return Record(100, 105 + len(values) * seconds_each, units, paired)


def noisy(count: int, level: float, spread: float, seed: int) -> list[float]:
    rng = random.Random(seed)
    return [level * math.exp(rng.gauss(0, spread)) for _ in range(count)]


def test_time_for_some_processes_is_start_end_and_what_they_took() -> None:
    record = in_turns([0.08] * 5, [0.04] * 5)
    assert record.spent_s("processes", 3) == pytest.approx(2 + 3 + 6)
    assert record.spent_s("processes", 5) == pytest.approx(record.wall_s)


def test_time_leaves_out_the_cases_that_are_not_asked_for() -> None:
    units = tuple(
        Unit(case, begin, begin + 1, 0.08)
        for begin, case in enumerate(["serial", "threads", "processes", "serial", "threads", "processes"], start=10)
    )
    assert Record(10, 16, units, paired=True).spent_s("processes", 2) == pytest.approx(4)


def test_time_of_a_tool_without_turns_is_that_of_as_many_processes_of_each() -> None:
    units = tuple(Unit(case, begin, begin + 1, 0.08) for begin, case in enumerate(["serial"] * 20 + ["threads"] * 20))
    assert Record(0, 40, units, paired=False).spent_s("threads", 4) == pytest.approx(8)


def test_calibration_and_repeats_cost_time_and_give_no_value() -> None:
    units = (
        Unit("serial", 0, 5, None),
        Unit("serial", 5, 6, 0.08),
        Unit("threads", 6, 9, None),
        Unit("threads", 9, 10, 0.08),
    )
    record = Record(0, 10, units, paired=False)
    assert record.values("threads") == [0.08]
    assert record.spent_s("threads", 1) == pytest.approx(10)


def test_checks_are_charged_unless_they_are_left_out() -> None:
    units = (
        Unit(CHECK, 0, 3, None),
        Unit("serial", 3, 4, 0.08),
        Unit(CHECK, 4, 6, None),
        Unit("threads", 6, 7, 0.08),
        Unit(CHECK, 7, 9, None),
    )
    record = Record(0, 9, units, paired=True)
    assert record.spent_s("threads", 1) == pytest.approx(9)
    assert record.spent_s("threads", 1, checks=False) == pytest.approx(2)


@pytest.mark.parametrize("paired", [True, False])
def test_interval_is_that_of_the_statistics(paired: bool) -> None:
    serial, processes = noisy(8, 0.08, 0.05, 1), noisy(8, 0.04, 0.05, 2)
    record = in_turns(serial, processes, paired=paired)
    formula = paired_ratio if paired else independent_ratio
    assert record.half_width("processes", 5) == formula(processes[:5], serial[:5]).half_width
    assert record.half_width("processes", 1) == math.inf


def test_drift_widens_the_interval_of_a_tool_without_turns_only() -> None:
    drift = [1 + 0.1 * index for index in range(10)]
    serial = [0.08 * slow * noise for slow, noise in zip(drift, noisy(10, 1, 0.005, 3), strict=True)]
    processes = [0.04 * slow * noise for slow, noise in zip(drift, noisy(10, 1, 0.005, 4), strict=True)]
    assert in_turns(serial, processes).half_width("processes") < 0.01
    assert in_turns(serial, processes, paired=False).half_width("processes") > 0.1


def test_an_interval_has_to_stay_narrow() -> None:
    """Two pairs that happen to agree make a narrow interval; the later ones show that it meant nothing."""
    ratios = [0.5, 0.5, 0.7, 0.5, 0.6, 0.4, 0.5, 0.6]
    lucky = in_turns([0.08] * 8, [0.08 * ratio for ratio in ratios])
    assert lucky.half_width("processes", 2) < 0.03
    assert lucky.needed("processes") is None
    assert in_turns([0.08] * 8, [0.04] * 8).needed("processes") == 2


def test_needed_is_the_first_count_from_which_on_it_is_narrow() -> None:
    steady = [0.04 * math.exp(0.01 * (-1) ** index) for index in range(12)]
    record = in_turns([0.08] * 12, steady)
    needed = record.needed("processes")
    assert needed is not None
    assert needed > 2
    assert record.half_width("processes", needed - 1) >= 0.03 > record.half_width("processes", needed)


def test_processes_and_values_are_put_together_in_order() -> None:
    log = [("serial", 1.0, 2.0), ("threads", 2.0, 3.0), ("serial", 3.0, 4.0)]
    units = in_order(log, {"serial": [None, 0.08], "threads": [0.07]})
    assert [(unit.case, unit.begin_s, unit.value_s) for unit in units] == [
        ("serial", 1.0, None),
        ("threads", 2.0, 0.07),
        ("serial", 3.0, 0.08),
    ]
    with pytest.raises(PeerFailed, match="2 processes measured serial, but 1 values"):
        in_order(log, {"serial": [0.08], "threads": [0.07]})


def test_rebench_data_lose_the_warm_up(tmp_path: Path) -> None:
    names = ["invocation", "iteration", "value", "unit", "criterion", "benchmark"]
    rows = [["1", "1", "900", "ms", "total", "serial"]]
    rows += [["1", str(iteration), str(80 + iteration), "ms", "total", "serial"] for iteration in (2, 3, 4)]
    rows += [["2", str(iteration), "50", "ms", "total", "serial"] for iteration in (1, 2, 3, 4)]
    text = "\n".join(["# a comment", "\t".join(names), *("\t".join(row) for row in rows)])
    (tmp_path / "data").write_text(text)
    assert rebench_values(tmp_path / "data") == {"serial": [0.083, 0.05]}


def test_pyperf_calibration_has_no_value() -> None:
    runs = [{"warmups": [[1, 0.1]]}, {"values": [0.08, 0.09, 0.3]}, {"values": [0.07]}]
    one = {"metadata": {"name": "serial"}, "benchmarks": [{"runs": runs}]}
    two = {"benchmarks": [{"metadata": {"name": name}, "runs": runs} for name in ("serial", "threads")]}
    assert pyperf_values(one) == {"serial": [None, 0.09, 0.07]}
    assert pyperf_values(two) == {"serial": [None, 0.09, 0.07], "threads": [None, 0.09, 0.07]}


def test_whichpool_units_are_one_per_block_and_case() -> None:
    """The second invocation was disturbed and is repeated by the fourth; the third is an oracle's."""
    invocations = pd.DataFrame(
        {
            "invocation": [0, 1, 2, 3],
            "case_id": ["s", "t", "o", "t"],
            "baseline_id": ["s", "s", "o", "s"],
            "block": [0, 0, 0, 0],
            "strategy": ["serial", "threads", "serial", "threads"],
            "pass": "timing",
            "status": ["ok", "contaminated", "ok", "ok"],
            "oracle": [None, None, "sleep", None],
            "started_at": pd.to_datetime([0, 2, 4, 5], unit="s", utc=True),
            "duration_s": [1.0, 1.5, 0.5, 1.0],
        }
    )
    walls = [(0, 0.08), (0, 0.10), (0, 0.09), (1, 0.20), (2, 0.01), (3, 0.04)]
    measurements = pd.DataFrame(
        [{"invocation": at, "phase": "steady", "metric": "wall", "value": wall} for at, wall in walls]
    )
    assert whichpool_units(Bundle(Path(), {}, invocations, measurements)) == (
        Unit("serial", 0, 1, 0.09),
        Unit("threads", 2, 3.5, None),
        Unit(CHECK, 4, 4.5, None),
        Unit("threads", 5, 6, 0.04),
    )


def test_kernels_do_the_same_work_in_every_case(tmp_path: Path) -> None:
    for kernel, size in (("int_loop", 100), ("hash_blocks", 1)):
        folder = prepare(tmp_path / kernel, Task(kernel, size))
        code = "import kernels, json; print(json.dumps([kernels.started(case)() for case in kernels.CASES]))"
        done = run([sys.executable, "-c", code], folder)
        serial, threads, processes = json.loads(done.output)
        assert serial == threads == processes
        assert len(set(serial)) == kernels.TASKS
        assert len((folder / kernels.PROCESSES_LOG).read_text().splitlines()) == 3


def test_a_failing_command_says_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(PeerFailed, match="exit code 3: no such thing"):
        run([sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"], tmp_path)
    with pytest.raises(PeerFailed, match=r"more than 0\.2 s"):
        run([sys.executable, "-c", "import time; time.sleep(30)"], tmp_path, limit_s=0.2)


def test_help_says_what_it_does() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks.peers", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "docs/peers.md" in done.stdout


def test_never_narrow_takes_the_whole_run() -> None:
    record = in_turns(noisy(6, 0.08, 0.3, 5), noisy(6, 0.04, 0.3, 6))
    found = outcome(record, "processes")
    assert (found.reached, found.needed) == (False, None)
    assert found.spent_s == pytest.approx(record.wall_s)
    assert found.half_width > 0.03


def test_a_failed_tool_has_a_row_that_says_so_and_one_that_never_got_there_too() -> None:
    good, wild = in_turns([0.08] * 6, [0.04] * 6), in_turns(noisy(6, 0.08, 0.3, 5), noisy(6, 0.04, 0.3, 6))
    found = dict(zip(TOOLS[:3], (good, wild, "exit code 1"), strict=True))
    trials = [Trial(tool, kernel, what) for tool, what in found.items() for kernel in ("int_loop", "hash_blocks")]
    page = section(trials).markdown()
    rows = [line for line in page.splitlines() if line.startswith("| " + TOOLS[2].name)]
    assert len(rows) == 2
    assert all("failed: exit code 1" in row for row in rows)
    assert all("more than" in line for line in page.splitlines() if line.startswith("| " + TOOLS[1].name))
    assert f"{TOOLS[0].name} knew" in section(trials).summary[0]


def test_what_a_tool_spends_on_checks_is_told_apart() -> None:
    units = [Unit(CHECK, 0, 3, None)]
    units += [
        Unit(case, 3 + index, 4 + index, value)
        for index, (case, value) in enumerate([("serial", 0.08), ("processes", 0.04)] * 6)
    ]
    trials = [Trial(TOOLS[0], "int_loop", Record(0, 15, tuple(units), paired=True))]
    lines = [line for line in section(trials).markdown().splitlines() if "less its oracles" in line]
    assert len(lines) == 1


def test_overhead_is_the_slope_over_processes_that_ran() -> None:
    few, many = Cost("one", 3, 4, 1.0), Cost("one", 9, 16, 2.8)
    assert _further([few], [many], 0.01) == [pytest.approx(15.0)]


def test_any_failure_of_a_tool_is_told() -> None:
    def broken(*_: object) -> Record:
        raise KeyError("samples")

    assert "samples" in str(attempt(broken))
