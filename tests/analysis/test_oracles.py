"""Each oracle against numbers that are right, wrong, and too noisy to tell."""

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.cases import cases
from pipeline.analysis.drift import drifts
from pipeline.analysis.oracles.evidence import Evidence
from pipeline.analysis.oracles.judge import oracles
from pipeline.analysis.oracles.laws import heartbeat_law, lock_law, sleep_laws
from pipeline.analysis.oracles.memory import memory_oracles
from pipeline.analysis.oracles.speed import same_twice, slow_down_seen, speed_oracles
from pipeline.plan.oracles import TOUCHED_BYTES
from tests.support.synthetic import synthetic_bundle

MIB = 1 << 20
PARAMETERS = {
    "sleep threads": {"seconds": 0.05, "tasks": 3},
    "one_cpu_sleep": {"seconds": 0.05, "tasks": 2},
    "lock": {"seconds": 0.01, "critical": 50, "tasks": 8},
}
RIGHT = {
    "reference_a": 0.02,
    "reference_b": 0.02,
    "slower": 0.022,
    "threads": 0.0201,
    "processes": 0.0105,
    "one_cpu_serial": 0.02,
    "one_cpu_processes": 0.0205,
    "payload": 0.01,
    "payload_double": 0.02,
    "sleep threads": 0.101,
    "one_cpu_sleep": 0.0502,
    "lock": 0.0455,
}
TOUCHED = 13 * MIB + TOUCHED_BYTES
MEMORY = {"memory_empty": 13 * MIB, "memory_touched": TOUCHED, "memory_inherited": TOUCHED}


BUSY = {"processes": 1.9}
"""CPUs that the roles keep busy; the others one."""


def bundle(
    steady=RIGHT, *, busy=BUSY, cv=0.01, blocks=8, memory=MEMORY, lateness=0.0052, status="ok", method="cgroup_v1"
):
    """Tables as a run leaves them, with the given true steady phase of each role."""
    rng = np.random.default_rng(4)
    invocations, measurements = [], []

    def invocation(role, block, order, for_pass):
        number = len(invocations)
        invocations.append(
            {
                "invocation": number, "case_id": role, "baseline_id": role, "oracle": role, "block": block,
                "order": order, "pass": for_pass, "status": status, "error": None,
                "n_tasks": PARAMETERS.get(role, {}).get("tasks", 4),
            }
        )  # fmt: skip
        return number

    def measurement(number, metric, value, phase="steady", how="perf_counter"):
        row = {"invocation": number, "phase": phase, "metric": metric, "value": value, "method": how, "unit": "s"}
        measurements.append({**row, "case_id": invocations[number]["case_id"], "iteration": 0})

    for block in range(blocks):
        for order, (role, seconds) in enumerate(steady.items()):
            asleep = role in PARAMETERS
            noise = cv * (abs(rng.standard_normal()) / 10 if asleep else rng.standard_normal())
            number = invocation(role, block, order, "timing")
            measurement(number, "wall", seconds * np.exp(noise))
            measurement(number, "cpu", busy.get(role, 1.0) * seconds * np.exp(noise), how="cpu_clock")
        number = invocation("heartbeat", block, 90, "timing")
        measurement(number, "wall", 0.13)
        measurement(number, "lateness_median", lateness, how="workload")
    for role, peak in memory.items():
        measurement(invocation(role, 0, 99, "memory"), "peak_memory", peak, phase="total", how=method)
    roles = [*steady, *memory, "heartbeat"]
    run = {
        "cases": [
            {"case_id": role, "oracle": role, "parameters": PARAMETERS.get(role, {}), "workers": 2, "unsupported": None}
            for role in roles
        ],
        "machine": {"effective_cpus": 2},
    }
    return run, pd.DataFrame(invocations), pd.DataFrame(measurements)


def outcomes(*of, **altered):
    run, invocations, measurements = bundle(*of, **altered)
    evidence = Evidence.of(run, invocations, measurements)
    found = [*sleep_laws(evidence), *speed_oracles(evidence), lock_law(evidence), heartbeat_law(evidence)]
    return {each.name: each for each in (*found, *memory_oracles(evidence))}


def altered(**changes):
    return outcomes({**RIGHT, **{role.replace("__", " "): value for role, value in changes.items()}})


def test_where_everything_is_as_it_must_be_every_oracle_passes():
    found = outcomes()
    assert {each.status for each in found.values()} == {"passed"}, found
    assert len(found) == 12
    assert all(each.reading and each.expected and each.n for each in found.values())


@pytest.mark.parametrize(
    ("name", "role", "seconds"),
    [
        ("sleep law, threads", "sleep threads", 0.098),
        ("sleep law, threads", "sleep threads", 0.202),
        ("sleep law, threads", "sleep threads", 0.051),
        ("sleep law, threads on one CPU", "one_cpu_sleep", 0.1003),
        ("lock", "lock", 0.0389),
        ("GIL", "threads", 0.012),
        ("no more than the CPUs", "processes", 0.0052),
        ("one CPU", "one_cpu_processes", 0.0105),
        ("one CPU", "one_cpu_processes", 0.04),
        ("payload", "payload_double", 0.0101),
        ("payload", "payload_double", 0.04),
        ("A/A", "reference_b", 0.0215),
        ("planted slow-down", "slower", 0.02),
        ("planted slow-down", "slower", 0.03),
    ],
)
def test_what_is_impossible_fails_by_name(name, role, seconds):
    found = outcomes({**RIGHT, role: seconds})
    failed = {key for key, each in found.items() if each.status == "failed"}
    assert failed - ({"planted slow-down"} if role == "reference_b" else set()) == {name}
    assert found[name].reason


@pytest.mark.parametrize(
    ("memory", "name"),
    [
        ({**MEMORY, "memory_touched": TOUCHED - 3 * MIB}, "touched memory"),
        ({**MEMORY, "memory_touched": 13 * MIB}, "touched memory"),
        ({**MEMORY, "memory_inherited": TOUCHED + 2 * TOUCHED_BYTES}, "inherited memory"),
    ],
)
def test_memory_that_is_lost_or_counted_twice_fails_by_name(memory, name):
    found = outcomes(memory=memory)
    assert {key for key, each in found.items() if each.status == "failed"} == {name}


def test_methods_of_memory_are_never_mixed_and_the_blind_one_is_not_asked():
    run, invocations, measurements = bundle()
    other = measurements["value"] == MEMORY["memory_touched"]
    measurements.loc[other & (measurements["case_id"] == "memory_touched"), "method"] = "pss_sampled"
    found = {each.name: each for each in memory_oracles(Evidence.of(run, invocations, measurements))}
    assert found["touched memory"].status == "not run"
    assert found["inherited memory"].status == "passed"
    assert outcomes(method="uss_sampled")["inherited memory"].status == "not run"


@pytest.mark.parametrize(("late_s", "status"), [(0.0001, "failed"), (0.0048, "passed"), (0.007, "undecided")])
def test_the_heartbeat_tells_when_the_lock_is_passed_on(late_s, status):
    assert outcomes(lateness=late_s)["heartbeat"].status == status


def test_noise_hides_a_slow_down_and_says_how_large_it_would_have_to_be():
    found = outcomes(cv=0.3)
    assert found["planted slow-down"].status == "undecided"
    assert "would probably have shown" in found["planted slow-down"].reason
    assert not [each for each in found.values() if each.status == "failed"]


def test_too_few_blocks_are_no_failure():
    found = outcomes(blocks=1)
    assert {each.status for key, each in found.items() if key in ("A/A", "GIL", "payload")} == {"not run"}
    assert found["sleep law, threads"].status == "passed"


def test_a_slow_machine_that_was_disturbed_fails_no_law():
    found = outcomes({**RIGHT, "sleep threads": 0.14}, status="contaminated")
    assert found["sleep law, threads"].status == "undecided"
    assert outcomes({**RIGHT, "sleep threads": 0.14})["sleep law, threads"].status == "failed"


@pytest.mark.parametrize(
    ("role", "seconds", "name"),
    [
        ("threads", 0.017, "GIL"),
        ("processes", 0.0085, "no more than the CPUs"),
        ("one_cpu_processes", 0.017, "one CPU"),
    ],
)
def test_a_little_more_speed_than_there_can_be_fails_only_if_more_cpus_were_used(role, seconds, name):
    steady = {**RIGHT, role: seconds}
    alone = outcomes(steady)[name]
    assert (alone.status, "their speed changed" in alone.reason) == ("undecided", True)
    assert outcomes(steady, busy={**BUSY, role: 2.5})[name].status == "failed"


def test_what_somebody_disturbed_proves_nothing():
    wrong = {**RIGHT, "threads": 0.012, "one_cpu_processes": 0.012, "reference_b": 0.0215}
    found = outcomes(wrong, status="contaminated", lateness=0.03)
    assert not [each for each in found.values() if each.status == "failed"]
    for name in ("GIL", "one CPU", "A/A"):
        assert (found[name].status, found[name].reason) == ("undecided", "too few invocations that nobody disturbed")
    assert found["heartbeat"].status == "undecided"
    assert outcomes(lateness=0.03)["heartbeat"].status == "failed"


@pytest.mark.parametrize("oracle", [same_twice, slow_down_seen])
def test_an_oracle_fails_by_chance_in_far_less_than_one_run_in_a_hundred(oracle):
    rng = np.random.default_rng(8)
    failed, runs = 0, 1500
    for _ in range(runs):
        noise = 0.1 * rng.standard_normal((3, 7))
        logs = {"reference_a": noise[0], "reference_b": noise[1], "slower": np.log(1.1) + noise[2]}
        evidence = Evidence({}, pd.DataFrame(), logs, logs, pd.DataFrame(), {}, 2)
        failed += oracle(evidence).status == "failed"
    assert failed <= 8, "0.1 % of 1500 is 1.5"


def test_what_was_not_measured_says_why():
    run, invocations, measurements = bundle()
    run["cases"] = [
        {**case, "unsupported": "this interpreter has no GIL"} if case["oracle"] == "threads" else case
        for case in run["cases"]
    ]
    invocations = invocations[~invocations["oracle"].isin(["threads", "lock"])]
    broken = invocations.iloc[[0]].assign(invocation=999, oracle="lock", status="crashed", error="it broke")
    evidence = Evidence.of(run, pd.concat([invocations, broken]), measurements)
    found = {each.name: each for each in (*speed_oracles(evidence), lock_law(evidence))}
    assert (found["GIL"].status, found["GIL"].reason) == ("not run", "this interpreter has no GIL")
    assert (found["lock"].status, found["lock"].reason) == ("not run", "it broke")


def test_the_grid_is_held_to_the_same_laws():
    grid = synthetic_bundle(workloads=["sleep"], strategies=["serial", "threads"], mishaps=False, memory_blocks=0)
    described = cases(grid.invocations)
    from pipeline.analysis.checksums import checksum_agreement
    from pipeline.analysis.invocation_times import times
    from pipeline.analysis.quality import gil_contradictions

    def judged(invocations, measurements):
        frames = {
            "cases": described,
            "times": times(invocations, measurements),
            "checksums": checksum_agreement(invocations, described),
            "gil": gil_contradictions(invocations, described, grid.run["interpreters"]),
        }
        return oracles(grid.run, invocations, measurements, frames).set_index("name")

    assert set(judged(grid.invocations, grid.measurements)["status"]) == {"passed"}
    early = grid.measurements.assign(value=grid.measurements["value"] * 0.9)
    assert judged(grid.invocations, early).loc["sleep law, grid", "status"] == "failed"
    wrong = grid.invocations.assign(wrong_results=grid.invocations["strategy"] == "threads")
    assert "sleep with threads" in judged(wrong, grid.measurements).loc["results", "reason"]
    assert judged(wrong, grid.measurements).index[0] == "results", "what failed comes first"
    free = {name: {**facts, "gil_enabled": False} for name, facts in grid.run["interpreters"].items()}
    grid.run["interpreters"] = free
    switched = grid.invocations.assign(gil_enabled=True)
    assert judged(switched, grid.measurements).loc["GIL state", "status"] == "failed"
    named = switched.assign(gil_enabled_by="careless")
    assert judged(named, grid.measurements).loc["GIL state", "status"] == "passed"


def test_a_block_in_which_the_machine_changed_is_found_and_only_that():
    steady = {"reference_a": 0.02, "reference_b": 0.02}
    run, invocations, measurements = bundle(steady, cv=0.01, blocks=10, memory={})
    assert not drifts(invocations, measurements)["dropped"].any()
    last = invocations[(invocations["block"] == 6) & (invocations["oracle"] == "reference_b")]["invocation"]
    measurements.loc[measurements["invocation"].isin(last) & (measurements["phase"] == "steady"), "value"] *= 1.5
    found = drifts(invocations, measurements)
    assert list(found.loc[found["dropped"], "block"]) == [6]
    assert found.loc[6, "last_s"] / found.loc[6, "first_s"] > 1.4
    assert drifts(pd.DataFrame(), pd.DataFrame()).empty
    assert run
