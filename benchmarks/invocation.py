"""What one invocation costs beyond what it measures, against the start of a bare interpreter."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.timing import BARE, ROOT, medians, seconds
from pipeline.store.bundle import load

BLOCKS = 40
ROUNDS = 12
LIMIT = 1.5
STRATEGIES = {
    "serial": ("{use: serial}", "serial"),
    "threads": ("{use: threads}", "threads"),
    "processes (fork)": ("{use: processes, start_method: fork}", "processes"),
    "processes (forkserver)": ("{use: processes, start_method: forkserver}", "processes"),
    "processes (spawn)": ("{use: processes, start_method: spawn}", "processes"),
    "mp_pool (fork)": ("{use: mp_pool, start_method: fork}", "mp_pool"),
    "asyncio": ("{use: asyncio}", "asynchronous"),
}
CONFIG = """
name: bench
measure:
  {{blocks: {blocks}, iterations: 1, warmup: 0, memory: false, precision: null, oracles: false, disturbed: ignore}}
grids:
  - workloads: {{use: sleep, seconds: 1ms, tasks: 2}}
    strategies: [{strategies}]
    workers: 2
"""


def measure() -> Iterator[str]:
    """One line per strategy: (overhead - the strategy's own imports) / bare start; at most 1.5 is the aim."""
    before = _starts()
    overheads, fixed_s = _overheads()
    after = _starts()
    starts = {name: statistics.fmean((before[name], after[name])) for name in before}
    bare_s = starts["bare"]
    yield f"bare interpreter start: {bare_s * 1e3:.1f} ms; a whole run costs {fixed_s:.2f} s besides its invocations"
    for name, overhead_s in overheads.items():
        imports_s = max(0.0, starts[name] - bare_s)
        yield (
            f"{name}: {overhead_s * 1e3:.1f} ms, of which the strategy's imports {imports_s * 1e3:.1f} ms: "
            f"{(overhead_s - imports_s) / bare_s:.2f} x bare start (aim: {LIMIT})"
        )


def _starts() -> dict[str, float]:
    """Median start of a bare interpreter, and of one that imports a strategy's module."""
    path = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import experiments.strategies."
    commands = {name: (*BARE[:-1], path + module) for name, (_, module) in STRATEGIES.items()}
    return medians({"bare": BARE, **commands}, ROUNDS)


def _overheads() -> tuple[dict[str, float], float]:
    """Median time from the start of one invocation to the start of the next, less its phases, by strategy.

    Also what the whole run took besides that. The strategies take turns in random order, so that a slow spell of the
    machine hits all of them.
    """
    with tempfile.TemporaryDirectory() as name:
        config, bundle = Path(name, "bench.yaml"), Path(name, "bundle")
        choices = ", ".join(choice for choice, _ in STRATEGIES.values())
        config.write_text(CONFIG.format(blocks=BLOCKS, strategies=choices))
        wall_s = seconds((str(Path(BARE[0]).with_name("whichpool")), "run", str(config), "--out", str(bundle)))
        loaded = load(bundle)
    assert loaded.run["status"] == "complete"
    rows = loaded.invocations.sort_values("invocation")
    each_s = -rows["started_at"].diff(-1).dt.total_seconds()
    measured = loaded.measurements
    phases = measured[(measured["metric"] == "wall") & (measured["phase"] != "total")]
    phases_s = rows["invocation"].map(phases.groupby("invocation")["value"].sum())
    labels = rows["strategy"].where(rows["start_method"].isna(), rows["strategy"] + " (" + rows["start_method"] + ")")
    overhead_s = pd.Series(each_s - phases_s).groupby(labels).median()
    return {name: float(overhead_s[name]) for name in STRATEGIES}, wall_s - float(each_s.sum())
