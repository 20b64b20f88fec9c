import pytest

from pipeline.analysis.models.break_even import DURATION, PAYLOAD, break_evens
from tests.analysis.models.planted import CPUS, RUN, planted

TASKS, WORKERS = 16, 2
START_S, STOP_S, DISPATCH_S, RATE = 0.020, 0.004, 0.0002, 5e8
DURATIONS = (0.0, 1e-4, 1e-3, 1e-2, 1e-1)
PAYLOADS = (1 << 10, 1 << 14, 1 << 18, 1 << 22)
TASK_S = 1e-3


def pool_s(task_s, payload=0):
    """The simple sum, as the prediction has it: handing out in turn, computing side by side."""
    return TASKS * (DISPATCH_S + payload / RATE + task_s / WORKERS)


def bundle(**options):
    entries = []
    for task_s in DURATIONS:
        work = ("int_loop", {"task_time": task_s, "tasks": TASKS})
        least = max(task_s, 1e-7)
        entries.append((*work, "serial", 1, "current", 1e-5, TASKS * least, 1e-6))
        entries.append((*work, "processes", WORKERS, "current", START_S, pool_s(least), STOP_S))
        entries.append((*work, "threads", WORKERS, "current", 1e-4, TASKS * (least * 1.2 + 1e-5), 1e-5))
    for size in PAYLOADS:
        work = ("int_loop", {"task_time": TASK_S, "payload": size, "tasks": TASKS})
        entries.append((*work, "serial", 1, "current", 1e-5, TASKS * TASK_S, 1e-6))
        entries.append((*work, "processes", WORKERS, "current", START_S, pool_s(TASK_S, size), STOP_S))
        moved = ("payload", {"size": size, "kind": "bytes", "tasks": TASKS})
        entries.append((*moved, "serial", 1, "current", 1e-5, TASKS * 1e-6, 1e-6))
        entries.append((*moved, "processes", WORKERS, "current", START_S, TASKS * (DISPATCH_S + size / RATE), STOP_S))
    empty = ("noop", {"tasks": 100})
    entries.append((*empty, "serial", 1, "current", 1e-5, 1e-5, 1e-6))
    entries.append((*empty, "processes", WORKERS, "current", START_S, 100 * DISPATCH_S, STOP_S))
    return planted(entries, **options)


@pytest.fixture(scope="module")
def found():
    made = bundle()
    return break_evens(made.speedups, made.costs, made.times, RUN)


def row(found, **wanted):
    rows = found
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1, found.to_string()
    return rows.iloc[0]


@pytest.mark.parametrize(
    ("use", "axis", "truth"),
    [
        ("resident", DURATION, DISPATCH_S / (1 - 1 / WORKERS)),
        ("one_shot", DURATION, ((START_S + STOP_S) / TASKS + DISPATCH_S) / (1 - 1 / WORKERS)),
        ("resident", PAYLOAD, RATE * (TASK_S * (1 - 1 / WORKERS) - DISPATCH_S)),
    ],
)
def test_prediction_and_measurement_find_the_truth(found, use, axis, truth):
    told = row(found, strategy="processes", use=use, axis=axis, against="serial")
    assert told["predicted"] == pytest.approx(truth, rel=0.08)
    assert told["predicted_low"] <= told["predicted"] <= told["predicted_high"]
    assert told["measured"] == pytest.approx(truth, rel=0.08)
    assert told["measured_low"] < truth < told["measured_high"]


def test_what_never_pays_says_so_and_isnt_predicted_where_the_gil_forbids_it(found):
    told = row(found, strategy="threads", use="resident", axis=DURATION, against="serial")
    assert told["reason"] == "pays at no measured task duration; its workers take turns here, so no prediction"
    assert told[["predicted", "measured"]].isna().all()
    payload = row(found, strategy="processes", use="one_shot", axis=PAYLOAD, against="serial")
    assert payload["reason"] == "pays at no measured payload; by what it costs, tasks so short can't pay"


def test_what_always_pays_says_so():
    entries = []
    for task_s in (1e-2, 1e-1):
        work = ("int_loop", {"task_time": task_s, "tasks": TASKS})
        entries.append((*work, "serial", 1, "free", 1e-5, TASKS * task_s, 1e-6))
        entries.append((*work, "threads", CPUS, "free", 1e-4, TASKS * task_s / 3, 1e-5))
    made = planted(entries)
    told = row(break_evens(made.speedups, made.costs, made.times, RUN), use="resident")
    assert told["reason"] == "pays at every measured task duration; what it costs wasn't measured"


def test_against_the_runner_up_it_crosses_where_the_two_are_equally_fast(found):
    told = row(found, use="resident", axis=DURATION, against="threads × 2")
    assert told["strategy"] == "processes"
    # 0.0002 + tau / 2 = 1.2 tau + 0.00001
    assert told["measured"] == pytest.approx(0.00019 / 0.7, rel=0.08)


def test_a_run_without_sweeps_has_none():
    work = ("int_loop", {"tasks": 8})
    made = planted([(*work, "serial", 1, "current", 1e-5, 1, 1e-5), (*work, "threads", 2, "current", 1e-5, 1, 1e-5)])
    assert break_evens(made.speedups, made.costs, made.times, RUN).empty


def test_two_that_are_as_fast_as_each_other_everywhere_have_no_border():
    entries = []
    for task_s in (1e-3, 1e-2, 1e-1):
        work = ("int_loop", {"task_time": task_s, "tasks": TASKS})
        entries.append((*work, "serial", 1, "free", 1e-5, TASKS * task_s, 1e-6))
        entries.append((*work, "threads", 2, "free", 1e-4, TASKS * task_s, 1e-5))
    made = planted(entries, noise=0.05, seed=3)
    told = row(break_evens(made.speedups, made.costs, made.times, RUN), use="resident")
    assert told[["measured", "measured_low"]].isna().all()
    assert told["reason"].startswith("faster and slower can't be told apart over the whole range")
