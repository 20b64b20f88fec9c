"""The grid of the synthetic bundle, and what each of its cases really takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

CPUS = 4
ITERATIONS = 3
STARTUP_S = {"fork": 0.004, "forkserver": 0.045, "spawn": 0.140, None: 0.0004}
CPU_BOUND = {"int_loop": 10e-3, "hash_large": 12e-3, "noop": 80e-9, "square_and_quad": 150e-9}
DISPATCH_S = {"threads": 15e-6, "processes": 120e-6, "mp_pool": 60e-6, "asyncio": 8e-6}
WORKLOADS: dict[str, list[dict[str, Any]]] = {
    "int_loop": [{"steps": None, "tasks": 16}],
    "sleep": [{"seconds": 0.001, "tasks": 16}, {"seconds": 0.01, "tasks": 16}],
    "hash_large": [{"size": 1 << 20, "rounds": None, "tasks": 16}],
    "noop": [{"tasks": 2000}],
    "square_and_quad": [{"tasks": 2}],
}
STRATEGIES: list[tuple[str, dict[str, Any]]] = [
    ("serial", {}),
    ("threads", {}),
    ("processes", {"start_method": "fork"}),
    ("processes", {"start_method": "forkserver"}),
    ("processes", {"start_method": "spawn"}),
    ("mp_pool", {"start_method": "fork", "chunksize": None}),
    ("asyncio", {}),
]
INTERPRETERS: dict[str, dict[str, Any]] = {
    "current": {
        "executable": "/usr/bin/python3.13",
        "version": "3.13.0",
        "implementation": "CPython",
        "gil_build": True,
        "gil_enabled": True,
        "free_threaded": False,
    },
    "python3.13t": {
        "executable": "/usr/bin/python3.13t",
        "version": "3.13.0",
        "implementation": "CPython",
        "gil_build": False,
        "gil_enabled": False,
        "free_threaded": True,
    },
}
MORE_INTERPRETERS: dict[str, dict[str, Any]] = {
    "python3.13t -X gil=1": INTERPRETERS["python3.13t"] | {"gil_enabled": True},
    "python3.14": INTERPRETERS["current"] | {"executable": "/usr/bin/python3.14", "version": "3.14.0"},
}
"""Only in bundles that ask for them."""


def facts_of(interpreter: str) -> dict[str, Any]:
    """What the interpreter says of itself."""
    return (INTERPRETERS | MORE_INTERPRETERS)[interpreter]


@dataclass(frozen=True)
class KnownCase:
    """A case as the plan knows it, as far as tables and `run.json` show it."""

    workload: str
    parameters: dict[str, Any]
    strategy: str
    options: dict[str, Any]
    workers: int
    interpreter: str
    unsupported: str | None = field(default=None, compare=False)

    @property
    def case_id(self) -> str:
        parts = (self.workload, self.parameters, self.strategy, self.options, self.workers, self.interpreter)
        return _identity(*parts)

    @property
    def baseline_id(self) -> str:
        return _identity(self.workload, self.parameters, "serial", {}, 1, self.interpreter)


def _identity(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Truth:
    """What one case really takes."""

    startup_s: float
    steady_s: float
    shutdown_s: float
    cpu_s: float
    peak_bytes: float
    worker_bytes: float

    @property
    def one_shot_s(self) -> float:
        return self.startup_s + self.steady_s + self.shutdown_s


def cases(
    workloads: list[str], strategies: list[str], workers: list[int], interpreters: list[str], mishaps: bool
) -> list[KnownCase]:
    found = []
    for interpreter in interpreters:
        for workload in workloads:
            for parameters in WORKLOADS[workload]:
                for strategy, options in STRATEGIES:
                    if strategy not in strategies or (strategy == "asyncio" and workload != "sleep"):
                        continue
                    barred = mishaps and interpreter != "current" and options.get("start_method") == "forkserver"
                    reason = "the interpreter was built without the forkserver start method"
                    found += [
                        KnownCase(
                            workload=workload,
                            parameters=parameters,
                            strategy=strategy,
                            options=options,
                            workers=count,
                            interpreter=interpreter,
                            unsupported=reason if barred else None,
                        )
                        for count in ([1] if strategy == "serial" else workers)
                    ]
    return found


def truth_of(case: KnownCase, speedup: Callable[[KnownCase], float] | None) -> Truth:
    tasks = int(case.parameters["tasks"])
    task_s = CPU_BOUND.get(case.workload) or float(case.parameters["seconds"])
    serial_s = tasks * task_s
    parallel = case.strategy != "serial"
    if not parallel:
        steady_s = serial_s
    elif speedup is not None:
        steady_s = serial_s / speedup(case)
    else:
        usable = _usable_workers(case)
        steady_s = serial_s * (0.03 + 0.97 / usable) + tasks * DISPATCH_S[case.strategy]
    method = case.options.get("start_method")
    startup_s = STARTUP_S[method] + (0.002 * case.workers if method else 0.0) if parallel else 2e-6
    worker_bytes = 6e6 if method else 60e3
    return Truth(
        startup_s=startup_s,
        steady_s=steady_s,
        shutdown_s=startup_s / 4,
        cpu_s=serial_s * (0.02 if case.workload == "sleep" else 1.0),
        peak_bytes=10e6 + (worker_bytes * case.workers if parallel else 0.0),
        worker_bytes=worker_bytes if parallel else 0.0,
    )


def _usable_workers(case: KnownCase) -> float:
    if case.workload == "sleep":
        return float(case.workers)
    holds_gil = facts_of(case.interpreter)["gil_enabled"] and case.workload != "hash_large"
    if case.strategy == "threads" and holds_gil:
        return 1.0
    return float(min(case.workers, CPUS))


def always_fails(case: KnownCase) -> bool:
    return case.workload == "square_and_quad" and case.strategy == "mp_pool" and case.workers == 4


def mishap(case: KnownCase, block: int) -> tuple[str, str | None]:
    if always_fails(case):
        return "failed", "ValueError: the task raised"
    if case.strategy == "processes" and case.workers == 4 and case.workload == "noop":
        if block == 1:
            return "timeout", "took longer than 60 s; its processes were removed"
        if block == 2:
            return "crashed", "ended by SIGKILL"
    if case.strategy == "threads" and case.workers == 2 and case.workload == "int_loop" and block == 0:
        return "contaminated", "steal took 14 % of the CPU time"
    return "ok", None
