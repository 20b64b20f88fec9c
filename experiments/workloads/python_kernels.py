"""Work that repeats one small construct of Python."""

from __future__ import annotations

from experiments.parameters import calibrated_to, choice
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

MODULES = {
    "calls": (
        "object_cfunction",
        "cmodule_function",
        "object_lookup_special",
        "context_manager",
        "generator",
        "pymethod",
        "pyfunction",
        "module_function",
        "method_caller",
        "super_call",
    ),
    "values": (
        "mult_constant",
        "load_string_const",
        "load_tuple_const",
        "thread_local_read",
        "setattr_non_interned",
        "create_pyobject",
        "create_closure",
        "create_dict",
        "create_frozendict",
    ),
    "library": (
        "instantiate_dataclass",
        "instantiate_namedtuple",
        "instantiate_typing_namedtuple",
        "deepcopy",
    ),
}
"""The kernels by the module of `experiments.workloads.kernels` that has them."""
KERNELS = tuple(name for names in MODULES.values() for name in names)
FROZENDICT_SINCE = (3, 15)
NO_FROZENDICT = "the kernel create_frozendict needs Python 3.15 or later"
SECONDS_PER_ROUND = 1e-7
"""Typical, for the plan's prediction only."""


def find_kernel(name: str) -> Callable[[tuple[int, int]], int]:
    """The function of that name; only its module is imported."""
    module = next(module for module, names in MODULES.items() if name in names)
    found: Callable[[tuple[int, int]], int] = getattr(
        __import__(f"experiments.workloads.kernels.{module}", fromlist=[name]), name
    )
    return found


class PythonKernels(Workload):
    """Repeats one small construct of Python, such as calling a method or loading a constant.

    One task of the kernel that `kernel` names sends `rounds` numbers through the construct, one after the other, and
    returns their sum. The kernels are counterparts of those in CPython's `Tools/ftscalingbench`, of the same names:
    constructs that ought to scale on a free-threaded build and at some time didn't, mostly because all threads used
    the reference count or the lock of one object, be it a constant, a function, a class or a module. They are small on
    purpose, and no picture of a real program.

    Calls: `object_cfunction`, `cmodule_function`, `object_lookup_special`, `context_manager`, `generator`, `pymethod`,
    `pyfunction`, `module_function`, `method_caller`, `super_call`. Values: `mult_constant`, `load_string_const`,
    `load_tuple_const`, `thread_local_read`, `setattr_non_interned`, `create_pyobject`, `create_closure`,
    `create_dict`, `create_frozendict` (from Python 3.15 on). Library: `instantiate_dataclass`,
    `instantiate_namedtuple`, `instantiate_typing_namedtuple`, `deepcopy`.

    Expected: with the GIL, threads are as slow as `serial` with each. On a free-threaded build they should speed up by
    the number of CPUs; a kernel that doesn't names what that version of Python still shares. Processes speed up
    everywhere.

    The tests and every run compare the sum with a formula. The tests do so for every kernel, under each interpreter
    that they find.

    `rounds` is the size of a task; its time is in proportion.
    """

    name = "python_kernels"
    needs = Resource.CPU

    kernel: str = choice("pymethod", KERNELS, "The construct to repeat.")
    rounds: int = calibrated_to(0.010, "Rounds per task; calibrated to 10 ms under `serial` unless given.")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        # The kernel itself, so that choosing it costs nothing in a task.
        self.function = find_kernel(self.kernel)

    @classmethod
    def unsupported(cls, interpreter: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """One kernel is about something that came with Python 3.15."""
        newest = values.get("kernel") == "create_frozendict"
        if newest and tuple(interpreter.get("version_info", ())) < FROZENDICT_SINCE:
            return f"{NO_FROZENDICT}; this is {interpreter.get('version')}"
        return None

    def items(self, count: int) -> list[tuple[int, int]]:
        """A different first number for each task."""
        return [(first, self.rounds) for first in range(count)]

    def expected(self, items: list[tuple[int, int]]) -> list[int]:
        """The sum of an arithmetic series."""
        return [rounds * (2 * first + rounds - 1) // 2 for first, rounds in items]

    def predicted_task_s(self) -> float:
        """About 0.1 us for each round where their number is given."""
        return super().predicted_task_s() if self.rounds is None else self.rounds * SECONDS_PER_ROUND
