"""The spawner's loop: one request a line on standard input, one answer a line on standard output.

It ends, with everything that it started, when standard input is closed: that is how it learns that the orchestrator
is gone, however it went.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from pipeline.machine import processes
from pipeline.run.spawner.supervise import CLEANUP_S, supervise
from pipeline.run.spawner.watch import Orphaned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

READ_BYTES = 1 << 16
STANDARD_INPUT = 0
STANDARD_OUTPUT = 1


def main() -> None:
    """Serves until standard input ends; then removes the folder with the measured code, given as last argument."""
    processes.become_subreaper()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        for line in _lines():
            answer = supervise(json.loads(line), STANDARD_INPUT)
            _write(json.dumps(answer).encode() + b"\n")
    except (Orphaned, BrokenPipeError, SystemExit):
        pass
    finally:
        processes.kill_children(CLEANUP_S)
        _remove(sys.argv[-1])


def _lines() -> Iterator[bytes]:
    """Requests by plain reads: a buffered reader would hide from `poll` what it has read ahead."""
    received = b""
    while part := os.read(STANDARD_INPUT, READ_BYTES):
        received += part
        while b"\n" in received:
            line, _, received = received.partition(b"\n")
            yield line


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(STANDARD_OUTPUT, data) :]


def _stop(number: int, frame: object) -> None:
    del frame
    raise SystemExit(128 + number)


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
