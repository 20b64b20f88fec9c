"""Asking an interpreter something: one short-lived process that may crash, hang or talk without end."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping

from pipeline.errors import UserError

TIMEOUT_S = 10.0
LARGEST_ANSWER_BYTES = 1 << 16
READ_BYTES = 1 << 14
LONGEST_QUOTE = 200
COMPLAINTS = ("fatal python error", "unknown option", "error:")
"""How the line begins in which an interpreter says why it doesn't start; others may follow it."""


class InterpreterError(UserError):
    """An interpreter that can't be used, and why."""


def quoted(output: str) -> str:
    """The line of an output that says most, for a message."""
    lines = output.strip().splitlines()
    telling = [line for line in lines if line.lower().startswith(COMPLAINTS)]
    return repr((telling or lines)[-1][:LONGEST_QUOTE]) if lines else "nothing"


def signal_name(number: int) -> str:
    """`SIGSEGV` for 11, and so on."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def output_of(command: list[str], environment: Mapping[str, str] | None = None) -> tuple[str, int | None]:
    """Output and exit code; None as exit code if it took too long or said far too much.

    What the command starts is in a session of its own and ends with it.

    Raises:
        InterpreterError: if it can't be started.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
    except OSError as error:
        raise InterpreterError(f"{command[0]} can't be started: {error.strerror}") from None
    with process:
        output, complete = _read(process, time.monotonic() + TIMEOUT_S)
        if not complete:
            _kill_session(process)
        return output.decode("utf-8", "replace"), process.wait() if complete else None


def _read(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bool]:
    """What the process says until the answer is there or it has ended; whether that was in time.

    Not until the end of file: something that it started may keep its output open.
    """
    assert process.stdout is not None
    output = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline and len(output) < LARGEST_ANSWER_BYTES:
            if selector.select(min(0.1, max(deadline - time.monotonic(), 0))):
                part = os.read(process.stdout.fileno(), READ_BYTES)
                output += part
                if not part:
                    return output, _ended(process, deadline)
            elif process.poll() is not None:
                return output, True
    return output, False


def _ended(process: subprocess.Popen[bytes], deadline: float) -> bool:
    try:
        process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
