"""Clusters of dask and ray as a user starts them, by hand and elsewhere."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psutil

from tests.acceptance.command_line import wait_for

MARK = "WHICHPOOL_CLUSTER_MARK"
START_S = 60.0


class Processes:
    """What was started for one cluster, in a folder of its own, and whatever that started in turn."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="c"))
        self.temporary = self.folder / "t"
        self.elsewhere = self.folder / "elsewhere"
        self.home = self.folder / "home"
        for folder in (self.temporary, self.elsewhere, self.home):
            folder.mkdir()
        self.environment = {"TMPDIR": str(self.temporary), "HOME": str(self.home)}
        self._mark = uuid.uuid4().hex
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> None:
        """Starts a command of the environment's `bin`; what it says is kept in `log`."""
        with (self.folder / "log").open("ab") as log:
            environment = {**os.environ, **self.environment, MARK: self._mark, "PYTHONPATH": ""}
            process = subprocess.Popen(
                [str(Path(sys.executable).parent / command[0]), *command[1:]],
                cwd=self.elsewhere,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started.append(process)

    def said(self) -> str:
        """All that the commands have written."""
        return (self.folder / "log").read_text(errors="replace")

    def members(self) -> set[int]:
        """Process ids of the living; ray's workers overwrite their environment, but stay in the session."""
        sessions = {process.pid for process in self._started}
        found = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                ours = os.getsid(process.pid) in sessions or process.environ().get(MARK) == self._mark
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.add(process.pid)
        return found

    def end(self) -> None:
        """Ends all of it, politely first, and checks that nothing is left; ray would take half a minute."""
        for number, patience_s in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 5.0)):
            for pid in self.members():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            deadline = time.monotonic() + patience_s
            while self.members() and time.monotonic() < deadline:
                time.sleep(0.05)
        for process in self._started:
            process.wait(5)
        assert self.members() == set()
        shutil.rmtree(self.folder)


@contextlib.contextmanager
def dask(workers: int):
    """A scheduler and as many single-threaded workers; the address is `address`."""
    cluster = Processes()
    try:
        cluster.address = f"tcp://127.0.0.1:{_free_port()}"
        port = cluster.address.rpartition(":")[2]
        cluster.start("dask", "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        for _ in range(workers):
            cluster.start("dask", "worker", cluster.address, "--nthreads", "1", "--no-dashboard")
        ready = lambda: cluster.said().count("Registered to:") >= workers  # noqa: E731
        wait_for(ready, "the start of a dask cluster", START_S)
        yield cluster
    finally:
        cluster.end()


@contextlib.contextmanager
def ray(cpus: int):
    """A head with as many CPUs, which wants a token; the address is `address`."""
    cluster = Processes()
    try:
        port = _free_port()
        cluster.address = f"127.0.0.1:{port}"
        cluster.environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        head = ["--head", f"--port={port}", "--node-ip-address=127.0.0.1", "--include-dashboard=false", "--block"]
        sizes = [f"--num-cpus={cpus}", "--num-gpus=0", "--object-store-memory=80000000"]
        cluster.start("ray", "start", *head, *sizes, "--disable-usage-stats", f"--temp-dir={cluster.temporary}")
        wait_for(lambda: "Ray runtime started" in cluster.said(), "the start of a ray cluster", START_S)
        yield cluster
    finally:
        cluster.end()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
