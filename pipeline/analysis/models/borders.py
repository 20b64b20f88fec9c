"""Maps of the winner over the length of a task and the data that it carries, one for each number of workers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.analysis.models.break_even import AXES, DURATION, PAYLOAD
from pipeline.analysis.speedups import Estimator
from pipeline.analysis.summary import Summary
from pipeline.analysis.winners import WINNER, winners_of
from pipeline.run.stopping import MARGIN

NAN = float("nan")
COLUMNS = (
    "interpreter", "use", "workload", "task_s", "payload_bytes", "workers", "outcome", "label", "strategy", "speedup",
    "low", "high", "tied",
)  # fmt: skip


def borders(summary: Summary, estimate: Estimator) -> pd.DataFrame:
    """Who wins in each measured combination of task duration and payload, with each number of workers by itself.

    The comparisons of one map are corrected together. `estimate` is that of the run's speed-ups.

    Returns:
        `interpreter`, `use`, `workload`, `task_s` (0 for empty tasks), `payload_bytes` (0 for none), `workers`,
        `outcome` (as of `winners`), `label` and `strategy` (the recommended one; of an undecided cell the best
        estimate), `speedup` with `low` and `high`, and `tied` (names that can't be told from the best).
    """
    described = summary.cases
    swept = [name for name in AXES.values() if name in described and described[name].notna().any()]
    if not swept:
        return pd.DataFrame(columns=list(COLUMNS))
    cells = described[described[swept].notna().any(axis=1)]
    parts = [_map(cells, int(count), summary, estimate) for count in _counts(cells)]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return found[found["outcome"] != "not measured"].reset_index(drop=True)


def _counts(cells: pd.DataFrame) -> list[int]:
    return sorted(int(count) for count in cells.loc[cells["strategy"] != "serial", "workers"].dropna().unique())


def _map(cells: pd.DataFrame, workers: int, summary: Summary, estimate: Estimator) -> pd.DataFrame:
    own = cells[(cells["workers"] == workers) | (cells["strategy"] == "serial")]
    with_rival = own.loc[own["strategy"] != "serial", "baseline_id"]
    own = own[own["baseline_id"].isin(with_rival)]
    costs = summary.costs[summary.costs["case_id"].isin(own["case_id"])]
    timed = summary.times[summary.times["case_id"].isin(own["case_id"])]
    decided = winners_of(own, timed, costs, summary.memory, margin=MARGIN, estimate=estimate)
    rows = [_cell(row, workers) for row in decided.to_dict("records")]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _cell(row: dict[Any, Any], workers: int) -> dict[str, Any]:
    prefix = "recommended_" if row["outcome"] == WINNER else ""
    of_choice = {name: row[f"{prefix}{name}"] for name in ("label", "strategy", "speedup", "low", "high")}
    duration, payload = (row.get(AXES[axis]) for axis in (DURATION, PAYLOAD))
    return {
        **{name: row[name] for name in ("interpreter", "use", "workload", "outcome", "tied")},
        **of_choice,
        "task_s": NAN if duration is None or duration != duration else float(duration),
        "payload_bytes": 0.0 if payload is None or payload != payload else float(payload),
        "workers": workers,
    }
