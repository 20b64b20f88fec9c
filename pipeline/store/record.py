"""The content of `run.json`: what was meant to be measured, where, and how it ended."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from pipeline.config.models import Config
from pipeline.plan.expand import make_plan
from pipeline.plan.plan import Plan
from pipeline.run.session import Outcome
from pipeline.store.run_file import SCHEMA_VERSION


def describe_run(plan: Plan, *, run_id: str, machine: Mapping[str, Any], command: list[str]) -> dict[str, Any]:
    """`run.json` at the start of a run.

    `machine` has the keys `facts`, `fingerprint` and `effective_cpus`.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "tool_version": version("whichpool"),
        "run_id": run_id,
        "name": plan.config.name,
        "description": plan.config.description,
        "status": "running",
        "started_at": now(),
        "finished_at": None,
        "command": command,
        "orchestrator_python": sys.version.split()[0],
        "seed": plan.seed,
        "config": plan.config.resolved(),
        "machine": dict(machine),
        "interpreters": plan.interpreters,
        "cases": [_describe_case(case) for case in plan.cases],
        "excluded": [{"case": exclusion.label, "reason": exclusion.reason} for exclusion in plan.exclusions],
        "calibrations": [],
        "files": {},
    }


def describe_end(run: dict[str, Any], outcome: Outcome, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """`run.json` at the end of a run, without the hashes of the files."""
    cases = [
        {
            **case,
            "stopped_by": outcome.stopped_by.get(case["case_id"]),
            "timing_invocations": outcome.timing_invocations.get(case["case_id"], 0),
        }
        for case in run["cases"]
    ]
    calibrations = [
        {key: value for key, value in entry.items() if key != "kind"}
        for entry in entries
        if entry["kind"] == "calibration"
    ]
    status = "interrupted" if outcome.interrupted else "complete"
    return {**run, "status": status, "finished_at": now(), "cases": cases, "calibrations": calibrations}


def plan_again(run: Mapping[str, Any]) -> Plan:
    """The plan of a run that was started earlier, from its `run.json` alone."""
    # A run that was started before there were oracles goes on without them.
    measure = {"oracles": False, **run["config"]["measure"]}
    plan = make_plan(
        Config.from_resolved({**run["config"], "measure": measure}),
        cpus=run["machine"]["effective_cpus"],
        interpreters=run["interpreters"],
        seed=run["seed"],
    )
    unsupported = {case["case_id"]: case["unsupported"] for case in run["cases"]}
    told = (run.get("advice") or {}).get("told")
    plan = replace(plan, user_task_s=told["pass_s"] / told["trial_tasks"] if told else None)
    return plan.with_unsupported(unsupported)


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _describe_case(case: Any) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "baseline_id": case.baseline_id,
        "label": case.label,
        "workload": case.workload,
        "parameters": case.parameters,
        "strategy": case.strategy,
        "options": case.options,
        "workers": case.workers,
        "interpreter": case.interpreter,
        "oracle": case.oracle or None,
        "unsupported": case.unsupported,
        "stopped_by": None,
        "timing_invocations": 0,
    }
