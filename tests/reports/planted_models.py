"""Frames of claims and of models, made by hand: what the sections have to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

NAN = float("nan")


@dataclass(frozen=True)
class Claimed:
    """A claim as the catalogue has it."""

    number: int
    text: str
    often_said: str = "Something else"
    workloads: tuple[str, ...] = ("int_loop",)


@dataclass(frozen=True)
class Judged:
    """Verdicts with their evidence."""

    verdicts: pd.DataFrame
    evidence: pd.DataFrame


@dataclass
class Modelled:
    """Frames of scaling, break-even and borders."""

    karp_flatt: pd.DataFrame
    fits: pd.DataFrame
    curves: pd.DataFrame
    weak_scaling: pd.DataFrame
    gil_bounds: pd.DataFrame
    break_evens: pd.DataFrame
    borders: pd.DataFrame = field(default_factory=pd.DataFrame)


def verdict(claim: int, verdict: str, interpreter: str = "current", **changed: Any) -> dict[str, Any]:
    row = {"claim": claim, "key": f"claim-{claim}", "interpreter": interpreter, "verdict": verdict}
    return row | {"depends_on": None, "reason": "threads reached 1.01 times"} | changed


def sub_test(claim: int, stratum: str, verdict: str | None, **changed: Any) -> dict[str, Any]:
    row = {"claim": claim, "interpreter": "current", "stratum": stratum, "quantity": "speed-up over serial"}
    row |= {"unit": "times", "estimate": 1.84, "low": 1.79, "high": 1.9, "n": 10, "margin": 1.15, "side": ">"}
    return row | {"verdict": verdict, "control": False, "method": "paired t on logs", "n_needed": None} | changed


SERIES = {"interpreter": "current", "workload": "int_loop", "setting": "10 ms tasks", "baseline_id": "b"}
POOL = SERIES | {"label": "processes (fork)", "strategy": "processes", "start_method": "fork"}


def crossing(**changed: Any) -> dict[str, Any]:
    row = {"interpreter": "current", "label": "processes (fork)", "strategy": "processes", "workers": 2}
    row |= {"use": "resident", "axis": "task duration", "against": "serial", "points": 4, "reason": None}
    row |= {"measured": 0.0008, "measured_low": 0.0006, "measured_high": 0.0011}
    return row | {"predicted": 0.0007, "predicted_low": 0.0005, "predicted_high": 0.0009} | changed


def fit(**changed: Any) -> dict[str, Any]:
    row = POOL | {"counts": (1, 2, 4, 8, 16), "n": 5, "model": "USL", "largest": 16, "reason": None}
    for name, value in (("gamma", 1.0), ("alpha", 0.028), ("beta", 0.0001)):
        row |= {name: value, f"{name}_low": value * 0.8, f"{name}_high": value * 1.2}
    return row | {"peak_workers": 18.0, "peak_low": 16.0, "peak_high": 21.0} | changed


def cell(outcome: str = "winner", **changed: Any) -> dict[str, Any]:
    row = {"interpreter": "current", "use": "resident", "task_s": 0.01, "payload_bytes": NAN, "workers": 2}
    row |= {"outcome": outcome, "label": "processes (fork)", "strategy": "processes", "tied": ()}
    return row | {"speedup": 1.84, "low": 1.79, "high": 1.9} | changed


def modelled() -> Modelled:
    """A machine with enough CPUs for everything that can be told."""
    fractions = {"serial_fraction": 0.13, "fraction_low": 0.1, "fraction_high": 0.16}
    measured = {"workers": 2, "speedup": 1.77, "low": 1.7, "high": 1.84}
    durations = (0.0, 0.001, 0.01)
    outcomes = ("serial", "no reliable difference", "winner")
    return Modelled(
        karp_flatt=pd.DataFrame([POOL | measured | fractions, POOL | measured | fractions | {"workers": 4}]),
        fits=pd.DataFrame([fit(), fit(label="threads", strategy="threads", model=None, reason="2 counts are too few")]),
        curves=pd.DataFrame([POOL | {"workers": w, "speedup": w / (1 + 0.03 * (w - 1))} for w in (1.0, 1.5, 2.0)]),
        weak_scaling=pd.DataFrame([POOL | measured | fractions | {"scaled_speedup": 1.77}]),
        gil_bounds=pd.DataFrame([SERIES | measured | {"gil_share": 0.5, "bound": 2.0, "holds": "yes"}]),
        break_evens=pd.DataFrame([crossing(), crossing(use="one_shot", axis="payload", against="threads")]),
        borders=pd.DataFrame([cell(each, task_s=task) for each, task in zip(outcomes, durations, strict=True)]),
    )
