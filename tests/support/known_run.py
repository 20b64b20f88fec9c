"""The `run.json` of the synthetic bundle."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.support.known_cases import CPUS, ITERATIONS, KnownCase, always_fails, facts_of

START = dt.datetime(2026, 11, 23, 5, 15, tzinfo=dt.UTC)


def run_description(
    cases: list[KnownCase], seed: int, blocks: int, interpreters: list[str], mishaps: bool
) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "tool_version": "0.1.0",
        "run_id": "20261123T051500Z-synthetic",
        "name": "synthetic",
        "description": "Known numbers, drawn rather than measured",
        "status": "complete",
        "seed": seed,
        "command": ["whichpool", "run", "configs/synthetic.yaml", "--seed", str(seed)],
        "started_at": START.isoformat(),
        "finished_at": (START + dt.timedelta(minutes=4)).isoformat(),
        "config": {
            "name": "synthetic",
            "measure": {"blocks": blocks, "iterations": ITERATIONS, "warmup": 1, "precision": 0.03},
            "grids": [{"workloads": sorted({case.workload for case in cases}), "workers": [1, 2, "cpus"]}],
        },
        "machine": {
            "facts": {
                "cpu_model": "Example CPU @ 2.50GHz",
                "logical_cpus": CPUS,
                "physical_cores": CPUS // 2,
                "memory_bytes": 16 << 30,
                "os": "Linux",
                "kernel": "6.8.0",
                "hostname": "example",
            },
            "fingerprint": "3f5a9c0e1b7d",
            "effective_cpus": CPUS,
        },
        "interpreters": {name: dict(facts_of(name)) for name in interpreters},
        "cases": [_described(case, blocks, mishaps) for case in cases],
        "excluded": [{"case": "int_loop asyncio × 1", "reason": "no asynchronous form"}],
        "calibrations": [
            {
                "workload": "int_loop",
                "parameter": "steps",
                "value": 120_000,
                "task_s": 0.01,
                "interpreter": name,
            }
            for name in interpreters[:1]
        ],
        "files": {
            "invocations.parquet": {"sha256": "0" * 64, "bytes": 12_345},
            "measurements.parquet": {"sha256": "1" * 64, "bytes": 54_321},
        },
    }


def _described(case: KnownCase, blocks: int, mishaps: bool) -> dict[str, Any]:
    failing = mishaps and always_fails(case)
    stopped_by = None if case.unsupported else "failures" if failing else "max blocks"
    return {
        "case_id": case.case_id,
        "baseline_id": case.baseline_id,
        "workload": case.workload,
        "parameters": case.parameters,
        "strategy": case.strategy,
        "options": case.options,
        "workers": case.workers,
        "interpreter": case.interpreter,
        "unsupported": case.unsupported,
        "stopped_by": stopped_by,
        "timing_invocations": 0 if case.unsupported else blocks,
    }
