import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.models.fits import curves, fits
from pipeline.analysis.models.fractions import NO, YES, gil_bounds, karp_flatts, weak_scaling
from pipeline.analysis.models.series import resident_logs
from pipeline.statistics.scaling import throughput
from tests.analysis.models.planted import RUN, planted

SMALL = (1e-5, 1.0, 1e-6)


def scaling(
    counts, law, *, workload="int_loop", strategy="processes", interpreter="current", tasks=lambda _: 16, **options
):
    """One kind of work with these numbers of workers; `law` gives the speed-up."""
    entries = []
    for task_count in {tasks(count) for count in counts}:
        serial_s = task_count / 16
        work = (workload, {"tasks": task_count})
        entries.append((*work, "serial", 1, interpreter, 1e-5, serial_s, 1e-6))
        own = [count for count in counts if tasks(count) == task_count]
        entries += [(*work, strategy, count, interpreter, 0.01, serial_s / law(count), 0.001) for count in own]
    return planted(entries, **options)


def cores(count):
    return {**RUN, "machine": {"effective_cpus": count, "facts": {"physical_cores": count}}}


def test_the_serial_fraction_of_each_speed_up_is_that_of_the_law_and_ends_at_the_cores():
    made = scaling((1, 2, 4, 8), lambda n: 1 / (0.1 + 0.9 / n), noise=0.01)
    told = karp_flatts(made.speedups, cores(4))
    assert list(told["workers"]) == [2, 4]
    assert told["serial_fraction"].to_numpy() == pytest.approx([0.1, 0.1], abs=0.03)
    assert ((told["fraction_low"] < 0.1) & (told["fraction_high"] > 0.1)).all()


def test_what_is_slower_than_serial_has_no_serial_fraction():
    assert karp_flatts(scaling((2, 4), lambda _: 0.5).speedups, cores(4)).empty


def test_where_tasks_grow_with_the_workers_the_speed_up_is_the_scaled_one():
    made = scaling((1, 2, 4), lambda n: n - 0.05 * (n - 1), tasks=lambda n: 8 * n, noise=0.005)
    told = weak_scaling(made.speedups)
    assert list(told["workers"]) == [2, 4]
    assert told["serial_fraction"].to_numpy() == pytest.approx([0.05, 0.05], abs=0.02)


def test_where_they_do_not_grow_nothing_is_called_weak_scaling():
    assert weak_scaling(scaling((1, 2, 4), lambda n: n).speedups).empty


@pytest.mark.parametrize(("speedup", "holds"), [(0.97, YES), (1.5, NO)])
def test_threads_that_hold_the_gil_are_bound_to_one(speedup, holds):
    made = scaling((2,), lambda _: speedup, strategy="threads", noise=0.01)
    told = gil_bounds(made.speedups, RUN)
    assert list(told["bound"]) == [1.0]
    assert list(told["holds"]) == [holds]


def test_no_bound_is_told_without_a_gil_or_where_the_share_is_not_known():
    free = scaling((2,), lambda _: 1.5, strategy="threads", interpreter="free")
    unknown = scaling((2,), lambda _: 1.9, strategy="threads", workload="hash_large")
    assert gil_bounds(free.speedups, RUN).empty
    assert gil_bounds(unknown.speedups, RUN).empty


def test_a_law_is_fitted_up_to_the_cores_and_no_further():
    def law(n):
        return float(throughput(np.array([float(n)]), 1, 0.05, 0.005)[0]) if n <= 16 else 3.0

    made = scaling((1, 2, 4, 8, 16, 32), law, noise=0.01)
    told = fits(made.speedups, resident_logs(made.times), cores(16))
    row = told.iloc[0]
    assert row["counts"] == (1, 2, 4, 8, 16)
    assert row["model"] == "USL"
    assert (row["alpha"], row["beta"]) == pytest.approx((0.05, 0.005), rel=0.2)
    assert row["peak_low"] < 13.78 < row["peak_high"]
    drawn = curves(told)
    assert drawn["workers"].max() == pytest.approx(16)
    assert drawn["speedup"].iloc[-1] == pytest.approx(law(16), rel=0.05)


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        (2, "a fit needs 5 numbers of workers up to the 2 physical cores; measured: 1"),
        (8, "a fit needs 5 numbers of workers up to the 8 physical cores; measured: 3"),
    ],
)
def test_without_enough_numbers_of_workers_it_says_so(count, reason):
    told = fits(scaling((2, 4, 8), lambda n: n).speedups, {}, cores(count))
    assert list(told["reason"]) == [reason]
    assert told["model"].isna().all()
    assert curves(told).empty


def test_a_peak_beyond_what_was_measured_is_not_told():
    made = scaling((1, 2, 4, 8, 16), lambda n: n / (1 + 0.05 * (n - 1) + 0.0004 * n * (n - 1)), noise=0.02, blocks=6)
    row = fits(made.speedups, resident_logs(made.times), cores(16)).iloc[0]
    assert pd.isna(row["peak_workers"])
    assert row["model"] == "Amdahl" or row["reason"] == "the peak lies beyond 16 workers, or there is none"
