"""Clusters that exist already: found by their address, used, and left as they were."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psutil
import pytest

from pipeline import store
from tests.acceptance.command_line import wait_for, write

for library in ("distributed", "ray"):
    pytest.importorskip(library, reason=f"{library} is not installed here; the development lock has it")

MARK = "WHICHPOOL_CLUSTER_MARK"
JOBS = "import os\nITEMS = [1, 2, 3, 4]\ndef where(item):\n    return item * 10\n"


class Started:
    """Processes that a test starts by hand, all with one mark in their environment."""

    def __init__(self):
        # A short path: those of sockets may have hardly a hundred characters.
        self.folder = Path(tempfile.mkdtemp(prefix="wc-"))
        self._mark = uuid.uuid4().hex

    def start(self, *command):
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH",)}
        environment = {**kept, MARK: self._mark, "TMPDIR": str(self.folder), "RAY_USAGE_STATS_ENABLED": "0"}
        log = (self.folder / "log.txt").open("a")
        return subprocess.Popen(command, env=environment, cwd=self.folder, stdout=log, stderr=log)

    def alive(self):
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def end(self):
        """Ends them, and waits until none is left."""
        for _ in range(3):
            for process in self.alive():
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)
            time.sleep(0.1)
        wait_for(lambda: not self.alive(), "the end of the cluster", 10)


@pytest.fixture
def by_hand():
    started = Started()
    yield started
    started.end()
    subprocess.run(["rm", "-rf", started.folder], check=True)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def measured(whichpool, strategy, workers=2, bundle="bundle"):
    (whichpool.folder / "jobs.py").write_text(JOBS)
    write(
        whichpool.folder,
        f"""
name: cluster
measure: {{blocks: 1, iterations: 2, warmup: 1, precision: null, memory: false, timeout: 60s, budget: 5m}}
grids:
  - workloads: [{{use: int_loop, steps: 300, tasks: 8}}, {{use: "jobs.py:where", items: "jobs.py:ITEMS"}}]
    strategies: {strategy}
    workers: {workers}
""",
    )
    whichpool("run", "config.yaml", "--out", bundle)
    frame = store.load(whichpool.folder / bundle).invocations
    return frame[frame["strategy"] != "serial"]


def check(frame, whichpool):
    assert frame[frame["status"] != "ok"]["error"].tolist() == []
    everything = store.load(whichpool.folder / "bundle").invocations
    assert (everything.groupby("workload")["checksum"].nunique() == 1).all()
    assert whichpool.survivors() == []


@pytest.mark.timeout(150)
def test_a_cluster_of_dask_is_used_and_left_running(whichpool, by_hand):
    place = by_hand.folder / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(place))
    by_hand.start(
        sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *options
    )
    wait_for(place.exists, "the start of the scheduler", 30)
    address = wait_for(lambda: json.loads(place.read_text() or "{}").get("address"), "its address", 10)
    for _ in range(2):
        by_hand.start(sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard")
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=30)
    strategy = f'{{use: dask, address: "{address}"}}'
    check(measured(whichpool, strategy), whichpool)
    # Again, since modules that were sent along must not be those of the run before.
    more = measured(whichpool, strategy, workers=3, bundle="more")
    assert set(more["status"]) == {"failed"}
    assert more["error"].str.contains("has 2 workers with a single thread and 0 with several, 3 are asked for").all()
    with Client(address, set_as_default=False) as client:
        assert len(client.nthreads()) == 2
        left = client.run(lambda: [name for name in __import__("sys").modules if name.startswith("experiments")])
    assert list(left.values()) == [[], []]
    by_hand.end()
    nobody = measured(whichpool, strategy, bundle="nobody")
    assert nobody["error"].str.contains("no dask cluster answers at").all()


@pytest.mark.timeout(240)
def test_a_cluster_of_ray_is_used_and_left_running(whichpool, by_hand, monkeypatch):
    # As a cluster asks for by itself; here not that of the user's home folder.
    monkeypatch.setenv("RAY_AUTH_TOKEN", uuid.uuid4().hex)
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    address = f"127.0.0.1:{free_port()}"
    start = ("start", "--head", "--num-cpus", "2", "--include-dashboard", "false", "--disable-usage-stats")
    here = ("--port", address.rpartition(":")[2], "--node-ip-address", "127.0.0.1")
    command = ("-m", "ray.scripts.scripts", *start, *here)
    head = by_hand.start(
        sys.executable, *command, "--temp-dir", str(by_hand.folder), "--object-store-memory", str(100 << 20)
    )
    assert head.wait(60) == 0, (by_hand.folder / "log.txt").read_text()
    before = {process.pid for process in by_hand.alive() if "raylet" in process.name() or "gcs" in process.name()}
    assert before
    check(measured(whichpool, f'{{use: ray, address: "{address}"}}'), whichpool)
    assert before <= {process.pid for process in by_hand.alive()}
    few = measured(whichpool, f'{{use: ray, address: "{address}"}}', workers=3, bundle="few")
    assert few["error"].str.contains("has 2 CPUs, 3 are asked for").all()
