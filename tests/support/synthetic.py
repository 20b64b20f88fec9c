"""A bundle made of known numbers: what every analysis, figure and sentence can be tested against.

Times are log-normal around a known truth, times a factor that all cases of a block share, so that pairing by
block has something to cancel. Nothing here is measured.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tests.support.known_cases import (
    INTERPRETERS,
    ITERATIONS,
    WORKLOADS,
    KnownCase,
    Truth,
    always_fails,
    cases,
    facts_of,
    mishap,
    truth_of,
)
from tests.support.known_run import START, run_description


@dataclass
class SyntheticBundle:
    """Has the attributes of a loaded bundle, and the truth that the numbers were drawn around."""

    run: dict[str, Any]
    invocations: pd.DataFrame
    measurements: pd.DataFrame
    true_speedups: dict[str, float] = field(default_factory=dict)
    """By case: serial time over the case's time, steady phase only."""
    true_one_shot: dict[str, float] = field(default_factory=dict)
    """By case: the same with start-up and shutdown counted on both sides."""
    true_peak_bytes: dict[str, float] = field(default_factory=dict)


def synthetic_bundle(
    *,
    seed: int = 0,
    blocks: int = 10,
    cv: float = 0.03,
    block_cv: float = 0.05,
    workloads: Iterable[str] = tuple(WORKLOADS),
    strategies: Iterable[str] = ("serial", "threads", "processes", "mp_pool", "asyncio"),
    workers: Iterable[int] = (1, 2, 4),
    interpreters: Iterable[str] = tuple(INTERPRETERS),
    memory_blocks: int = 3,
    mishaps: bool = True,
    speedup: Callable[[KnownCase], float] | None = None,
) -> SyntheticBundle:
    """A bundle with known truth; `speedup` overrides the true steady-phase speed-up of the parallel cases.

    With `mishaps`, the forkserver is unsupported under the second interpreter, `square_and_quad` with
    `mp_pool` and 4 workers always fails, and some time-outs, crashes and contaminated invocations (repeated)
    are strewn in.
    """
    rng = np.random.default_rng(seed)
    grid = cases(list(workloads), list(strategies), list(workers), list(interpreters), mishaps)
    truths = {case.case_id: truth_of(case, speedup) for case in grid}
    rows = _Rows(rng, cv, truths)
    supported = [case for case in grid if case.unsupported is None]
    for block in range(blocks):
        drift = math.exp(block_cv * rng.standard_normal())
        for order, index in enumerate(rng.permutation(len(supported))):
            rows.timing(supported[index], block, order, drift, mishaps)
    for block in range(memory_blocks):
        for order, case in enumerate(supported):
            rows.memory(case, block, order, mishaps)
    for case in grid:
        if case.unsupported is not None:
            rows.unsupported(case)
    by_id = {case.case_id: case for case in grid}
    base = {key: truths[case.baseline_id] for key, case in by_id.items() if case.baseline_id in truths}
    return SyntheticBundle(
        run=run_description(grid, seed, blocks, list(interpreters), mishaps),
        invocations=_invocations_frame(rows.invocations),
        measurements=_measurements_frame(rows.measurements),
        true_speedups={key: base[key].steady_s / truths[key].steady_s for key in base},
        true_one_shot={key: base[key].one_shot_s / truths[key].one_shot_s for key in base},
        true_peak_bytes={key: truth.peak_bytes for key, truth in truths.items()},
    )


class _Rows:
    """Collects the rows of both tables."""

    def __init__(self, rng: np.random.Generator, cv: float, truths: dict[str, Truth]) -> None:
        self.rng = rng
        self.cv = cv
        self.truths = truths
        self.invocations: list[dict[str, Any]] = []
        self.measurements: list[dict[str, Any]] = []

    def timing(self, case: KnownCase, block: int, order: int, drift: float, mishaps: bool) -> None:
        status, error = mishap(case, block) if mishaps else ("ok", None)
        number = self._invocation(case, block, order, "timing", status, error)
        if status == "contaminated":
            number = self._invocation(case, block, order, "timing", "ok", None)
        elif status != "ok":
            return
        truth = self.truths[case.case_id]
        own = drift * math.exp(self.cv * self.rng.standard_normal())
        if case.workload == "sleep":
            # A sleep never ends early, and how busy the machine is matters little to it.
            own = math.exp(self.cv * abs(self.rng.standard_normal()))
        for phase, seconds in (("startup", truth.startup_s), ("shutdown", truth.shutdown_s)):
            self._measurement(case, number, None, phase, "wall", seconds * own, "s", "perf_counter")
        self._measurement(case, number, None, "startup", "cpu", truth.startup_s / 2, "s", "cpu_clock")
        spread = np.exp(self.cv / 3 * self.rng.standard_normal(ITERATIONS))
        spread /= np.median(spread)
        for iteration, factor in enumerate(spread):
            wall = truth.steady_s * own * float(factor)
            self._measurement(case, number, iteration, "steady", "wall", wall, "s", "perf_counter")
            self._measurement(case, number, iteration, "steady", "cpu", truth.cpu_s * own, "s", "cpu_clock")
        total = 0.02 + truth.startup_s + 4 * truth.steady_s * own
        self._measurement(case, number, None, "total", "wall", total, "s", "supervisor")
        self._measurement(case, number, None, "total", "cpu", 0.02 + truth.cpu_s * 4, "s", "wait4")

    def memory(self, case: KnownCase, block: int, order: int, mishaps: bool) -> None:
        if mishaps and always_fails(case):
            return
        number = self._invocation(case, block, order, "memory", "ok", None)
        truth = self.truths[case.case_id]
        peak = truth.peak_bytes * math.exp(0.005 * self.rng.standard_normal())
        self._measurement(case, number, None, "total", "peak_memory", peak, "bytes", "cgroup_v2")
        if case.strategy != "serial":
            worker = truth.worker_bytes + 2e3 * self.rng.standard_normal()
            self._measurement(case, number, None, "startup", "worker_memory", worker, "bytes", "pss")

    def unsupported(self, case: KnownCase) -> None:
        self._invocation(case, None, None, "timing", "unsupported", case.unsupported)

    def _invocation(
        self,
        case: KnownCase,
        block: int | None,
        order: int | None,
        pass_: str,
        status: str,
        error: str | None,
    ) -> int:
        number = len(self.invocations)
        ran = status != "unsupported"
        ok = status == "ok"
        calibrated = case.workload in ("int_loop", "hash_large")
        options = {f"option_{key}": value for key, value in case.options.items() if key != "start_method"}
        self.invocations.append(
            {
                "run_id": "20261123T051500Z-synthetic",
                "case_id": case.case_id,
                "baseline_id": case.baseline_id,
                "invocation": number,
                "block": block,
                "order": order,
                "pass": pass_,
                "workload": case.workload,
                "strategy": case.strategy,
                "start_method": case.options.get("start_method"),
                **options,
                "workers": case.workers,
                "interpreter": case.interpreter,
                **{f"param_{key}": value for key, value in case.parameters.items()},
                "status": status,
                "error": error,
                "exit_code": 0 if ok else 1 if status == "failed" else None,
                "signal": "SIGKILL" if status in ("timeout", "crashed") else None,
                "started_at": START + dt.timedelta(seconds=number / 4) if ran else None,
                "duration_s": 0.25 if ran else None,
                "gil_enabled": facts_of(case.interpreter)["gil_enabled"] if ok else None,
                "python_version": facts_of(case.interpreter)["version"],
                "n_tasks": case.parameters["tasks"] if ran else None,
                "task_size": 120_000 if calibrated and ran else None,
                "checksum": f"sum-of-{case.workload}-{case.parameters['tasks']}" if ok else None,
                "steal_s": abs(self.rng.normal(0, 0.0004)) if ran else None,
                "pressure_s": abs(self.rng.normal(0, 0.004)) if ran else None,
                "throttled": 0 if ran else None,
                "involuntary_switches": int(self.rng.poisson(3)) if ran else None,
                "load_1min": 0.4 + float(self.rng.random()) / 5 if ran else None,
            }
        )
        return number

    def _measurement(
        self,
        case: KnownCase,
        invocation: int,
        iteration: int | None,
        phase: str,
        metric: str,
        value: float,
        unit: str,
        method: str,
    ) -> None:
        self.measurements.append(
            {
                "run_id": "20261123T051500Z-synthetic",
                "case_id": case.case_id,
                "invocation": invocation,
                "iteration": iteration,
                "phase": phase,
                "metric": metric,
                "value": value,
                "unit": unit,
                "method": method,
                "scope": "tree",
                "flags": "",
            }
        )


def _invocations_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    integers = ("block", "order", "exit_code", "n_tasks", "task_size", "throttled", "involuntary_switches")
    types: dict[str, Any] = dict.fromkeys(integers, "Int64")
    types["gil_enabled"] = "boolean"
    types |= {
        name: "float64"
        for name in ("param_steps", "param_rounds", "param_seconds", "param_size", "option_chunksize")
        if name in frame
    }
    texts = ("error", "signal", "start_method", "checksum")
    types |= dict.fromkeys(texts, pd.StringDtype(na_value=np.nan))
    frame = frame.astype(types)
    frame["started_at"] = pd.to_datetime(frame["started_at"], utc=True)
    return frame


def _measurements_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows).astype({"iteration": "Int64"})
