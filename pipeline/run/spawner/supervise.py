"""One request from start to clean end: launch, watch, judge, remove every process of it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time

from pipeline.machine import noise, processes
from pipeline.run.spawner.launch import Launched, launch
from pipeline.run.spawner.memory import MemoryWatch
from pipeline.run.spawner.watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXIT_PATIENCE_S = 0.5
"""How long a process that has told everything may take to leave by itself."""
CLEANUP_S = 1.0
TRACKERS_PATIENCE_S = 0.3


def supervise(request: dict[str, Any], stop_fd: int) -> dict[str, Any]:
    """Carries out one request of the orchestrator and returns what is known about it.

    Raises `Orphaned`, with every process of the request gone, when `stop_fd` becomes readable meanwhile.
    """
    memory = MemoryWatch(f"whichpool-{os.getpid()}-{request['number']}") if request["memory"] else None
    before = noise.Reading.take()
    started_at = time.time()
    start = time.monotonic()
    launched = launch(
        request["interpreter"],
        request["code_folder"],
        request["environment"],
        memory.join_files if memory else (),
    )
    watch = Watch(launched, start + request["timeout_s"], memory, stop_fd)
    try:
        watch.send(request["probe"])
        watch.wait()
        if watch.ended:
            _let_leave(launched)
        findings = memory.findings(watch.facts.get("workers", 1), parallel=request["parallel"]) if memory else []
    finally:
        if not watch.ended:
            _spare_trackers()
        reaped = [*launched.reaped, *processes.kill_children(CLEANUP_S)]
        if memory:
            memory.end()
        launched.close()
    end = time.monotonic()
    probe_status = next((status for pid, status, _ in reaped if pid == launched.pid), None)
    return {
        **_judge(watch, probe_status, request),
        "started_at": started_at,
        "duration_s": end - start,
        "total_s": None if watch.ended_at is None else watch.ended_at - start,
        "cpu_s": sum(usage.ru_utime + usage.ru_stime for _, _, usage in reaped),
        "involuntary_switches": sum(usage.ru_nivcsw for _, _, usage in reaped),
        "noise": before.until(noise.Reading.take()),
        "phases": watch.phases,
        "memory": findings,
        "facts": {key: value for key, value in watch.facts.items() if key not in ("error", "died")},
    }


def _spare_trackers() -> None:
    """Kills everything but multiprocessing's resource trackers, which then remove the semaphores of the dead."""
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


def _is_tracker(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"multiprocessing.resource_tracker" in file.read()
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


def _judge(watch: Watch, probe_status: int | None, request: dict[str, Any]) -> dict[str, Any]:
    """Status, error, exit code and signal of the invocation."""
    timeout_s = request["timeout_s"]
    exit_code, signal_name = _how_it_ended(probe_status)
    status, error = "ok", None
    if watch.timed_out:
        status, error = "timeout", f"no result within {timeout_s:g} s (during {_during(watch)})"
        exit_code, signal_name = None, None
    elif watch.rubbish or _ended_too_early(watch, request["probe"]["do"]):
        status, error = "crashed", "the result channel carried something that no measured process sends"
        exit_code, signal_name = None, None
    elif watch.facts.get("error"):
        status, error = ("crashed" if watch.facts.get("died") else "failed"), str(watch.facts["error"])
    elif not watch.ended:
        how = f"was killed by {signal_name}" if signal_name else f"exited with code {exit_code}"
        said = _last_line(watch.stderr_tail)
        status = "crashed"
        error = f"the measured process {how} during {_during(watch)}" + (f": {said}" if said else "")
    return {"status": status, "error": error and _visible(error), "exit_code": exit_code, "signal": signal_name}


def _ended_too_early(watch: Watch, task: str) -> bool:
    """Whether someone else than the probe said that all is done: it says so after the last phase or an error."""
    if task != "measure" or not watch.ended or watch.facts.get("error"):
        return False
    return not watch.phases or watch.phases[-1]["phase"] != "shutdown"


def _visible(text: str) -> str:
    """The text with escapes for what can't be seen: a task's words must not steer a terminal or break a table."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _how_it_ended(status: int | None) -> tuple[int | None, str | None]:
    if status is None:
        return None, None
    code = os.waitstatus_to_exitcode(status)
    return (code, None) if code >= 0 else (None, _signal_name(-code))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _during(watch: Watch) -> str:
    """The phase after the last one that was reported."""
    if not watch.phases:
        return "set-up and startup"
    last = watch.phases[-1]["phase"]
    return {"startup": "the first iteration", "shutdown": "the end"}.get(last, "an iteration or shutdown")


def _last_line(tail: bytes) -> str:
    lines = tail.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:500] if lines else ""
