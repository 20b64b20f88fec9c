"""How many times faster than serial each case is, with intervals: the central table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.cases import cases
from pipeline.analysis.frames import prefixed
from pipeline.analysis.invocation_times import USES, LogTimes, log_times, times
from pipeline.run.ledger import DECIDED
from pipeline.run.stopping import SMALLEST_PILOT
from pipeline.statistics.ratio import NO_ESTIMATE, RatioEstimate, log_ratio
from pipeline.statistics.sequence import FIRST_LOOK, sequential_ratio
from pipeline.statistics.stein import stopped_ratio
from pipeline.statistics.student import Floats

Estimator = Callable[[Floats], RatioEstimate]
"""Log ratios of the blocks in, an estimate out."""

NAN = float("nan")
NUMBERS = (
    "baseline_s",
    "time_s",
    "speedup",
    "low",
    "high",
    "median_speedup",
    "median_low",
    "median_high",
    "mde",
    "p_value",
    "efficiency",
    "efficiency_low",
    "efficiency_high",
    "karp_flatt",
)


def speedups(
    invocations: pd.DataFrame,
    measurements: pd.DataFrame,
    *,
    effective_cpus: int | None = None,
    planned: Iterable[Mapping[str, Any]] = (),
) -> pd.DataFrame:
    """One row per case and use, baselines and cases without a result included; see `speedups_of`."""
    described = cases(invocations, planned)
    return speedups_of(described, times(invocations, measurements), effective_cpus=effective_cpus)


def speedups_of(
    described: pd.DataFrame,
    times: pd.DataFrame,
    *,
    effective_cpus: int | None = None,
    estimate: Estimator = log_ratio,
) -> pd.DataFrame:
    """One row per case and use (`resident`: steady phase only; `one_shot`: start-up and shutdown counted).

    Args:
        described: the frame from `cases`.
        times: the frame from `times`.
        effective_cpus: CPUs that the run could use; without it `beyond_cpus` is False throughout.
        estimate: from the blocks' log ratios; `estimator` has the right one for a run.

    Returns:
        The columns of `cases`, `use`, `n` (blocks that have both the case and its baseline), and:
        `baseline_s` and `time_s` (geometric means over those blocks), `speedup` (their ratio) with `low` and
        `high` (95 %, by `estimate`: paired t on logs), `median_speedup` with `median_low` and `median_high`
        (bootstrap), `agree` (False where the two intervals contradict each other), `mde` (relative), `p_value`,
        `efficiency` (speed-up over workers) with `efficiency_low` and `efficiency_high`, `karp_flatt` (the
        experimentally determined serial fraction, (1/S - 1/W) / (1 - 1/W), NaN for one worker; Karp and
        Flatt, CACM 33 (1990)) and `beyond_cpus` (more workers than CPUs). A baseline has speed-up 1 and no
        interval; what wasn't measured is NaN. A case without a block in common with its baseline still has
        its own `time_s`.
    """
    parts = [_one_use(described, log_times(times, column), use, estimate) for use, column in USES.items()]
    frame = pd.concat(parts, ignore_index=True)
    workers = pd.to_numeric(frame["workers"]).astype("float64")
    for suffix, name in (("", "speedup"), ("_low", "low"), ("_high", "high")):
        frame[f"efficiency{suffix}"] = frame[name] / workers
    several = workers.where(workers > 1)
    frame["karp_flatt"] = (1 / frame["speedup"] - 1 / several) / (1 - 1 / several)
    frame["beyond_cpus"] = workers > (effective_cpus or np.inf)
    leading = [name for name in described.columns if not name.startswith(("param_", "option_"))]
    trailing = [*prefixed(described, "param_"), *prefixed(described, "option_")]
    return frame[[*leading, "use", "n", *NUMBERS, "agree", "beyond_cpus", *trailing]]


def compare(logs: LogTimes, case_id: str, other_id: str, estimate: Estimator = log_ratio) -> RatioEstimate:
    """How many times faster `case_id` is than `other_id`, paired by block; `logs` as from `log_times`."""
    case, other = _paired(logs, case_id, other_id)
    return estimate(other - case)


def raced_ratio(differences: Floats) -> RatioEstimate:
    """For a run that looks from the `FIRST_LOOK`th block on, what a case with the blocks' log ratios has.

    Before that nobody has looked: if the budget ended earlier, the number of blocks was decided by the clock alone, and
    the interval is that of a run of fixed length.
    """
    return log_ratio(differences) if len(differences) < FIRST_LOOK else sequential_ratio(differences)


def estimator(measure: Mapping[str, Any]) -> Estimator:
    """How the ratios of a run are estimated that stopped by these rules: one that looked has to pay for looking.

    `measure` is that section of the resolved configuration; of an older bundle it may lack keys.
    """
    if measure.get("until") == DECIDED:
        return raced_ratio
    blocks = measure.get("blocks")
    if measure.get("precision") is None or not isinstance(blocks, Mapping) or blocks["min"] == blocks["max"]:
        return log_ratio
    return partial(stopped_ratio, pilot=max(blocks["min"], SMALLEST_PILOT))


def _one_use(described: pd.DataFrame, logs: LogTimes, use: str, estimate: Estimator) -> pd.DataFrame:
    rows = [_row(logs, *ids, estimate) for ids in zip(described["case_id"], described["baseline_id"], strict=True)]
    columns = ["n", *NUMBERS[: NUMBERS.index("efficiency")], "agree"]
    numbers = pd.DataFrame(rows, columns=columns, index=described.index)
    floats = [name for name in columns if name not in ("n", "agree")]
    types = {"n": "int64", "agree": "bool"} | dict.fromkeys(floats, "float64")
    return described.assign(use=use).join(numbers.astype(types))


def _row(logs: LogTimes, case_id: str, baseline_id: str, estimate: Estimator) -> tuple[Any, ...]:
    case, baseline = _paired(logs, case_id, baseline_id)
    n = len(case)
    if case_id == baseline_id:
        one = 1.0 if n else NAN
        mean = _geometric(case)
        return (n, mean, mean, one, NAN, NAN, one, NAN, NAN, NAN, NAN, True)
    found = estimate(baseline - case) if n else NO_ESTIMATE
    alone = case if n else _paired(logs, case_id, case_id)[0]
    interval = (found.ratio, *found.ends, found.median_ratio, found.median_low, found.median_high)
    return (n, _geometric(baseline), _geometric(alone), *interval, found.mde, found.p_value, found.agree)


def _paired(logs: LogTimes, case_id: str, other_id: str) -> tuple[Floats, Floats]:
    if case_id not in logs or other_id not in logs:
        return np.empty(0), np.empty(0)
    case, other = logs[case_id], logs[other_id]
    both = ~(np.isnan(case) | np.isnan(other))
    return case[both], other[both]


def _geometric(logs: Floats) -> float:
    return float(np.exp(np.mean(logs))) if len(logs) else NAN
