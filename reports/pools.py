"""Cases brought together for the eye: what pools of one kind cost whatever the work, and the memory front.

Medians over kinds of work and a front of points: arrangements for showing, without intervals or tests.
"""

from __future__ import annotations

import pandas as pd

POOL = ["label", "strategy", "start_method"]
KEYS = [*POOL, "workers"]
COSTS = ("startup_s", "shutdown_s", "dispatch_s", "pool_bytes", "share_bytes")
FRONT_TOLERANCE = 1.03
"""Points nearer than this in time or memory count as equal."""


def pools(costs: pd.DataFrame, memory: pd.DataFrame, slopes: pd.DataFrame) -> pd.DataFrame:
    """One row per kind of pool and number of workers, serial left out.

    Args:
        costs: rows of one interpreter.
        memory: rows of the same interpreter.
        slopes: rows of the same interpreter, as `worker_memory_slopes` returns them.

    Returns:
        `label`, `strategy`, `start_method`, `workers`, `cases`; for each of `startup_s`, `shutdown_s`, `dispatch_s`,
        `pool_bytes` (what the ready pool adds) and `share_bytes` (one worker's share of that) the median over the
        kinds of work, with `…_least` and `…_most`; and what one more worker adds, whatever its number: `worker_bytes`
        with `worker_low` and `worker_high`, missing where only one number of workers was measured.
    """
    renamed = memory.rename(columns={"worker_bytes": "share_bytes"})
    once = renamed.drop_duplicates("case_id")[["case_id", "share_bytes"]]
    joined = costs[costs["strategy"] != "serial"].merge(once, on="case_id", how="left")
    joined = joined.assign(pool_bytes=joined["share_bytes"] * joined["workers"].astype("float64"))
    groups = joined.groupby(KEYS, dropna=False, sort=False)
    parts = [groups.size().rename("cases")]
    for value in COSTS:
        named = {value: "median", f"{value}_least": "min", f"{value}_most": "max"}
        parts += [groups[value].agg(how).rename(name) for name, how in named.items()]
    found = pd.concat(parts, axis=1).reset_index()
    usual = slopes.sort_values("n", ascending=False, kind="stable").drop_duplicates("label")
    return found.merge(usual[["label", "worker_bytes", "worker_low", "worker_high"]], on="label", how="left")


def per_worker(pools: pd.DataFrame) -> pd.DataFrame:
    """What one more worker adds to each kind of pool, least first; kinds of pools without memory are left out.

    Returns:
        `label`, `name`, `bytes`, `low`, `high`, `slope`. A kind of pool without a slope has a row for each number of
        workers with the worker's share in all that the pool adds, and no interval.
    """
    sloped = pools["worker_bytes"].notna()
    numbered = pools["label"] + " × " + pools["workers"].astype("str")
    found = pd.DataFrame(
        {
            "label": pools["label"],
            "name": pools["label"].where(sloped, numbered),
            "bytes": pools["worker_bytes"].where(sloped, pools["share_bytes"]),
            "low": pools["worker_low"],
            "high": pools["worker_high"],
            "slope": sloped,
        }
    )
    return found.dropna(subset=["bytes"]).drop_duplicates("name").sort_values("bytes", kind="stable")


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
