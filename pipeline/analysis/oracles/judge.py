"""Every oracle of a run in one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.analysis.oracles.evidence import Evidence
from pipeline.analysis.oracles.grid import grid_oracles
from pipeline.analysis.oracles.laws import heartbeat_law, lock_law, sleep_laws
from pipeline.analysis.oracles.memory import memory_oracles
from pipeline.analysis.oracles.outcome import Outcome, as_frame
from pipeline.analysis.oracles.speed import speed_oracles


def oracles(
    run: Mapping[str, Any],
    invocations: pd.DataFrame,
    measurements: pd.DataFrame,
    frames: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """One row per oracle; the columns are the fields of `Outcome`.

    Args:
        run: the content of `run.json`.
        invocations: the table of that name, oracles included.
        measurements: likewise.
        frames: those that `grid_oracles` needs.
    """
    evidence = Evidence.of(run, invocations, measurements)
    found: list[Outcome] = []
    if evidence.cases:
        found += sleep_laws(evidence)
        found += speed_oracles(evidence)
        found += [lock_law(evidence), heartbeat_law(evidence)]
        found += memory_oracles(evidence)
    found += grid_oracles(frames, invocations, (run.get("machine") or {}).get("effective_cpus"))
    return as_frame(found)
