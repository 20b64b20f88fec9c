"""Each claim on runs whose truth was planted: supported, refuted, conditional, open, impossible."""

import math

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.claims.catalogue import CLAIMS
from pipeline.analysis.claims.flips import flips
from pipeline.analysis.claims.judge import JUDGES, claims_of
from pipeline.analysis.claims.verdict import VERDICTS
from pipeline.analysis.summary import summarise
from pipeline.errors import UserError
from tests.analysis.claims.planted import FREE, GIL, Planted, judged, planted, verdict
from tests.support.synthetic import synthetic_bundle

MIB = 1 << 20
TRIALS = 60


def seen(strategy, start_method=None, *, direct=0, late=0, shared=TRIALS, trials=TRIALS):
    """What `visibility` tells: of how many trials changes were seen, and what is made for sharing came through."""
    readings = dict.fromkeys(("seen_global", "seen_argument", "seen_attribute", "seen_environment"), direct)
    readings |= {"trials": trials, "seen_by_worker": late, "returned": trials}
    if strategy == "processes":
        readings |= dict.fromkeys(("shared_memory", "manager", "queue", "value"), shared)
    return Planted("visibility", strategy, 2, start_method=start_method, readings=readings)


THREADS_SEE = seen("threads", direct=TRIALS, late=TRIALS)
CHILD_DOES_NOT = seen("processes", "fork")


def pools(process_bytes, process_start_s, *, methods=("fork", "spawn"), thread_bytes=0.1 * MIB, **more):
    """Empty tasks with several numbers of workers."""
    found = []
    for workers in (1, 2, 4, 8):
        found.append(Planted("noop", "threads", workers, startup_s=2e-4, pool_bytes=9 * MIB + workers * thread_bytes))
        for index, method in enumerate(methods):
            size = 9 * MIB + workers * process_bytes
            start_s = process_start_s * (1 + more.get("slower", 1) * index)
            pool = Planted("noop", "processes", workers, start_method=method, startup_s=start_s, pool_bytes=size)
            found.append(pool)
    return found


def computing(speedup, *, strategy="threads", workloads=("int_loop", "object_graph"), workers=(2, 4), **more):
    """The same speed-up for several kinds of work, or one by its name."""
    of = speedup if callable(speedup) else lambda workload, count: speedup
    methods = {"start_method": "fork"} if strategy == "processes" else {}
    return [
        Planted(work, strategy, count, of(work, count), **{**methods, **more})
        for work in workloads
        for count in workers
    ]


PARALLEL = computing(lambda _, count: 0.9 * count, strategy="processes", workloads=["int_loop"])


def one_cpu(speedup):
    """The negative control: serial, and two processes, on one CPU."""
    return [
        Planted("int_loop", oracle="one_cpu_serial"),
        Planted("int_loop", "processes", 2, speedup, oracle="one_cpu_processes"),
    ]


def waiting(speedup, workloads=("sleep", "tcp_echo"), workers=(2, 8), strategy="threads", **more):
    tasks = {"tasks": 32}
    of = speedup if callable(speedup) else lambda count: speedup * count
    return [Planted(work, strategy, count, of(count), tasks, **more) for work in workloads for count in workers]


def beat(late_s, strategy="threads", beside="int_loop", tasks=2, **more):
    parameters = {"beside": beside, "tasks": tasks, **more}
    return Planted(
        "heartbeat", strategy, tasks, parameters=parameters, readings={"lateness_p99": late_s}, reading_noise=0.1
    )


PUNCTUAL = [beat(0.001, beside="sleep"), beat(0.09, "serial", work_on="beat")]


def stop(victim, means, hang, stopped, alive=20, trials=20):
    parameters = {"victim": victim, "means": means, "hang": hang}
    readings = {"trials": trials, "stopped": stopped, "siblings_alive": alive}
    return Planted("stopping", parameters=parameters, readings=readings)


def stops(process=20, thread=0, loop=20, **more):
    """Processes are killed in that many of 20 trials, threads in that many; a loop by an asynchronous exception."""
    return [
        *(
            stop("process", means, hang, process, **more)
            for means in ("terminate", "kill")
            for hang in ("loop", "wait")
        ),
        *(stop("thread", "async_exception", hang, thread) for hang in ("wait", "swallow")),
        stop("thread", "async_exception", "loop", loop),
    ]


def sends(ratio, sizes=(1024, MIB), strategy="processes", noise=0.02, **more):
    found = []
    for size in sizes:
        parameters = {"size": size, "kind": "bytes", "tasks": 16, **more}
        slow = ratio(size) if callable(ratio) else ratio
        found.append(Planted("payload", "threads", 2, parameters=parameters, noise=noise))
        found.append(Planted("payload", strategy, 2, 1 / slow, parameters, "fork", noise=noise))
    return found


def leak(victim, share, failed, trials=2):
    readings = {"size": 64 * MIB, "retained": share * 64 * MIB, "sibling_failed": failed, "trials": trials}
    return Planted("leak", parameters={"victim": victim}, readings=readings, reading_noise=0.0)


def rate(placement, steps, **more):
    readings = {"rate": steps}
    return Planted(
        "hardware_threads", parameters={"placement": placement}, readings=readings, reading_noise=0.02, **more
    )


def cells(*speedups, workload="int_loop", **more):
    return [Planted(workload, "threads", 2 + index, value, **more) for index, value in enumerate(speedups)]


TRUTHS = {
    "1 seen both ways": (1, "supported", [THREADS_SEE, CHILD_DOES_NOT]),
    "1 nothing seen": (1, "refuted", [seen("threads"), CHILD_DOES_NOT]),
    "1 few trials": (1, "inconclusive", [seen("threads", direct=3, late=3, trials=3)]),
    "1 processes see it too": (1, "invalid", [THREADS_SEE, seen("processes", "fork", direct=TRIALS, late=TRIALS)]),
    "1 only processes": (1, "not tested", [CHILD_DOES_NOT]),
    "2 heavy": (2, "supported", pools(10 * MIB, 0.02)),
    "2 as light": (2, "refuted", pools(0.1 * MIB, 2e-4, slower=0.1)),
    "2 slow to start only": (2, "depends", pools(0.1 * MIB, 0.02)),
    "2 one by start method": (2, "depends", pools(0.2 * MIB, 4e-4, slower=40)),
    "3 no faster": (3, "supported", [*computing(0.98), *PARALLEL]),
    "3 as many times": (3, "refuted", [*computing(lambda _, count: 0.9 * count), *PARALLEL]),
    "3 by kind of work": (
        3, "depends", [*computing(lambda work, count: 0.9 * count if work == "sort" else 1,
                                  workloads=("int_loop", "sort", "object_graph")), *PARALLEL],
    ),
    "3 somewhat faster": (3, "inconclusive", [*computing(1.5, workers=[4]), *PARALLEL]),
    "3 noisy": (3, "inconclusive", [*computing(1.1, noise=0.3), *PARALLEL]),
    "3 nothing is parallel here": (
        3, "invalid", [*computing(0.98), *computing(1.0, strategy="processes", workloads=["int_loop"])],
    ),
    "4 suits": (4, "supported", [*waiting(0.97), *waiting(0.97, strategy="asyncio")]),
    "4 doesn't": (4, "refuted", [*waiting(lambda count: 1.1), *waiting(0.97, strategy="asyncio")]),
    "4 by number": (4, "depends", waiting(lambda count: 1.95 if count == 2 else 3.0)),
    "4 noisy": (4, "inconclusive", waiting(0.81, noise=0.3)),
    "5 punctual": (5, "supported", [beat(0.006), beat(0.02, tasks=5), *PUNCTUAL]),
    "5 late": (5, "refuted", [beat(0.12), beat(0.3, tasks=5), *PUNCTUAL]),
    "5 by number": (5, "depends", [
        beat(0.006), beat(0.12, tasks=5), beat(0.004, beside="hash_large"), beat(0.1, beside="sort", tasks=5),
        *PUNCTUAL,
    ]),
    "5 on the line": (5, "inconclusive", [beat(0.0501), *PUNCTUAL]),
    "5 the machine itself is late": (5, "invalid", [beat(0.006), beat(0.2, beside="sleep")]),
    "5 work on the beat doesn't delay it": (5, "invalid", [beat(0.006), beat(0.001, "serial", work_on="beat")]),
    "6 as said": (6, "supported", stops()),
    "6 the other way round": (6, "refuted", stops(process=0, thread=20)),
    "6 nobody": (6, "depends", stops(process=0, thread=0)),
    "6 siblings die": (6, "invalid", stops(alive=0)),
    "7 uses them": (7, "supported", [*PARALLEL, *one_cpu(0.97)]),
    "7 doesn't": (7, "refuted", computing(1.0, strategy="processes", workloads=["int_loop"])),
    "7 by number": (
        7, "depends", computing(lambda *_: 1.9, strategy="processes", workloads=["int_loop"]),
    ),
    "7 on one CPU too": (7, "invalid", [*PARALLEL, *one_cpu(1.4)]),
    "7 noisy": (
        7, "inconclusive", computing(1.25, strategy="processes", workloads=["int_loop"], workers=[2], noise=0.3),
    ),
    "8 overhead": (8, "supported", sends(20)),
    "8 none": (8, "refuted", sends(1.1)),
    "8 by size": (8, "depends", sends(lambda size: 1.2 if size < MIB else 30)),
    "8 shared memory is only told": (8, "not tested", sends(1.1, transport="shared_memory")),
    "9 hidden": (9, "supported", [CHILD_DOES_NOT, THREADS_SEE]),
    "9 seen": (9, "refuted", [seen("processes", "fork", direct=TRIALS)]),
    "9 by start method": (9, "depends", [CHILD_DOES_NOT, seen("processes", "spawn", direct=TRIALS)]),
    "9 nothing comes through": (9, "invalid", [seen("processes", "fork", shared=0)]),
    "10 as said": (10, "supported", [leak("thread", 0.99, 2), leak("process", 0.01, 0)]),
    "10 the other way round": (10, "refuted", [leak("thread", 0.01, 0), leak("process", 0.99, 2)]),
    "10 process alike": (10, "depends", [leak("thread", 0.99, 2), leak("process", 0.99, 2)]),
    "11 yields": (11, "supported", [rate("one", 1e6), rate("siblings", 1.3e6), rate("cores", 2e6)]),
    "11 doesn't": (11, "refuted", [rate("one", 1e6), rate("siblings", 0.97e6), rate("cores", 2e6)]),
    "11 open": (11, "inconclusive", [rate("one", 1e6), rate("siblings", 1.052e6)]),
    "11 two cores do no more": (11, "invalid", [rate("one", 1e6), rate("siblings", 1.3e6), rate("cores", 1e6)]),
    "12 always": (12, "supported", cells(1.9, 2.5, 3.2)),
    "12 never": (12, "refuted", cells(0.9, 0.8, 0.7)),
    "12 by kind of work": (12, "depends", [*cells(1.9, 2.5), *cells(0.3, 0.2, workload="noop")]),
    "12 noisy": (12, "inconclusive", cells(1.05, 1.05, noise=0.3)),
}  # fmt: skip


DEPENDENCES = {
    "2 slow to start only": ("memory or start-up", "it holds for start-up; not for memory"),
    "2 one by start method": ("memory or start-up and start method", "it holds for start-up, spawn; not for"),
    "3 by kind of work": ("kind of work", "it holds for int_loop, object_graph; not for sort"),
    "4 by number": ("number of workers", "it holds for 2 workers; not for 8 workers"),
    "5 by number": ("number of tasks beside", "it holds for 1 beside; not for 4 beside"),
    "6 nobody": ("what hangs", "it holds for thread; not for process"),
    "7 by number": ("number of workers", "it holds for 2 workers; not for 4 workers"),
    "8 by size": ("size", "it holds for 1 MiB; not for 1 KiB"),
    "9 by start method": ("start method", "it holds for fork; not for spawn"),
    "10 process alike": ("what leaks", "it holds for thread; not for process"),
    "12 by kind of work": ("kind of work", "it holds for CPU; not for overhead"),
}


@pytest.mark.parametrize("kind", TRUTHS)
def test_the_planted_truth_is_found_and_what_it_depends_on(kind):
    claim, said, cases = TRUTHS[kind]
    row = verdict(claim, cases)
    assert row["verdict"] == said, row
    assert row["reason"]
    assert not row["reason"].endswith(".")
    if said != "depends":
        assert not isinstance(row["depends_on"], str)
        return
    name, words = DEPENDENCES[kind]
    assert row["depends_on"] == name, row
    assert words in row["reason"]


def test_threads_without_a_gil_refute_the_third_claim_and_the_same_program_with_one_does_not():
    names = {"python3.13t": FREE, "python3.13t -X gil=1": GIL}
    cases = []
    for name in names:
        speed = (lambda _, count: 0.9 * count) if name == "python3.13t" else (lambda *_: 0.98)
        cases += computing(speed, interpreter=name)
        cases += computing(lambda _, count: 0.9 * count, strategy="processes", workloads=["int_loop"], interpreter=name)
    found = judged(cases, facts=names)
    rows = found.verdicts[found.verdicts["claim"] == 3].set_index("interpreter")
    assert list(rows["verdict"]) == ["refuted", "supported"]
    assert rows.loc["python3.13t", "reason"].startswith("no GIL here: threads reach 3.6")
    (flip,) = flips(found.verdicts, names).query("claim == 3").to_dict("records")
    assert (flip["supported"], flip["refuted"]) == (("python3.13t -X gil=1",), ("python3.13t",))
    assert flip["same_program"]
    assert flips(found.verdicts, {}).query("claim == 3")["same_program"].tolist() == [False]
    assert 7 not in set(flips(found.verdicts, names)["claim"])


def test_with_one_cpu_nothing_can_be_said_about_computing_in_parallel():
    verdicts = judged([*computing(0.9), *PARALLEL], cpus=1).verdicts.set_index("claim")
    for claim in (3, 7):
        assert verdicts.loc[claim, "verdict"] == "not testable here"
        assert "only one CPU" in verdicts.loc[claim, "reason"]


def test_what_the_machine_cannot_do_is_not_testable_with_its_reason():
    reason = "this machine shows no hardware threads that share a core"
    row = verdict(11, [rate("one", 1e6), rate("siblings", 1, unsupported=reason), rate("cores", 2e6)])
    assert (row["verdict"], row["reason"]) == ("not testable here", reason)
    no_proc = "needs /proc"
    lacking = [Planted("leak", parameters={"victim": victim}, unsupported=no_proc) for victim in ("thread", "process")]
    row = verdict(10, [*lacking, Planted("noop")])
    assert (row["verdict"], row["reason"]) == ("not testable here", no_proc)


def test_a_failed_oracle_takes_every_verdict_away_but_not_the_evidence():
    impossible = [
        Planted("sleep", "threads", 4, 32.0, {"seconds": 0.1, "tasks": 32}),
        *computing(0.98),
        *PARALLEL,
    ]
    found = judged(impossible)
    rows = found.verdicts.set_index("claim")
    assert rows.loc[3, "verdict"] == "invalid"
    assert "sleep law" in rows.loc[3, "reason"]
    assert rows.loc[6, "verdict"] == "not tested"
    assert len(found.evidence.query("claim == 3"))


def test_margins_of_the_configuration_move_the_line():
    cases = [*computing(1.3), *PARALLEL]
    assert verdict(3, cases)["verdict"] != "supported"
    assert verdict(3, cases, margins={"no_speedup": 1.5})["verdict"] == "supported"
    with pytest.raises(UserError, match=r"run\.json: .*\(no_speedup\)"):
        judged(cases, margins={"no_speedup": "much"})


def test_any_run_is_judged_and_what_it_lacks_is_not_tested():
    bundle = synthetic_bundle()
    found = claims_of(bundle, summarise(bundle))
    interpreters = found.verdicts["interpreter"].nunique()
    assert len(found.verdicts) == len(CLAIMS) * interpreters == 24
    assert set(found.verdicts["verdict"]) <= set(VERDICTS)
    missing = found.verdicts.query("verdict == 'not tested'")
    assert {1, 5, 6, 9, 10, 11} <= set(missing["claim"])
    assert (missing["reason"] == "this run has no case for it: whichpool claims tests it").all()
    assert set(found.evidence["claim"]) == {2, 3, 4, 7, 12}
    empty = claims_of(planted([]), summarise(planted([])))
    assert empty.verdicts.empty
    assert empty.evidence.empty


def test_the_evidence_has_for_each_sub_test_what_decides_it():
    evidence = judged([*computing(0.98), *PARALLEL, *one_cpu(0.97)]).evidence
    tests = evidence[evidence["side"].notna()]
    told = evidence[evidence["side"].isna()]
    assert told["verdict"].isna().all()
    assert {"CPUs kept busy"} <= set(told["quantity"])
    inside = tests["side"].eq("<").map({True: 1, False: -1})
    decided = tests[tests["verdict"] == "supported"]
    end = np.where(decided["side"] == "<", decided["high"], decided["low"])
    assert ((end - decided["margin"]) * inside[decided.index] < 0).all()
    assert set(tests.loc[tests["control"], "claim"]) == {3, 7}
    assert (tests.loc[tests["claim"] < 12, "n"] == 8).all(), "invocations; of the last claim, cases"


def test_an_open_sub_test_says_how_much_would_settle_it():
    evidence = judged([*computing(1.0, noise=0.25), *PARALLEL]).evidence
    still_open = evidence.query("claim == 3 and verdict == 'inconclusive' and not control")
    assert len(still_open)
    assert (still_open["n_needed"] > still_open["n"]).any()
    few = judged([seen("threads", direct=3, late=3, trials=3)], blocks=2).evidence
    assert set(few["n_needed"].dropna()) == {59}


def test_twenty_coincidences_are_no_dependence():
    """Twenty sizes of a payload whose ratio is the margin itself: chance puts some on either side."""
    wrong = 0
    for seed in range(3):
        cases = sends(2.0, sizes=[1 << power for power in range(4, 24)], noise=0.05)
        wrong += verdict(8, cases, seed=seed)["verdict"] in ("supported", "refuted", "depends")
    assert wrong == 0


def test_every_claim_has_a_judge_and_says_what_is_often_left_out():
    assert [claim.number for claim in CLAIMS] == list(range(1, 13))
    assert [claim.key for claim in CLAIMS] == list(JUDGES)
    for claim in CLAIMS:
        assert claim.text[0].isupper()
        assert not claim.text.endswith(".")
        assert claim.often_said


def test_columns_have_the_types_that_readers_count_on():
    found = judged([*computing(0.98), *PARALLEL])
    assert found.evidence.dtypes["n_needed"] == "Int64"
    assert found.evidence.dtypes["control"] == "bool"
    for name in ("estimate", "low", "high", "margin"):
        assert found.evidence.dtypes[name] == "float64"
    assert isinstance(found.verdicts["depends_on"].dtype, pd.StringDtype)
    assert math.isnan(float(found.evidence.query("claim == 3 and side != side")["margin"].iloc[0]))
