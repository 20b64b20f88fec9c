"""What one invocation costs beyond what it measures, against the start of a bare interpreter."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing import BARE, ROOT, medians, seconds
from pipeline.store.bundle import load

FEW, MANY = 4, 64
"""Blocks of the two runs whose difference is the cost of invocations alone, without what a run costs once."""
ROUNDS = 15
LIMIT = 2.0
STRATEGIES = {
    "serial": ("{use: serial}", "experiments.strategies.serial"),
    "threads": ("{use: threads}", "experiments.strategies.threads"),
    "processes fork": ("{use: processes, start_method: fork}", "experiments.strategies.processes"),
    "processes spawn": ("{use: processes, start_method: spawn}", "experiments.strategies.processes"),
    "mp_pool fork": ("{use: mp_pool, start_method: fork}", "experiments.strategies.mp_pool"),
    "asyncio": ("{use: asyncio}", "experiments.strategies.asynchronous"),
}


def measure() -> Iterator[str]:
    """One line per strategy: (overhead - the strategy's own imports) / bare start; at most 2.0 is the aim."""
    commands = {"bare": BARE}
    for name, (_, module) in STRATEGIES.items():
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}"
        commands[name] = (*BARE[:-1], code)
    start_s = medians(commands, ROUNDS)
    bare_s = start_s["bare"]
    yield f"bare interpreter start: {bare_s * 1e3:.1f} ms"
    for name, (choice, _) in STRATEGIES.items():
        overhead_s, fixed_s = overhead(choice)
        imports_s = start_s[name] - bare_s
        ratio = (overhead_s - imports_s) / bare_s
        yield (
            f"{name}: {overhead_s * 1e3:.1f} ms per invocation, of which its own imports {imports_s * 1e3:.1f} ms: "
            f"{ratio:.2f} x bare start (aim: {LIMIT}); once per run {fixed_s:.2f} s"
        )


def overhead(choice: str) -> tuple[float, float]:
    """Unmeasured seconds per invocation of `sleep` under a strategy, and unmeasured seconds per run."""
    few_s, few = _unmeasured(choice, FEW)
    many_s, many = _unmeasured(choice, MANY)
    each_s = (many_s - few_s) / (many - few)
    return each_s, few_s - few * each_s


def _unmeasured(choice: str, blocks: int) -> tuple[float, int]:
    """Wall time of a whole `whichpool run` less its phases, and its number of invocations."""
    with tempfile.TemporaryDirectory() as name:
        config, bundle = Path(name, "bench.yaml"), Path(name, "bundle")
        config.write_text(
            f"name: bench\nmeasure: {{blocks: {blocks}, iterations: 1, warmup: 0, memory: false, precision: null}}\n"
            f"grids:\n  - workloads: [{{use: sleep, seconds: 1ms, tasks: 2}}]\n"
            f"    strategies: [{choice}]\n    workers: [2]\n"
        )
        whichpool = str(Path(BARE[0]).with_name("whichpool"))
        wall_s = seconds((whichpool, "run", str(config), "--out", str(bundle)))
        loaded = load(bundle)
        rows = loaded.measurements
        phases = rows[(rows["metric"] == "wall") & (rows["phase"] != "total")]
        ended = json.loads((bundle / "run.json").read_text())["status"] == "complete"
        assert ended, "the benchmark's own run was cut short"
        return wall_s - float(phases["value"].sum()), int(loaded.invocations["block"].notna().sum())
