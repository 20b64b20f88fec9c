"""Workers that end without giving their memory back, in a process of its own that is thrown away."""

from __future__ import annotations

import mmap
import os
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PAGE_BYTES = 4096
NEED_BYTES = 30 << 20
"""What a sibling asks for."""
kept: list[mmap.mmap] = []
"""A place of the module, where what a worker has made stays."""
BOOTSTRAP = "import sys; sys.path[:] = sys.argv[3:]; from experiments.workloads.leaking import main; main()"


def run_apart(victim: str, size_bytes: int) -> tuple[int, int, bool]:
    """One trial in a new process: how much it made, how much of that the parent retained, whether a sibling failed.

    Raises:
        ChildProcessError: It ended without an answer.
    """
    import subprocess

    switches = [f"-X{name}" if value is True else f"-X{name}={value}" for name, value in sys._xoptions.items()]
    command = [sys.executable, *switches, "-I", "-S", "-c", BOOTSTRAP, victim, str(size_bytes), *sys.path]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    numbers = done.stdout.split()
    if done.returncode or len(numbers) != 3:
        raise ChildProcessError(f"the process that was to leak ended with exit code {done.returncode}")
    made, retained, failed = map(int, numbers)
    return made, retained, bool(failed)


def main() -> None:
    """Says the three numbers of one trial, whose kind and size are the first arguments."""
    victim, size_bytes = sys.argv[1], int(sys.argv[2])
    run = {"thread": in_thread, "process": in_process, "subinterpreter": in_interpreter}[victim]
    # Once with next to nothing: what the first worker needs and never gives back is no leak.
    run(keep, PAGE_BYTES)
    before, data_before = private_bytes(), data_bytes()
    made = run(keep, size_bytes)
    retained = max(0, private_bytes() - before)
    limit_data(data_before + size_bytes + NEED_BYTES // 2)
    failed = run(need, NEED_BYTES)
    sys.stdout.write(f"{made} {retained} {failed}")
    sys.stdout.flush()
    os._exit(0)


def keep(size_bytes: int) -> int:
    """Makes a block, touches each page of it and keeps it; how many bytes there are."""
    block = new_block(size_bytes)
    for page in range(0, size_bytes, PAGE_BYTES):
        block[page] = 1
    kept.append(block)
    return sum(block[page] for page in range(0, size_bytes, PAGE_BYTES)) * PAGE_BYTES


def need(size_bytes: int) -> int:
    """Makes a block for itself; 1 if there is no memory for it, else 0."""
    try:
        new_block(size_bytes).close()
    except (MemoryError, OSError):
        return 1
    return 0


def new_block(size_bytes: int) -> mmap.mmap:
    """Memory straight from the system: allocators that have reserved some in advance would hide it from the limit."""
    return mmap.mmap(-1, size_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def in_thread(function: Callable[[int], int], size_bytes: int) -> int:
    """What the function returns, called in a thread that has ended by then."""
    told: list[int] = []
    thread = threading.Thread(target=lambda: told.append(function(size_bytes)))
    thread.start()
    thread.join()
    return told[0]


def in_process(function: Callable[[int], int], size_bytes: int) -> int:
    """The same in a process that is forked."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(write, b"%d" % function(size_bytes))
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        number = int(told.read())
    os.waitpid(child, 0)
    return number


def in_interpreter(function: Callable[[int], int], size_bytes: int) -> int:
    """The same in an interpreter that is closed afterwards."""
    from concurrent import interpreters  # type: ignore[attr-defined, unused-ignore]

    interpreter: Any = interpreters.create()
    try:
        interpreter.exec(f"import sys; sys.path[:] = {sys.path!r}")
        number: int = interpreter.call(function, size_bytes)
    finally:
        interpreter.close()
    return number


def private_bytes() -> int:
    """Resident pages that belong to this process alone."""
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) << 10 for line in file if line.startswith("Private_"))


def data_bytes() -> int:
    """What the limit on data counts."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmData:"))


def limit_data(limit_bytes: int) -> None:
    """From now on this process and its children may have no more than that; the limit ends with them."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, hard))
