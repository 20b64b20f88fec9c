"""Configurations, plans and journal entries for tests, made without measuring anything."""

from pathlib import Path

from pipeline.config import load_config
from pipeline.plan.expand import make_plan

CPYTHON = {
    "executable": "/usr/bin/python3",
    "version": "3.13.0",
    "gil_enabled": True,
    "free_threaded": False,
    "start_methods": ["forkserver", "spawn", "fork"],
}


def config_of(folder: Path, text: str, **options):
    path = folder / "test.yaml"
    path.write_text(text)
    return load_config(path, **options)


def plan_of(folder: Path, text: str, *, cpus=4, seed=1, interpreters=None, oracles=False):
    """The plan of a configuration, without oracles unless a test is about them."""
    config = config_of(folder, text)
    config = config.model_copy(update={"measure": config.measure.model_copy(update={"oracles": oracles})})
    names = {choice.label for grid in config.grids for choice in grid.interpreters}
    known = dict.fromkeys(names, CPYTHON) | (interpreters or {})
    return make_plan(config, cpus=cpus, interpreters=known, seed=seed)


def finished(case, block, *, number=0, for_pass="timing", steady_s=0.1, status="ok", duration_s=0.3, **more):
    """A journal entry as a session writes it."""
    phases = [
        {"phase": "startup", "iteration": None, "wall": 0.01, "cpu": 0.01},
        {"phase": "steady", "iteration": 0, "wall": steady_s, "cpu": steady_s},
        {"phase": "steady", "iteration": 1, "wall": steady_s, "cpu": steady_s},
        {"phase": "shutdown", "iteration": None, "wall": 0.001, "cpu": 0.0},
    ]
    return {
        "kind": "invocation",
        "invocation": number,
        "case_id": case.case_id,
        "block": block,
        "order": 0,
        "pass": for_pass,
        "task_size": 1000,
        "status": status,
        "error": None if status == "ok" else "it broke",
        "exit_code": None,
        "signal": None,
        "started_at": 1.7e9 + number,
        "duration_s": duration_s,
        "total_s": duration_s - 0.01,
        "cpu_s": 0.2,
        "involuntary_switches": 3,
        "noise": {"steal_s": 0.0, "pressure_s": 0.01, "throttled": 0, "load_1min": 0.5},
        "phases": phases if status == "ok" else [],
        "memory": [],
        "facts": {"gil_enabled": True, "python_version": "3.13.0", "n_tasks": 16, "checksum": "0badcafe"},
        **more,
    }
