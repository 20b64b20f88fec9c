"""Memory invocations by each way of reading memory, in a process of their own that supervises them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from experiments.catalogue import place, strategies
from experiments.workloads.user import UserFunction
from pipeline.machine import cgroup

ROOT = Path(__file__).parents[2]
TASKS = Path(__file__).with_name("memory_tasks.py")
SCRIPT = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from pipeline.machine import processes
from pipeline.run.spawner import memory
from pipeline.run.spawner.supervise import supervise
if sys.argv[2] != "cgroup":
    memory.cgroup.create = lambda name: None
if sys.argv[2] == "uss":
    memory._has_pss = lambda: False
processes.become_subreaper()
read, write = os.pipe()
for request in json.load(sys.stdin):
    before = time.process_time()
    answer = supervise(request, read)
    print(json.dumps({**answer, "supervisor_cpu_s": time.process_time() - before}))
"""
UNITS_OF = {"two_children": 12, "forked": 5, "spawned": 5, "shared": 4, "sequence": 6, "spike": 6}
"""How many units of memory each task needs at its peak."""


def has_private_groups() -> bool:
    """Whether this user may have a control group that keeps its peak."""
    group = cgroup.create(f"whichpool-test-{os.getpid()}")
    if group is not None:
        group.remove()
    return group is not None


def request(workload: str, parameters: dict[str, Any], strategy: str = "serial", **changes: Any) -> dict[str, Any]:
    """A request for one memory invocation; `changes` are put into the probe's part of it."""
    return {
        "number": 1,
        "interpreter": [sys.executable, "-I", "-S"],
        "code_folder": str(ROOT),
        "environment": {},
        "timeout_s": 30.0,
        "memory": True,
        "parallel": strategies()[strategy].parallel,
        "probe": {
            "do": "measure",
            "pass": "memory",
            "workload": workload,
            "parameters": parameters,
            "strategy": place(strategies()[strategy]),
            "options": {},
            "workers": 1,
            "tasks": 1,
            "warmup": 0,
            "iterations": 1,
            "memory_limit_bytes": None,
            **changes,
        },
    }


def task_request(task: str, unit_mib: int, **environment: str) -> dict[str, Any]:
    """A request that calls one function of `memory_tasks` once."""
    parameters = {"target": f"{TASKS}:{task}", "source": f"{TASKS}:units"}
    asked = request(f"{UserFunction.__module__}:{UserFunction.__name__}", parameters)
    return {**asked, "environment": {"UNIT_MIB": str(unit_mib), **environment}}


def supervised(method: str, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers to the requests, with memory read by `cgroup`, `pss` or `uss`.

    Raises:
        AssertionError: if one of them didn't end well.
    """
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(ROOT), method],
        input=json.dumps(requests),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(answer["status"] == "ok" for answer in answers), answers
    return answers


def findings(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows about memory by their metric."""
    return {row["metric"]: row for row in answer["memory"]}


def peaks(method: str, tasks: list[str], unit_mib: int, **environment: str) -> dict[str, float]:
    """By task, the peak above that of the same task without any memory, in units."""
    requests = [task_request(task, size, **environment) for task in tasks for size in (0, unit_mib)]
    found = [findings(answer)["peak_memory"]["value"] for answer in supervised(method, requests)]
    return {task: (found[2 * i + 1] - found[2 * i]) / (unit_mib << 20) for i, task in enumerate(tasks)}
