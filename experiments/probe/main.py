"""The measured process: reads one request, carries it out, reports, ends.

`python -c BOOTSTRAP CODE_FOLDER CHANNEL_DESCRIPTOR` starts it. There is no `__main__` file on purpose: forkserver
and spawn would run it again in every worker.
"""

from __future__ import annotations

import os
import sys

from experiments.probe.channel import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

ERROR_CHARACTERS = 2000


def main(descriptor: int) -> NoReturn:
    """Serves the one request that arrives on the channel; never returns."""
    channel = Channel(descriptor)
    request = channel.receive()
    try:
        if request.get("memory_limit_bytes"):
            _limit_memory(request["memory_limit_bytes"])
        _TASKS[request["do"]](channel, request)
    except BaseException as error:  # noqa: BLE001 - a task may raise anything, and all of it is a result
        kind = type(error).__name__ if type(error).__module__.startswith("experiments.") else ""
        channel.tell(error=describe(error), died=kind == "WorkerDied", wrong_results=kind == "WrongResults")
    channel.tell(end=True)
    _leave()


def _measure(channel: Channel, request: dict[str, Any]) -> None:
    from experiments.probe.invocation import measure

    measure(channel, request)


def _calibrate(channel: Channel, request: dict[str, Any]) -> None:
    from experiments.probe.calibration import calibrate

    calibrate(channel, request)


def _check(channel: Channel, request: dict[str, Any]) -> None:
    from experiments.probe.check import check

    check(channel, request)


_TASKS = {"measure": _measure, "calibrate": _calibrate, "check": _check}


def _limit_memory(limit_bytes: int) -> None:
    # Data, not address space: allocators reserve far more address space than they use.
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))


def describe(error: BaseException) -> str:
    """Type, message and place on one line; what this package itself raises says all in its message."""
    import traceback

    if type(error).__module__.startswith("experiments."):
        return str(error)

    message = "".join(traceback.format_exception_only(type(error), error)).strip().replace("\n", " ")
    return message[:ERROR_CHARACTERS] + _place_of(error)


def _place_of(error: BaseException) -> str:
    """Where it was raised; for an error that came from a worker process, where it was raised there."""
    import traceback

    remote = [line for line in str(error.__cause__ or "").splitlines() if line.lstrip().startswith('File "')]
    if remote:
        parts = remote[-1].split('"')
        return f" ({os.path.basename(parts[1])}:{parts[2].split(',')[1].split()[-1]})"
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""


def _leave() -> NoReturn:
    # multiprocessing removes its named semaphores in an exit function; tearing down the interpreter isn't needed.
    if "multiprocessing.util" in sys.modules:
        import atexit

        atexit._run_exitfuncs()
    os._exit(0)
