"""Runs that never happened, with a planted truth for each claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.claims.judge import Claims, claims_of
from pipeline.analysis.summary import summarise
from tests.support.synthetic import SyntheticBundle

GIL = {"executable": "/usr/bin/python3.13t", "gil_enabled": True, "free_threaded": True, "version": "3.13.0"}
FREE = {**GIL, "gil_enabled": False}
SERIAL_S = 0.1


@dataclass(frozen=True)
class Planted:
    """One case, with what is true of it."""

    workload: str
    strategy: str = "serial"
    workers: int = 1
    speedup: float = 1.0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    start_method: str | None = None
    startup_s: float = 0.001
    pool_bytes: float | None = None
    """Of a ready pool."""
    readings: Mapping[str, float] = field(default_factory=dict)
    """By metric."""
    noise: float = 0.02
    """Of the steady phase, relative."""
    reading_noise: float = 0.0
    interpreter: str = "current"
    oracle: str | None = None
    unsupported: str | None = None

    def key(self, *, baseline: bool = False) -> str:
        own = () if baseline else (self.strategy, self.workers, self.start_method or "", self.oracle or "")
        strategy = ("serial", 1, "", "") if baseline else own
        return repr((self.workload, sorted(self.parameters.items()), strategy, self.interpreter))


def planted(
    cases: Iterable[Planted],
    *,
    blocks: int = 8,
    cpus: int = 4,
    facts: Mapping[str, Mapping[str, Any]] | None = None,
    margins: Mapping[str, Any] | None = None,
    seed: int = 1,
) -> SyntheticBundle:
    """A bundle of these cases; baselines that are missing are added."""
    given = list(cases)
    known = {case.key() for case in given}
    for case in list(given):
        if not case.oracle and case.key(baseline=True) not in known:
            known.add(case.key(baseline=True))
            given.append(Planted(case.workload, parameters=case.parameters, interpreter=case.interpreter))
    rng = np.random.default_rng(seed)
    invocations: list[dict[str, Any]] = []
    measurements: list[dict[str, Any]] = []
    for block in range(blocks):
        for order, case in enumerate(given):
            if case.unsupported is None:
                _measure(case, block, order, rng, invocations, measurements)
    run = {
        "status": "complete",
        "machine": {"effective_cpus": cpus, "facts": {}},
        "interpreters": dict(facts or {"current": GIL}),
        "config": {"measure": {"blocks": {"min": blocks, "max": blocks}}, "claims": dict(margins or {})},
        "cases": [_described(case) for case in given],
    }
    columns = ("invocation", "case_id", "baseline_id", "block", "pass", "status", "workload", "strategy", "interpreter")
    frame = pd.DataFrame(invocations) if invocations else pd.DataFrame(columns=list(columns))
    return SyntheticBundle(run, frame, pd.DataFrame(measurements))


def judged(cases: Iterable[Planted], **options: Any) -> Claims:
    bundle = planted(cases, **options)
    return claims_of(bundle, summarise(bundle))


def verdict(claim: int, cases: Iterable[Planted], **options: Any) -> dict[str, Any]:
    """The row of one claim under the first interpreter."""
    verdicts = judged(cases, **options).verdicts
    return verdicts[verdicts["claim"] == claim].to_dict("records")[0]


def _described(case: Planted) -> dict[str, Any]:
    baseline = case.key() if case.oracle else case.key(baseline=True)
    named = {name: getattr(case, name) for name in ("workload", "strategy", "workers", "interpreter", "unsupported")}
    options = {} if case.start_method is None else {"start_method": case.start_method}
    identity = {"case_id": case.key(), "baseline_id": baseline, "oracle": case.oracle}
    return {**named, **identity, "options": options, "parameters": dict(case.parameters)}


def _measure(
    case: Planted,
    block: int,
    order: int,
    rng: np.random.Generator,
    invocations: list[dict[str, Any]],
    measurements: list[dict[str, Any]],
) -> None:
    described = _described(case)
    identity = {
        name: described[name] for name in ("case_id", "baseline_id", "oracle", "workload", "strategy", "workers")
    }
    parameters = {f"param_{name}": value for name, value in case.parameters.items()}

    def begin(pass_: str) -> int:
        number = len(invocations)
        row = {"invocation": number, "block": block, "order": order, "pass": pass_, "status": "ok", "error": None}
        more = {"start_method": case.start_method, "interpreter": case.interpreter, "n_tasks": 8}
        invocations.append({**identity, **parameters, **row, **more})
        return number

    def measure(number: int, phase: str, metric: str, value: float, method: str, iteration: int = 0) -> None:
        where = {"case_id": case.key(), "invocation": number, "iteration": iteration, "phase": phase}
        measurements.append({**where, "metric": metric, "value": value, "method": method, "unit": "s"})

    number = begin("timing")
    steady_s = SERIAL_S / case.speedup * np.exp(case.noise * rng.standard_normal())
    measure(number, "steady", "wall", steady_s, "perf_counter")
    measure(number, "steady", "cpu", SERIAL_S, "cpu_clock")
    for phase, seconds in (("startup", case.startup_s), ("shutdown", 1e-4)):
        measure(number, phase, "wall", seconds * np.exp(0.05 * rng.standard_normal()), "perf_counter")
    for metric, value in case.readings.items():
        told = value * np.exp(case.reading_noise * rng.standard_normal())
        measure(number, "steady", metric, float(told), "workload")
    if case.pool_bytes is not None:
        value = case.pool_bytes + 2e4 * rng.standard_normal()
        measure(begin("memory"), "startup", "pool_memory", value, "pss")
