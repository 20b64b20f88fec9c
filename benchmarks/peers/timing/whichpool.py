"""Runs a kernel through whichpool, as a function of the user's."""

from __future__ import annotations

from pathlib import Path

import yaml

from benchmarks.peers.command import PeerFailed, run
from benchmarks.peers.environment import Settings
from benchmarks.peers.timing.kernels import CASES, WORKERS
from benchmarks.peers.timing.record import CHECK, Record, Task, Unit, prepare
from pipeline.analysis.invocation_times import times
from pipeline.store import load
from pipeline.store.bundle import Bundle

NOTE = (
    "`whichpool run` of the same file's functions as the user's own; one warm-up and three iterations per invocation, "
    "oracles, and repeats of what was disturbed (defaults). All cases in turns of random order: paired t"
)
OPTIONS = "`blocks: {processes}`, `memory: false` since the others measure time alone"
DEFAULTS = "8 to 30 blocks until ±3 %, with its measurements of memory"
STRATEGIES = {
    "serial": "serial",
    "threads": "threads",
    "processes": {"use": "processes", "start_method": "fork"},
}


def measure(settings: Settings, task: Task, folder: Path) -> Record:
    """One run of all cases of the task.

    Raises:
        PeerFailed: whichpool failed, or left the run incomplete.
    """
    prepare(folder, task)
    (folder / "peers.yaml").write_text(yaml.safe_dump(_configuration(task)), encoding="utf-8")
    bundle = folder / "bundle"
    done = run([settings.ours.with_name("whichpool"), "run", "peers.yaml", "--out", bundle], folder)
    loaded = load(bundle)
    if loaded.run["status"] != "complete":
        raise PeerFailed(f"the run is {loaded.run['status']}")
    return Record(done.start_s, done.end_s, _units(loaded), paired=True)


def _configuration(task: Task) -> dict[str, object]:
    measure: dict[str, object] = {}
    if task.processes is not None:
        measure |= {"blocks": task.processes, "memory": False}
    if not task.checks:
        measure["oracles"] = False
    grid = {
        "workloads": {"use": f"kernels.py:{task.kernel}", "items": "kernels.py:items"},
        "strategies": [STRATEGIES[case] for case in CASES if case in task.cases],
        "workers": WORKERS,
    }
    return {"name": "peers", "measure": measure, "grids": grid}


def _units(bundle: Bundle) -> tuple[Unit, ...]:
    """All invocations; an oracle's, or one that was repeated or measured memory, takes time and has no value."""
    steady = times(bundle.invocations, bundle.measurements)
    values: dict[int, float] = dict(zip(steady["invocation"].tolist(), steady["steady_s"].tolist(), strict=True))
    rows = bundle.invocations.sort_values("started_at")
    cases = rows["strategy"].where(rows["oracle"].isna(), CHECK)
    begins = rows["started_at"].map(lambda time: time.timestamp())
    units = []
    for number, case, begin_s, duration_s in zip(
        rows["invocation"].tolist(), cases.tolist(), begins.tolist(), rows["duration_s"].tolist(), strict=True
    ):
        value_s = None if case == CHECK else values.get(number)
        units.append(Unit(case, begin_s, begin_s + duration_s, value_s))
    return tuple(units)
