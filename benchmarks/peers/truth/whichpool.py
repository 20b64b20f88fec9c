"""whichpool, with the functions of the same programs as the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from benchmarks.peers.command import PeerFailed, run
from benchmarks.peers.environment import Settings
from benchmarks.peers.truth.programs.needs import TOUCHED_MIB
from benchmarks.peers.truth.tools import Command, Readings, Tool, prepare
from pipeline.store import load
from pipeline.store.bundle import Bundle

BUNDLE = "bundle"
MEMORY_INVOCATIONS = 3
"""More blocks don't mean more of them."""
PLAIN: Mapping[str, object] = {"iterations": 1, "warmup": 0, "oracles": False, "disturbed": "ignore"}


def memory(settings: Settings, folder: Path, times: int) -> Readings:
    """`peak_memory` of its memory invocations, of which a run has three for each case.

    Raises:
        PeerFailed: whichpool failed.
    """
    calls = [f"needs.py:{name}" for name in TOUCHED_MIB]
    bundle = _measured(settings, folder, calls, {**PLAIN, "blocks": min(times, MEMORY_INVOCATIONS)})
    return _metric(bundle, "peak_memory", "total", calls)


def cpu(settings: Settings, folder: Path, times: int) -> Readings:
    """`cpu` of the whole invocation and of its phase `steady`.

    Raises:
        PeerFailed: whichpool failed.
    """
    calls = ["orphan.py:orphan"]
    bundle = _measured(settings, folder, calls, {**PLAIN, "blocks": times, "memory": False})
    return {**_metric(bundle, "cpu", "total", calls), **_metric(bundle, "cpu", "steady", calls)}


def hanging(settings: Settings, folder: Path) -> Command:
    """One invocation with the key `timeout`."""
    return _ready(settings, folder, ["hang.py:hang"], {**PLAIN, "blocks": 1, "memory": False, "timeout": "3s"})


def reported(folder: Path, _output: str, code: int) -> str:
    """Status and error of the invocation."""
    row = load(folder / BUNDLE).invocations.iloc[0]
    return f"exit code {code}: status {row['status']}, {row['error']}"


def _ready(settings: Settings, folder: Path, calls: Sequence[str], measure: Mapping[str, object]) -> Command:
    prepare(folder)
    workloads = [{"use": call, "items": f"{call.partition(':')[0]}:ITEMS"} for call in calls]
    grid = {"workloads": workloads, "strategies": "serial"}
    configuration = {"name": "peers", "measure": dict(measure), "grids": grid}
    (folder / "peers.yaml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return Command([settings.ours.with_name("whichpool"), "run", "peers.yaml", "--out", BUNDLE])


def _measured(settings: Settings, folder: Path, calls: Sequence[str], measure: Mapping[str, object]) -> Bundle:
    run(_ready(settings, folder, calls, measure).parts, folder)
    bundle = load(folder / BUNDLE)
    bad = bundle.invocations[bundle.invocations["status"] != "ok"]
    if not bad.empty:
        raise PeerFailed(f"{bad.iloc[0]['workload']}: {bad.iloc[0]['status']}: {bad.iloc[0]['error']}")
    return bundle


def _metric(bundle: Bundle, metric: str, phase: str, calls: Sequence[str]) -> Readings:
    """All values of a metric, by the function's name; the metric is named with phase and method."""
    rows = bundle.measurements[(bundle.measurements["metric"] == metric) & (bundle.measurements["phase"] == phase)]
    rows = rows.merge(bundle.invocations[["invocation", "workload"]], on="invocation")
    methods = " and ".join(f"`{method}`" for method in sorted(set(rows["method"])))
    values = {call: rows.loc[rows["workload"].str.endswith(call), "value"].astype(float).tolist() for call in calls}
    found = {call.partition(":")[2]: readings for call, readings in values.items() if readings}
    return {f"`{metric}` of `{phase}` ({methods})": found}


TOOL = Tool("whichpool", memory, cpu, hanging, reported)
