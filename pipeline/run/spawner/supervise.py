"""One request from start to clean end: launch, watch, judge, remove every process of it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time

from pipeline.machine import processes
from pipeline.run.spawner.accounts import Accounts, allowed_cpus
from pipeline.run.spawner.launch import Launched, launch
from pipeline.run.spawner.memory import MemoryWatch
from pipeline.run.spawner.verdict import judge
from pipeline.run.spawner.watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pipeline.machine.processes import Reaped

EXIT_PATIENCE_S = 0.5
"""How long a process that has told everything may take to leave by itself."""
CLEANUP_S = 1.0
TRACKERS_PATIENCE_S = 0.3
NOT_FACTS = ("error", "died", "worker_processes", "elsewhere")
"""What a measured process tells for this module only."""


def supervise(request: dict[str, Any], stop_fd: int) -> dict[str, Any]:
    """Carries out one request of the orchestrator and returns what is known about it.

    Raises `Orphaned`, with every process of the request gone, when `stop_fd` becomes readable meanwhile.
    """
    name = f"whichpool-{os.getpid()}-{request['number']}"
    memory = MemoryWatch(name) if request["memory"] else None
    accounts = Accounts(name, memory.group if memory else None, counted=memory is not None)
    accounts.open(_reference_cpus(request))
    started_at = time.time()
    start = time.monotonic()
    launched = launch(
        request["interpreter"],
        request["code_folder"],
        request["environment"],
        # The same group may keep the memory and count the CPU time.
        tuple(dict.fromkeys([*(memory.join_files if memory else ()), *accounts.join_files])),
        request.get("pinned", ()),
    )
    watch = Watch(
        launched,
        start + request["timeout_s"],
        memory,
        stop_fd,
        starts_without_gil=request.get("starts_without_gil", False),
    )
    reaped: list[Reaped] = []
    try:
        watch.send(request["probe"])
        watch.wait()
        accounts.stop()
        if watch.ended:
            _let_leave(launched)
        findings = _findings(memory, watch, request) if memory else []
    finally:
        if not watch.ended:
            _spare_trackers()
        reaped += [*launched.reaped, *processes.kill_children(CLEANUP_S)]
        if not watch.ended:
            _remove_shallow_folders(launched.pid)
        used = accounts.close(reaped)
        if memory:
            memory.end()
        launched.close()
    end = time.monotonic()
    if watch.facts.get("elsewhere"):
        # What the workers used is in no account of ours, and would be taken for a stranger's.
        used.update(cpu_s=None, noise={**used["noise"], "foreign_cpu_s": None})
    probe_status = next((status for pid, status, _ in reaped if pid == launched.pid), None)
    return {
        **judge(watch, probe_status, request),
        "started_at": started_at,
        "duration_s": end - start,
        "total_s": None if watch.ended_at is None else watch.ended_at - start,
        **used,
        "phases": watch.phases,
        "memory": findings,
        "readings": watch.readings,
        "facts": _facts(watch),
    }


def _facts(watch: Watch) -> dict[str, Any]:
    """What the measured process told of itself, and what its standard error gave away."""
    facts = {key: value for key, value in watch.facts.items() if key not in NOT_FACTS}
    if watch.gil_enabled_by is not None:
        facts |= {"gil_enabled": True, "gil_enabled_by": watch.gil_enabled_by}
    return facts


def _reference_cpus(request: dict[str, Any]) -> list[int]:
    """Where the work will be done; none where no time will be used."""
    if request["memory"] or request["probe"]["do"] != "measure":
        return []
    return request.get("pinned") or allowed_cpus()


def _findings(memory: MemoryWatch, watch: Watch, request: dict[str, Any]) -> list[dict[str, Any]]:
    if watch.facts.get("elsewhere"):
        return []
    told = watch.facts.get("worker_processes")
    pids = [pid for pid in told if isinstance(pid, int)] if isinstance(told, list) else []
    return memory.findings(watch.facts.get("workers", 1), parallel=request["parallel"], worker_processes=pids)


def _spare_trackers() -> None:
    """Kills everything but the resource trackers, loky's too, which then remove the semaphores of the dead."""
    family = processes.descendants(os.getpid())
    trackers = [pid for pid in family if _is_tracker(pid)]
    if not trackers:
        return
    for pid in set(family) - set(trackers):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + TRACKERS_PATIENCE_S
    while any(processes.state(pid) not in (None, "Z") for pid in trackers) and time.monotonic() < deadline:
        time.sleep(0.005)


def _remove_shallow_folders(pid: int) -> None:
    """What a killed process had put into /tmp, because the folder for temporary files was too deep for a socket."""
    import glob
    import shutil

    for folder in glob.glob(f"/tmp/whichpool-*-{pid}-*"):  # noqa: S108 - nothing is made there, only removed
        shutil.rmtree(folder, ignore_errors=True)


def _is_tracker(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b".resource_tracker import main" in file.read()
    except OSError:
        return False


def _let_leave(launched: Launched) -> None:
    """Waits a moment for a process that has nothing left to say, so that its exit functions can tidy up."""
    if launched.pidfd is None:
        deadline = time.monotonic() + EXIT_PATIENCE_S
        while not launched.has_ended() and time.monotonic() < deadline:
            time.sleep(0.001)
        return
    poll = select.poll()
    poll.register(launched.pidfd, select.POLLIN)
    poll.poll(EXIT_PATIENCE_S * 1000)
