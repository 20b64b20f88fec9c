from types import SimpleNamespace

import pytest

from pipeline.run.contamination import disturbance


def told(workers=1, cpus=2, seconds=0.2, **noise):
    return disturbance({"noise": noise, "duration_s": seconds}, SimpleNamespace(workers=workers), cpus)


@pytest.mark.parametrize(
    ("noise", "words"),
    [
        ({"throttled": 2}, "CPU quota held it back in 2 periods"),
        ({"steal_s": 0.05}, "hypervisor gave 0.25 CPUs to others"),
        ({"foreign_cpu_s": 0.18}, "other processes used 0.90 CPUs"),
    ],
)
def test_what_disturbs_is_named(noise, words):
    assert words in told(**noise)


@pytest.mark.parametrize(
    "noise",
    [{}, {"steal_s": None, "foreign_cpu_s": None}, {"steal_s": 0.01}, {"foreign_cpu_s": 0.03}, {"throttled": 0}],
)
def test_what_is_unknown_or_within_the_resolution_of_the_clocks_does_not(noise):
    assert told(**noise) is None


def test_a_busy_neighbour_matters_to_whoever_wants_all_cpus():
    assert told(workers=16, cpus=16, seconds=1.0, foreign_cpu_s=0.9) is not None
    assert told(workers=4, cpus=16, seconds=1.0, foreign_cpu_s=0.9) is None
    assert told(workers=64, cpus=16, seconds=1.0, foreign_cpu_s=0.9) is not None


def test_it_is_a_rate_so_that_long_invocations_are_not_suspected_more():
    assert told(seconds=0.1, foreign_cpu_s=0.05) is not None
    assert told(seconds=10.0, foreign_cpu_s=0.05) is None


def test_an_invocation_that_never_ran_is_not_judged():
    assert told(seconds=0.0, foreign_cpu_s=1.0) is None
