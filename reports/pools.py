"""Cases brought together for the eye: what pools of one kind cost whatever the work, and the memory front.

Medians over kinds of work and a front of points: arrangements for showing, without intervals or tests.
"""

from __future__ import annotations

import pandas as pd

KEYS = ["label", "strategy", "start_method", "workers"]
FRONT_TOLERANCE = 1.03
"""Points nearer than this in time or memory count as equal."""


def pools(costs: pd.DataFrame, memory: pd.DataFrame) -> pd.DataFrame:
    """One row per kind of pool and number of workers, serial left out.

    Args:
        costs: rows of one interpreter.
        memory: rows of the same interpreter.

    Returns:
        `label`, `strategy`, `start_method`, `workers`, `cases`, and for each of `startup_s`, `shutdown_s`,
        `dispatch_s` and `worker_bytes` the median over the kinds of work, with `…_least` and `…_most`.
    """
    once = memory.drop_duplicates("case_id")[["case_id", "worker_bytes"]]
    joined = costs[costs["strategy"] != "serial"].merge(once, on="case_id", how="left")
    groups = joined.groupby(KEYS, dropna=False, sort=False)
    parts = [groups.size().rename("cases")]
    for value in ("startup_s", "shutdown_s", "dispatch_s", "worker_bytes"):
        named = {value: "median", f"{value}_least": "min", f"{value}_most": "max"}
        parts += [groups[value].agg(how).rename(name) for name, how in named.items()]
    return pd.concat(parts, axis=1).reset_index()


def time_and_memory(speedups: pd.DataFrame, memory: pd.DataFrame) -> pd.DataFrame:
    """Cases that have both, with one-shot time: the columns of `speedups`, `peak_bytes`, and `front`.

    `front` marks, within each baseline, the cases that no other beats in time without needing more memory.
    """
    once = memory.sort_values("n", ascending=False, kind="stable").drop_duplicates("case_id")
    joined = speedups[speedups["use"] == "one_shot"].merge(once[["case_id", "peak_bytes"]], on="case_id")
    joined = joined.dropna(subset=["time_s", "peak_bytes"]).reset_index(drop=True)
    chosen: set[str] = set()
    for _, group in joined.groupby("baseline_id", sort=False):
        chosen |= front_of(group)
    return joined.assign(front=joined["case_id"].isin(chosen))


def front_of(group: pd.DataFrame) -> set[str]:
    """The `case_id` of the points on the front, of points as near as `FRONT_TOLERANCE` only one."""
    found: set[str] = set()
    rows = group.sort_values(["time_s", "peak_bytes"])
    waiting = [
        (str(case), float(time), float(peak))
        for case, time, peak in zip(rows["case_id"], rows["time_s"], rows["peak_bytes"], strict=True)
    ]
    limit = float("inf")
    while waiting:
        near = [point for point in waiting if point[1] <= waiting[0][1] * FRONT_TOLERANCE]
        case, _, peak = min(near, key=lambda point: point[2])
        if peak < limit:
            found.add(case)
            limit = peak / FRONT_TOLERANCE
        waiting = waiting[len(near) :]
    return found
