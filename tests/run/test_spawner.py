"""The spawner against tasks that misbehave: a named status, in time, and nothing left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from experiments.catalogue import place, strategies, workloads
from experiments.workloads.user import UserFunction
from pipeline.run.client import Spawner, SpawnerDied

HOSTILE = Path(__file__).parents[1] / "acceptance" / "hostile.py"
TIMEOUT_S = 1.5
PATIENCE_S = 1.5
"""How much later than its timeout an invocation may end."""


@pytest.fixture(scope="module")
def spawner():
    with Spawner() as spawner:
        yield spawner


def request(function="well_behaved", strategy="serial", *, for_pass="timing", limit=None, **options):
    return {
        "interpreter": [sys.executable],
        "environment": dict(os.environ),
        "timeout_s": TIMEOUT_S,
        "memory": for_pass == "memory",
        "parallel": strategies()[strategy].parallel,
        "probe": {
            "do": "measure",
            "pass": for_pass,
            "workload": place(UserFunction),
            "parameters": {"target": f"{HOSTILE}:{function}", "source": f"{HOSTILE}:ITEMS"},
            "strategy": place(strategies()[strategy]),
            "options": options,
            "workers": 2,
            "tasks": None,
            "warmup": 0,
            "iterations": 1,
            "memory_limit_bytes": limit,
        },
    }


def descendants(spawner):
    return psutil.Process(spawner.process_id).children(recursive=True)


FORK = {"start_method": "fork"}
CASES = [
    ("raises", "serial", {}, "failed", "ValueError: cannot do item 1"),
    ("raises", "processes", FORK, "failed", "ValueError: cannot do item 1"),
    ("raises", "mp_pool", FORK, "failed", "ValueError: cannot do item"),
    ("raises", "asyncio", {}, "failed", "no asynchronous form"),
    ("exits", "serial", {}, "crashed", "exited with code 3"),
    ("exits", "threads", {}, "crashed", "exited with code 3"),
    ("exits", "processes", FORK, "crashed", "a worker process exited with code 3"),
    ("exits", "mp_pool", FORK, "crashed", "a worker process exited with code 3"),
    ("raises", "process_per_task", FORK, "failed", "ValueError: cannot do item 1"),
    ("exits", "process_per_task", FORK, "crashed", "a worker process exited with code 3"),
    ("hangs_with_a_descendant", "process_per_task", FORK, "timeout", "no result within 1.5 s"),
    ("kills_itself", "threads", {}, "crashed", "was killed by SIGKILL"),
    ("kills_itself", "processes", FORK, "crashed", "a worker process was killed by SIGKILL"),
    ("hangs", "serial", {}, "timeout", "no result within 1.5 s"),
    ("hangs", "processes", {"start_method": "forkserver"}, "timeout", "no result within 1.5 s"),
    ("hangs_with_a_descendant", "serial", {}, "timeout", "no result within 1.5 s"),
    ("hangs_with_a_descendant", "processes", FORK, "timeout", "no result within 1.5 s"),
    ("leaves_a_sleeper", "serial", {}, "ok", None),
    ("leaves_a_sleeper", "threads", {}, "ok", None),
    ("prints_a_gigabyte", "serial", {}, "ok", None),
    ("ignores_sigterm", "processes", FORK, "timeout", "no result within 1.5 s"),
    ("stops_itself", "serial", {}, "timeout", "no result within 1.5 s"),
    ("stops_itself", "processes", FORK, "timeout", "no result within 1.5 s"),
    ("writes_to_every_descriptor", "serial", {}, "crashed", "the result channel carried something"),
    ("forks_and_forks", "serial", {}, "timeout", "no result within 1.5 s"),
]


@pytest.mark.parametrize(("function", "strategy", "options", "status", "error"), CASES)
def test_a_hostile_task_costs_its_own_case(spawner, function, strategy, options, status, error):
    asked = request(function, strategy, **options)
    if function == "prints_a_gigabyte":
        asked["timeout_s"] = 30.0
    start = time.monotonic()
    answer = spawner.carry_out(asked)
    elapsed = time.monotonic() - start
    assert answer["status"] == status, answer
    assert error is None or error in answer["error"]
    assert elapsed < asked["timeout_s"] + PATIENCE_S
    assert descendants(spawner) == []
    assert spawner.carry_out(request())["status"] == "ok", "the next case is disturbed"


@pytest.mark.skipif(sys.platform != "linux", reason="resource limits on data are enforced on Linux only")
@pytest.mark.parametrize("strategy", ["serial", "processes"])
def test_a_task_that_exhausts_its_memory_limit_fails_by_name(spawner, strategy):
    options = FORK if strategy == "processes" else {}
    answer = spawner.carry_out(request("exhausts_memory", strategy, limit=300 << 20, **options))
    assert (answer["status"], "MemoryError" in answer["error"]) == ("failed", True)


def test_a_memory_pass_says_how_it_measured(spawner):
    answer = spawner.carry_out(request("well_behaved", "processes", for_pass="memory", **FORK))
    found = {row["metric"]: row for row in answer["memory"]}
    usual = {"peak_memory", "pool_memory", "worker_memory", "peak_worker_memory"}
    assert usual <= set(found) <= {*usual, "file_memory"}
    assert ("file_memory" in found) == found["peak_memory"]["method"].startswith("cgroup")
    assert found["peak_worker_memory"]["scope"] == "worker"
    assert found["peak_memory"]["method"] in {"cgroup_v1", "cgroup_v2", "pss_sampled", "uss_sampled"}
    assert 2_000_000 < found["peak_memory"]["value"] < 200_000_000
    assert 100_000 < found["worker_memory"]["value"] < 50_000_000


@pytest.mark.parametrize("strategy", ["serial", "threads", "processes"])
def test_touched_memory_appears_in_the_peak_whoever_touches_it(spawner, strategy):
    def peak(size):
        asked = request("well_behaved", strategy, for_pass="memory", **(FORK if strategy == "processes" else {}))
        asked["interpreter"] = [sys.executable, "-I", "-S"]
        asked["probe"] |= {"workload": place(workloads()["allocate"]), "parameters": {"size": size}, "tasks": 8}
        answer = spawner.carry_out(asked)
        return next(row["value"] for row in answer["memory"] if row["metric"] == "peak_memory")

    added = peak(9 << 20) - peak(1 << 20)
    assert added == pytest.approx(64 << 20, rel=0.02)


def test_cpu_time_of_orphans_is_counted(spawner):
    answer = spawner.carry_out(request("leaves_a_sleeper", "serial"))
    assert answer["cpu_s"] > 0.01


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="named semaphores are not files here")
def test_semaphores_of_killed_processes_are_removed(spawner):
    before = set(Path("/dev/shm").glob("sem.mp-*"))
    answer = spawner.carry_out(request("hangs", "processes", start_method="spawn"))
    assert answer["status"] == "timeout"
    assert set(Path("/dev/shm").glob("sem.mp-*")) <= before


def test_the_spawner_is_thin(spawner):
    spawner.carry_out(request())
    assert psutil.Process(spawner.process_id).memory_info().rss < 20 << 20


def test_a_killed_spawner_takes_the_measured_process_along_and_is_replaced():
    with Spawner() as spawner:
        spawner.carry_out(request())
        pid = spawner.process_id
        killer = subprocess.Popen([sys.executable, "-c", f"import os,time; time.sleep(0.7); os.kill({pid}, 9)"])
        with pytest.raises(SpawnerDied):
            spawner.carry_out(request("hangs"))
        killer.wait()
        assert wait_until_gone("hostile.py:hangs") == []
        assert spawner.carry_out(request())["status"] == "ok"


@pytest.fixture
def folder():
    """Takes what an orchestrator leaves that was killed; short, as the path of a fork server's socket must be."""
    with tempfile.TemporaryDirectory(prefix="wp-", dir="/tmp") as made:
        yield Path(made)


def orchestrating(folder, asked):
    """A process that asks a spawner for something that never ends; its temporary files go to the folder."""
    script = folder / "orchestrator.py"
    script.write_text(
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.run.test_spawner import request\n"
        "from pipeline.run.client import Spawner\n"
        "spawner = Spawner()\n"
        f"asked = request({asked})\n"
        "asked['timeout_s'] = 1000\n"
        "print('ready', flush=True)\n"
        "spawner.carry_out(asked)\n"
    )
    orchestrator = subprocess.Popen(
        [sys.executable, str(script), str(HOSTILE.parents[2])],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert orchestrator.stdout.readline() == "ready\n"
    return orchestrator


def family_of(orchestrator, size):
    deadline = time.monotonic() + 20
    family = []
    while len(family) < size and time.monotonic() < deadline:
        time.sleep(0.05)
        family = psutil.Process(orchestrator.pid).children(recursive=True)
    assert len(family) >= size, "the measured tree never came up"
    return family


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a process to another that isn't its parent")
def test_orchestrator_and_spawner_killed_at_once_leave_no_measured_process(folder):
    orchestrator = orchestrating(folder, "'hangs', 'serial'")
    spawner, measured = family_of(orchestrator, 2)
    assert measured.ppid() == spawner.pid
    for process in (orchestrator.pid, spawner.pid):
        os.kill(process, signal.SIGSTOP)
    for process in (orchestrator.pid, spawner.pid):
        os.kill(process, signal.SIGKILL)
    orchestrator.wait()
    orchestrator.stdout.close()
    _, alive = psutil.wait_procs([spawner, measured], timeout=3)
    assert alive == []


def test_a_stopped_orchestrator_leaves_nothing(folder):
    orchestrator = orchestrating(folder, "'hangs_with_a_descendant', 'processes', start_method='fork'")
    family = family_of(orchestrator, 5)
    orchestrator.send_signal(signal.SIGKILL)
    orchestrator.wait()
    orchestrator.stdout.close()
    _, alive = psutil.wait_procs(family, timeout=3)
    assert alive == []


def wait_until_gone(text, patience_s=3.0):
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        found = [p for p in psutil.process_iter(["cmdline"]) if text in " ".join(p.info["cmdline"] or [])]
        if not found:
            return []
        time.sleep(0.05)
    return found
