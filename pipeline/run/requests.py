"""What the spawner is asked to do: plain data, made from cases."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from experiments.catalogue import place, strategies
from experiments.strategies.base import Strategy
from pipeline.config.fields import Scalar
from pipeline.config.functions import UserFunction
from pipeline.machine.cpus import affinity
from pipeline.machine.switches import switches_of
from pipeline.plan.case import Case
from pipeline.plan.plan import Calibration, Plan, calibrated_parameter, workload_class, workload_of
from pipeline.plan.possible import needed_libraries, provider

CHECK_TIMEOUT_S = 60.0
LEAST_TRIAL_TIMEOUT_S = 20.0
CALIBRATION_TIMEOUT_S = 120.0

INNER_THREADS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
}
"""Numeric libraries start one thread per CPU by themselves; then `serial` would not be serial."""

NOT_PASSED_ON = ("PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP", "PYTHONINSPECT", "VIRTUAL_ENV")


def measure_request(plan: Plan, case: Case, for_pass: str, sizes: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """One invocation of a case. `sizes` has the calibrated values by case id and parameter."""
    strategy = strategies()[case.strategy]
    for_memory = for_pass == "memory"
    probe = {
        "do": "measure",
        "pass": for_pass,
        "workload": place(workload_class(case)),
        "parameters": _parameters(case, sizes),
        "strategy": place(strategy),
        "options": case.options,
        "workers": case.workers,
        "tasks": case.parameters["tasks"],
        "warmup": 0 if for_memory else case.measure.warmup,
        "iterations": 1 if for_memory else case.measure.iterations,
        "memory_limit_bytes": case.measure.memory_limit_bytes,
    }
    return {
        **_process(plan, case, strategies()[case.strategy]),
        "timeout_s": case.measure.timeout_s,
        "memory": for_memory,
        "parallel": strategy.parallel,
        "pinned": (affinity() or [])[:1] if case.one_cpu else [],
        "probe": probe,
    }


def calibration_request(plan: Plan, calibration: Calibration) -> dict[str, Any]:
    """Finds the size of a workload's tasks, with `serial`."""
    case = next(case for case in plan.supported if calibration.applies_to(case))
    probe = {
        "do": "calibrate",
        "workload": place(workload_class(case)),
        "parameters": calibration.parameters,
        "parameter": calibration.parameter,
        "target_s": calibration.target_s,
    }
    return {
        **_process(plan, case, strategies()["serial"]),
        "timeout_s": CALIBRATION_TIMEOUT_S,
        "memory": False,
        "parallel": False,
        "probe": probe,
    }


def check_request(plan: Plan, case: Case, trial_s: float) -> dict[str, Any]:
    """Imports the user's function under the case's interpreter and makes its items.

    It is called only if there is time for a trial: two passes over as many items as take about `trial_s` seconds.
    """
    assert case.user is not None
    probe = {
        "do": "check",
        "workload": place(workload_class(case)),
        "parameters": _user_parameters(case.user),
        "tasks": case.parameters["tasks"],
        "trial_s": trial_s,
    }
    budget_s = plan.config.measure.budget_s
    return {
        **_process(plan, case, strategies()["serial"]),
        # Who has a minute for everything isn't helped by waiting for a task that never ends.
        "timeout_s": min(CHECK_TIMEOUT_S, max(LEAST_TRIAL_TIMEOUT_S, budget_s)) if trial_s else CHECK_TIMEOUT_S,
        "memory": False,
        "parallel": False,
        "pinned": [],
        "probe": probe,
    }


def _process(plan: Plan, case: Case, strategy: type[Strategy]) -> dict[str, Any]:
    """Which process to start: interpreter, options, environment."""
    facts = plan.interpreters[case.interpreter]
    switches = switches_of(facts)
    users = case.user is not None
    libraries = needed_libraries(workload_class(case), case.parameters, strategy, case.options)
    executable = (provider(facts, libraries, users=users) if libraries else None) or facts["executable"]
    # Built-in workloads need nothing of the user's, and site-packages only for a library.
    options = list(switches.options) if users else switches.isolated(site=bool(libraries))
    around = {key: value for key, value in os.environ.items() if key not in NOT_PASSED_ON}
    environment = {**around, **dict(switches.environment)} if users else switches.variables(around)
    return {
        "interpreter": [executable, *options],
        "environment": {**environment, **INNER_THREADS, **workload_of(case).environment()},
        "starts_without_gil": facts.get("gil_enabled") is False,
    }


def _parameters(case: Case, sizes: Mapping[tuple[str, str], int]) -> dict[str, Scalar]:
    if case.user is not None:
        return _user_parameters(case.user)
    parameters: dict[str, Scalar] = {key: value for key, value in case.parameters.items() if value is not None}
    calibrated = calibrated_parameter(case)
    if calibrated is not None:
        parameters[calibrated.name] = sizes[case.workload, case.case_id]
    return parameters


def _user_parameters(user: UserFunction) -> dict[str, Scalar]:
    parameters: dict[str, Scalar] = {
        "target": f"{user.function_file}:{user.function}",
        "source": f"{user.items_file}:{user.items}",
    }
    return parameters | ({"setup": f"{user.setup_file}:{user.setup}"} if user.setup_file else {})
