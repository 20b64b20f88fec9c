"""Which CPUs share a core, and work that is pinned to some of them."""

from __future__ import annotations

import os
import struct
import time

from experiments.workloads.arithmetic import step_generator

FOLDER = "/sys/devices/system/cpu"
ONE_CPU = "only one CPU may be used"
NO_SIBLINGS = "this machine shows no hardware threads that share a core"
NO_TOPOLOGY = "this machine doesn't show which CPUs share a core"
ONE_CORE = "all CPUs that may be used share one core"
NO_PINNING = "this system can't pin a process to a CPU"
TOLD = struct.Struct("ddq")


class NoPlace(Exception):
    """There are no such CPUs here."""


def usable_cpus() -> list[int]:
    """The CPUs that this process may use; none where processes can't be pinned."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def cores(cpus: list[int], folder: str = FOLDER) -> list[list[int]]:
    """The given CPUs, those that share a core together, cores with several first; none where that isn't shown."""
    found: dict[tuple[int, ...], list[int]] = {}
    for cpu in cpus:
        try:
            with open(f"{folder}/cpu{cpu}/topology/thread_siblings_list") as file:
                siblings = tuple(sorted(parsed(file.read())))
        except OSError:
            return []
        found.setdefault(siblings, []).append(cpu)
    return sorted(found.values(), key=lambda core: (-len(core), core))


def parsed(text: str) -> list[int]:
    """The numbers of a list as the kernel writes it: `0,4` or `0-1,8`."""
    numbers: list[int] = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def chosen(placement: str, cpus: list[int], found: list[list[int]]) -> list[int]:
    """The CPUs for a placement: `one`; two `siblings` of one core; one of each of two `cores`.

    All placements begin with the same CPU where they can. Raises NoPlace with the reason.
    """
    if not cpus:
        raise NoPlace(NO_PINNING)
    if placement == "one":
        return [found[0][0] if found else cpus[0]]
    if len(cpus) == 1:
        raise NoPlace(ONE_CPU)
    if not found:
        raise NoPlace(NO_TOPOLOGY)
    if placement == "siblings":
        if len(found[0]) == 1:
            raise NoPlace(NO_SIBLINGS)
        return found[0][:2]
    if len(found) == 1:
        raise NoPlace(ONE_CORE)
    return [found[0][0], found[1][0]]


def run_pinned(cpus: list[int], first: int, steps: int) -> tuple[list[int], float]:
    """Lets a forked process on each CPU step a generator, from `first`, `first + 1`, …: results and elapsed seconds.

    All begin at the same time, and the time ends with the last one.
    """
    gate, open_gate = os.pipe()
    ready, say_ready = os.pipe()
    children = []
    for position, cpu in enumerate(cpus):
        told, tell = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.sched_setaffinity(0, {cpu})
                os.write(say_ready, b".")
                os.read(gate, 1)
                start = time.monotonic()
                result = step_generator((first + position, steps))
                os.write(tell, TOLD.pack(start, time.monotonic(), result))
            finally:
                os._exit(0)
        os.close(tell)
        children.append((child, told))
    # A child that ended before it was ready would be waited for in vain, if this end stayed open.
    os.close(say_ready)
    for _ in children:
        os.read(ready, 1)
    os.write(open_gate, b"." * len(cpus))
    answers = [os.read(told, TOLD.size) for _, told in children]
    for child, told in children:
        os.waitpid(child, 0)
        os.close(told)
    for descriptor in (gate, open_gate, ready):
        os.close(descriptor)
    if any(len(answer) != TOLD.size for answer in answers):
        raise ChildProcessError("a process that was pinned to a CPU ended without a result")
    starts, ends, results = zip(*(TOLD.unpack(answer) for answer in answers))
    return list(results), max(ends) - min(starts)
