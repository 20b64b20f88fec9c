"""What each speed-up says by itself: the serial fraction, and for threads whether the GIL's bound holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from experiments.catalogue import workloads
from pipeline.analysis.frames import missing, prefixed
from pipeline.analysis.models.series import POOL, RESIDENT, WORK, physical_cores
from pipeline.statistics.scaling import fraction, gil_bound, gustafson, karp_flatt

FRACTION = ("serial_fraction", "fraction_low", "fraction_high")
KARP_FLATT = (*WORK, *POOL, "workers", "speedup", "low", "high", *FRACTION)
WEAK = (*WORK, *POOL, "workers", "scaled_speedup", "low", "high", *FRACTION)
BOUNDS = (*WORK, "gil_share", "bound", "workers", "speedup", "low", "high", "holds")
YES, NO, UNDECIDED = "yes", "no", "undecided"


def karp_flatts(speedups: pd.DataFrame, run: Mapping[str, Any]) -> pd.DataFrame:
    """The serial fraction that explains each speed-up with two workers or more, up to the physical cores.

    What is reliably slower than serial is left out: more than the whole of it would be serial.

    Returns:
        `WORK`, `POOL`, `workers`, `speedup`, `low`, `high`, `serial_fraction`, `fraction_low`, `fraction_high`.
    """
    rows = _parallel(speedups)
    rows = rows[(rows["workers"] <= physical_cores(run)[0]) & ~(rows["high"] < 1)]
    return _with_fraction(rows, karp_flatt, "speedup", KARP_FLATT)


def weak_scaling(speedups: pd.DataFrame) -> pd.DataFrame:
    """Scaled speed-ups: where the number of tasks grows with the workers, each against serial with the same tasks.

    A kind of work counts if a strategy was measured with several numbers of workers, each with as many tasks for each
    worker. Then the speed-up is Gustafson's.

    Returns:
        `WORK`, `POOL`, `workers`, `scaled_speedup`, `low`, `high`, `serial_fraction`, `fraction_low`, `fraction_high`.
    """
    rows = _parallel(speedups)
    if "param_tasks" not in rows:
        return pd.DataFrame(columns=list(WEAK))
    others = [name for name in prefixed(rows, "param_") if name != "param_tasks"]
    share = pd.to_numeric(rows["param_tasks"]) / rows["workers"].astype("float64")
    same = ["interpreter", "workload", *others, *POOL, share.rename("share")]
    proportional = rows.groupby(same, dropna=False)["param_tasks"].transform("nunique") > 1
    renamed = rows[proportional].rename(columns={"speedup": "scaled_speedup"})
    return _with_fraction(renamed, gustafson, "scaled_speedup", WEAK)


def gil_bounds(speedups: pd.DataFrame, run: Mapping[str, Any]) -> pd.DataFrame:
    """For threads and work whose share under the GIL is known: min(1/share, workers) beside the measured speed-up.

    Only for interpreters that have their GIL on. `holds` is `no` if the whole interval is above the bound.

    Returns:
        `WORK`, `gil_share`, `bound`, `workers`, `speedup`, `low`, `high`, `holds`.
    """
    facts = run.get("interpreters") or {}
    found = []
    rows = _parallel(speedups)
    for row in rows[rows["strategy"] == "threads"].to_dict("records"):
        held = _held(row)
        if held is None or not (facts.get(row["interpreter"]) or {}).get("gil_enabled", True):
            continue
        bound = gil_bound(held, int(row["workers"]))
        found.append({**row, "gil_share": held, "bound": bound, "holds": _holds(row, bound)})
    return pd.DataFrame(found, columns=list(BOUNDS))


def _holds(row: Mapping[Any, Any], bound: float) -> str:
    if missing(row["low"]):
        return UNDECIDED
    return NO if row["low"] > bound else YES if row["high"] <= bound or row["speedup"] <= bound else UNDECIDED


def _held(row: Mapping[Any, Any]) -> float | None:
    class_ = workloads().get(str(row["workload"]))
    if class_ is None:
        return None
    return class_.held_share({name: row.get(f"param_{name}") for name in class_.parameters()})


def _parallel(speedups: pd.DataFrame) -> pd.DataFrame:
    return speedups[
        (speedups["use"] == RESIDENT)
        & (speedups["strategy"] != "serial")
        & (speedups["workers"] >= 2).fillna(value=False).astype("bool")
        & speedups["speedup"].notna()
    ]


def _with_fraction(rows: pd.DataFrame, law: Any, value: str, columns: tuple[str, ...]) -> pd.DataFrame:
    told = zip(rows[value], rows["low"], rows["high"], rows["workers"], strict=True)
    found = [fraction(law, (speedup, low, high), int(workers)) for speedup, low, high, workers in told]
    numbers = pd.DataFrame(found, columns=list(FRACTION), index=rows.index, dtype="float64")
    return rows.join(numbers)[list(columns)].reset_index(drop=True)
