"""A beat is late by what kept it, in full."""

import time

import pytest

from experiments.workloads import responsiveness
from experiments.workloads.responsiveness import Heartbeat, beat_or_work, late_share, quantile
from tests.experiments.workloads.opening import opened, run

BESIDE = ("int_loop", "sort", "hash_large", "sleep")


@pytest.mark.parametrize("beside", BESIDE)
def test_beats_are_kept_beside_every_kind_of_work(beside):
    with opened("heartbeat", beside=beside, interval=0.002, beats=5) as workload:
        assert run(workload, "threads", 3, workers=3) >= 0.012


@pytest.mark.parametrize("beside", BESIDE)
def test_others_work_as_long_as_it_beats(beside):
    start = time.monotonic()
    assert beat_or_work((1, 5, 0.002, 0.02, beside, 0.0)) == (1, [])
    assert time.monotonic() - start >= 0.02


def test_no_beat_is_early():
    index, lateness = beat_or_work((0, 20, 0.001, 0.0, "sleep", 0.0))
    assert index == 0
    assert len(lateness) == 20
    assert min(lateness) >= 0


class StallingClock:
    """A clock on which only sleeping takes time, and one sleep takes 50 ms longer."""

    def __init__(self, stall_at):
        self.now, self.sleeps, self.stall_at = 100.0, 0, stall_at

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.sleeps += 1
        self.now += seconds + (0.05 if self.sleeps == self.stall_at else 0)


def test_a_stall_makes_every_beat_late_that_it_swallowed(monkeypatch):
    monkeypatch.setattr(responsiveness, "time", StallingClock(stall_at=3))
    _, lateness = beat_or_work((0, 10, 0.01, 0.0, "sleep", 0.0))
    assert lateness == pytest.approx([0, 0, 0.05, 0.04, 0.03, 0.02, 0.01, 0, 0, 0], abs=1e-9)


def test_readings_are_quantiles_of_the_lateness():
    workload = Heartbeat(beats=200)
    lateness = [beat / 1000 for beat in range(200, 0, -1)]
    found = workload.readings([(0, lateness), (1, [])])
    assert found == {
        "lateness_median": 0.101,
        "lateness_p95": 0.190,
        "lateness_p99": 0.198,
        "lateness_maximum": 0.200,
        "late_share_50ms": pytest.approx(1.455 / 2.001),
    }


@pytest.mark.parametrize(
    ("lateness", "share"),
    [
        ([0.0] * 10, 0.0),
        ([0.05] * 10, 0.0),
        ([0, 0, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01], 0.03 / 0.11),
        ([0.15, 0.14], 0.10 / 0.16),
        ([0.06, 0.0, 0.0, 0.0, 0.06], 0.02 / 0.11),
    ],
    ids=["in time", "just not late", "one stall", "a stall to the end", "two stalls"],
)
def test_time_is_late_while_a_beat_has_been_due_for_too_long(lateness, share):
    assert late_share(lateness, 0.01, 0.05) == pytest.approx(share)


def test_beats_wait_for_work_on_their_own_thread(monkeypatch):
    clock = StallingClock(stall_at=0)
    monkeypatch.setattr(responsiveness, "time", clock)
    monkeypatch.setattr(responsiveness, "work", lambda beside: lambda: clock.sleep(0.025))
    workload = Heartbeat(work_on="beat", job=0.025, beats=5, interval=0.010)
    first, second = workload.items(2)
    assert beat_or_work(second) == (1, [])
    # Two and a half beats take place during each job.
    index, lateness = beat_or_work(first)
    assert index == 0
    assert lateness == pytest.approx([0.015, 0.005, 0.020, 0.010, 0.0], abs=1e-9)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"job": 0.1}, "job is for work_on: beat"),
        ({"job": 0.1, "work_on": "others"}, "job is for work_on: beat"),
        ({"job": 0.0, "work_on": "beat"}, "above 0"),
        ({"job": 0.1, "work_on": "beat"}, None),
        ({"work_on": "others"}, None),
    ],
)
def test_a_job_belongs_to_the_beat(values, reason):
    found = Heartbeat.contradiction(values)
    assert found is None if reason is None else reason in found


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 2), (0.51, 3), (0.75, 3), (0.76, 4), (1.0, 4)])
def test_a_quantile_is_the_least_value_that_the_share_does_not_exceed(share, expected):
    assert quantile([1, 2, 3, 4], share) == expected
