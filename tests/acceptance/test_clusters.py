"""Runs on clusters that somebody else has started, in another folder: right results, nothing left, cluster alive."""

import pytest

from pipeline import store
from tests.acceptance import clusters
from tests.acceptance.command_line import contents, wait_for, write
from tests.support.engines import need_all

need_all()

pytestmark = pytest.mark.timeout(240)
HELPERS = "def twice(item):\n    return 2 * item\n"
JOBS = """
import os, threading
import helpers
SAME = [7] * 6
LOCK = threading.Lock()
def double(item):
    with LOCK:
        return helpers.twice(item)
def double_alone(item):
    assert os.environ["BLIS_NUM_THREADS"] == "1", "inner libraries would start threads of their own"
    return double(item)
def fail(item):
    raise KeyError(f"no {item}")
def die(item):
    os._exit(3)
"""
WORKLOADS = '[{use: int_loop, steps: 300, tasks: 8}, {use: "jobs.py:double", items: "jobs.py:SAME"}]'
FAILING = '[{use: "jobs.py:fail", items: "jobs.py:SAME"}]'
DYING = '[{use: "jobs.py:die", items: "jobs.py:SAME"}]'


def run(whichpool, cluster, strategy, workloads, bundle, *, workers=2, memory=False):
    (whichpool.folder / "jobs.py").write_text(JOBS)
    (whichpool.folder / "helpers.py").write_text(HELPERS)
    settings = "blocks: 1, iterations: 2, warmup: 1, precision: null, timeout: 60s, budget: 10m"
    chosen = f'[serial, {{use: {strategy}, address: "{cluster.address}"}}]'
    write(
        whichpool.folder,
        f"name: clusters\nmeasure: {{{settings}, memory: {str(memory).lower()}}}\n"
        f"grids: {{workloads: {workloads}, strategies: {chosen}, workers: {workers}}}\n",
    )
    environment = {name: value for name, value in cluster.environment.items() if name != "TMPDIR"}
    whichpool("run", "config.yaml", "--out", bundle, environment=environment)
    assert whichpool.survivors() == []
    return store.load(whichpool.folder / bundle)


def of(bundle, strategy):
    rows = bundle.invocations
    return rows[rows["strategy"] == strategy]


def check_results(bundle, strategy):
    rows = bundle.invocations
    assert rows[rows["status"] != "ok"][["strategy", "error"]].to_dict("records") == []
    assert (rows.groupby("workload")["checksum"].nunique() == 1).all()
    timing = of(bundle, strategy)[of(bundle, strategy)["pass"] == "timing"]
    assert len(timing) == 2
    used = bundle.measurements[bundle.measurements["case_id"].isin(timing["case_id"])]
    assert used[used["metric"] == "cpu"]["value"].isna().all(), "whose processor time is that?"
    assert (used[used["metric"] == "wall"]["value"] > 0).all()
    assert not set(used["metric"]) & {"peak_memory", "pool_memory", "worker_memory", "peak_worker_memory"}
    assert timing["foreign_cpu_s"].isna().all()


def test_a_dask_cluster_is_used_and_left_as_it_was(whichpool):
    with clusters.dask(workers=3) as cluster:
        before = cluster.members()
        check_results(run(whichpool, cluster, "dask", WORKLOADS, "right", memory=True), "dask")
        failed = of(run(whichpool, cluster, "dask", FAILING, "failing"), "dask")
        assert list(failed["status"]) == ["failed"]
        assert failed["error"].str.contains("KeyError: 'no 7'").all()
        small = of(run(whichpool, cluster, "dask", WORKLOADS, "large", workers=4), "dask")
        assert set(small["status"]) == {"failed"}
        assert small["error"].str.contains("has 3 workers with a single thread").all()
        assert cluster.members() == before
        assert [path for path in contents(cluster.temporary) if "whichpool" in path] == []
        died = of(run(whichpool, cluster, "dask", DYING, "dying"), "dask")
        assert list(died["status"]) == ["crashed"], died["error"].tolist()
        assert contents(cluster.home) == []
    cluster.environment = {}
    gone = of(run(whichpool, cluster, "dask", FAILING, "gone"), "dask")
    assert gone["error"].str.contains(f"no dask cluster answers at {cluster.address}: Connection refused").all()


def test_a_ray_cluster_is_used_and_left_as_it_was(whichpool):
    with clusters.ray(cpus=3) as cluster:
        head = cluster.members()
        check_results(run(whichpool, cluster, "ray", WORKLOADS.replace("double", "double_alone"), "right"), "ray")
        several = of(run(whichpool, cluster, "ray", f"[{FAILING[1:-1]}, {DYING[1:-1]}]", "failing"), "ray")
        told = several.set_index("workload")
        assert told.loc["jobs.py:fail", "status"] == "failed"
        assert "KeyError: 'no 7'" in told.loc["jobs.py:fail", "error"]
        assert told.loc["jobs.py:die", "status"] == "crashed", told.loc["jobs.py:die", "error"]
        small = of(run(whichpool, cluster, "ray", FAILING, "large", workers=4), "ray")
        assert small["error"].str.contains("has 3 CPUs, 4 are asked for").all(), small["error"].tolist()
        # Its own processes go on, and it may have kept or ended workers of its own in the meantime.
        assert {pid for pid in head if not is_a_worker(pid)} <= cluster.members()
        assert contents(cluster.home) == []


def is_a_worker(pid):
    import psutil

    try:
        return psutil.Process(pid).cmdline()[:1] == ["ray::IDLE"]
    except (psutil.Error, IndexError):
        return True


def test_a_run_that_is_killed_leaves_a_cluster_that_serves_the_next(whichpool):
    with clusters.dask(workers=2) as cluster:
        (whichpool.folder / "jobs.py").write_text("import time\nSAME = [7] * 2\ndef slow(item):\n    time.sleep(4)\n")
        write(
            whichpool.folder,
            "name: killed\nmeasure: {blocks: 1, precision: null, memory: false, timeout: 3s}\n"
            'grids: {workloads: {use: "jobs.py:slow", items: "jobs.py:SAME"}, '
            f'strategies: {{use: dask, address: "{cluster.address}"}}, workers: 2}}\n',
        )
        whichpool("run", "config.yaml", "--out", "killed")
        killed = of(store.load(whichpool.folder / "killed"), "dask")
        assert set(killed["status"]) == {"timeout"}
        assert whichpool.survivors() == []
        check_results(run(whichpool, cluster, "dask", WORKLOADS, "next"), "dask")
        wait_for(lambda: not [path for path in contents(cluster.temporary) if "whichpool" in path], "the removal", 5)
