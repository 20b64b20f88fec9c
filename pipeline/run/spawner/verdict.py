"""How an invocation ended: status, error, exit code and signal."""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pipeline.run.spawner.watch import Watch


def judge(watch: Watch, probe_status: int | None, request: dict[str, Any]) -> dict[str, Any]:
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
