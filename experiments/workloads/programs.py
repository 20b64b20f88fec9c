"""Work that is done by external programs."""

from __future__ import annotations

import subprocess
import sys

from experiments.workloads.base import Resource, Workload

OPTIONS = ("-I", "-S", "-c", "pass")
"""Python as bare as it starts: isolated, without `site`, with nothing to do."""


def run_program(index: int) -> tuple[int, int]:
    """Runs the interpreter once and waits for it; the index and the program's process id."""
    process = subprocess.Popen([sys.executable, *OPTIONS])
    check(process.wait())
    return index, process.pid


async def run_program_async(index: int) -> tuple[int, int]:
    """The same on an event loop."""
    import asyncio

    process = await asyncio.create_subprocess_exec(sys.executable, *OPTIONS)
    check(await process.wait())
    return index, process.pid


def check(exit_code: int) -> None:
    """Raises ChildProcessError for a program that failed."""
    if exit_code:
        raise ChildProcessError(f"{sys.executable} {' '.join(OPTIONS)} ended with exit code {exit_code}")


class Subprocess(Workload):
    """Runs an external program and waits for it: `python -I -S -c pass`, with the interpreter that is measured.

    One task starts the program with `subprocess`, under asyncio with `create_subprocess_exec`, and waits for its end.
    The program starts up, does nothing and exits.

    It shows that work in other programs doesn't need worker processes: the operating system runs each program on
    whatever CPU is free, and whoever started it only waits.

    Expected: with and without the GIL, threads and asyncio speed up to about the number of CPUs, as far as starting
    programs, which the kernel does one at a time for each process, leaves them any.

    The tests check that every task has a process id of its own and that the CPU time of ended children grows with
    every task, while that of the waiting thread hardly does.
    """

    name = "subprocess"
    needs = Resource.IO
    function = staticmethod(run_program)
    coroutine = staticmethod(run_program_async)
    default_tasks = 16
    seconds_per_task = 0.015

    def items(self, count: int) -> list[int]:
        """Numbers from 0."""
        return list(range(count))

    def comparable(self, results: list[tuple[int, int]]) -> list[tuple[int, bool]]:
        """The numbers, and whether a process id is new: two tasks with one had one program between them."""
        seen: set[int] = set()
        found = []
        for index, process_id in results:
            found.append((index, process_id not in seen))
            seen.add(process_id)
        return found

    def expected(self, items: list[int]) -> list[tuple[int, bool]]:
        """The numbers, each from a process of its own."""
        return [(index, True) for index in items]
