"""What a second hardware thread of a core adds."""

from __future__ import annotations

from experiments.parameters import choice, integer
from experiments.workloads.arithmetic import jump_generator
from experiments.workloads.base import Resource, Workload
from experiments.workloads.cores import NoPlace, chosen, cores, run_pinned, usable_cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def step_on(item: tuple[int, list[int], int]) -> tuple[int, list[int], float]:
    """`(index, cpus, steps)`: so many steps on each of the CPUs at once; the index, the results, elapsed seconds."""
    index, cpus, steps = item
    return (index, *run_pinned(cpus, index * len(cpus), steps))


class HardwareThreads(Workload):
    """Computes on one CPU, on two that share a core, or on two cores: what hardware threads (SMT) add.

    One task forks a process for each CPU of `placement` and pins it there. All begin at the same time, and each takes
    `steps` steps of the generator of `int_loop`: pure bytecode, in processes, so that no GIL is shared.

    It shows what a core that claims to be two CPUs is worth.

    Expected: on two `cores`, twice the rate of `one`, less what the clock slows down; on two `siblings`, 1.1 to 1.4
    times the rate. The GIL has no part in it.

    The tests check how CPUs are chosen, on made-up machines too. Every run compares the results with a formula.

    The CPUs are those that the process may use and that Linux shows to share a core; a virtual machine may not tell.
    `tasks` is the number of repetitions. The reading `rate` is the steps per second of all processes together.
    """

    name = "hardware_threads"
    needs = Resource.READINGS
    function = staticmethod(step_on)
    makes_workers = True
    default_tasks = 3
    seconds_per_task = 0.15
    reading_units: Mapping[str, str] = {"rate": "1/s"}

    placement: str = choice("one", ("one", "siblings", "cores"), "Where the processes run.")
    steps: int = integer(2_000_000, "Loop steps of each process.")

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """Not every machine has such CPUs, or shows them, and not every interpreter can choose."""
        if interpreter.get("implementation") == "PyPy":
            return "PyPy can't pin a process to a CPU"
        cpus = usable_cpus()
        try:
            chosen(values.get("placement", "one"), cpus, cores(cpus))
        except NoPlace as reason:
            return str(reason)
        return None

    def items(self, count: int) -> list[tuple[int, list[int], int]]:
        """Numbered, on the CPUs of the placement."""
        cpus = usable_cpus()
        places = chosen(self.placement, cpus, cores(cpus))
        return [(index, places, self.steps) for index in range(count)]

    def comparable(self, results: list[tuple[int, list[int], float]]) -> list[tuple[int, list[int]]]:
        """All but the times."""
        return [(index, found) for index, found, _ in results]

    def expected(self, items: list[tuple[int, list[int], int]]) -> list[tuple[int, list[int]]]:
        """By the formula for jumping ahead."""
        return [
            (index, [jump_generator(index * len(cpus) + position, steps) for position in range(len(cpus))])
            for index, cpus, steps in items
        ]

    def readings(self, results: list[tuple[int, list[int], float]]) -> dict[str, float]:
        """Steps per second over all repetitions."""
        return {"rate": sum(self.steps * len(found) for _, found, _ in results) / sum(took for *_, took in results)}
