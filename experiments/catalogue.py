"""Which workloads and strategies there are: found by looking at the modules, so that adding one is one class.

Only the orchestrator calls this; a measured process is told the one class that it needs and imports no other.
"""

from __future__ import annotations

import importlib
import pkgutil

import experiments.strategies
import experiments.workloads
from experiments.strategies.base import Strategy
from experiments.workloads.base import Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import TypeVar

    Kind = TypeVar("Kind")


def workloads() -> dict[str, type[Workload]]:
    """Every built-in workload by name, in the order of the modules and of their source lines."""
    return {found.name: found for found in _classes(experiments.workloads, Workload)}


def strategies() -> dict[str, type[Strategy]]:
    """Every strategy by name, `serial` first."""
    found = {found.name: found for found in _classes(experiments.strategies, Strategy)}
    return {"serial": found["serial"], **found}


def place(class_: type) -> str:
    """Where a measured process finds this class: `module:Class`."""
    return f"{class_.__module__}:{class_.__qualname__}"


def _classes(package: ModuleType, base: type[Kind]) -> list[type[Kind]]:
    found = []
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, base)
            and value.__module__ == module.__name__
            and vars(value).get("name")
        ]
    return found
