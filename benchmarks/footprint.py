"""How quickly the command line answers, and how small the process is that supervises measurements."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.timing import BARE, ROOT, medians
from experiments.catalogue import place, strategies, workloads
from pipeline.run.client import Spawner

ROUNDS = 15
HELP_LIMIT_S = 0.2
SPAWNER_LIMIT_BYTES = 20 << 20
SERIAL_IMPORTS = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); import experiments.probe.main, experiments.probe.invocation, "
    "experiments.strategies.serial, experiments.workloads.arithmetic"
)


def measure() -> Iterator[str]:
    """The start of `--help` and of a serial case, and the memory of the spawner after a measurement."""
    whichpool = str(Path(BARE[0]).with_name("whichpool"))
    serial = (*BARE[:-1], SERIAL_IMPORTS)
    taken = medians({"bare": BARE, "help": (whichpool, "--help"), "serial": serial}, ROUNDS)
    yield (
        f"a bare start and the imports of a serial case: {taken['serial'] / taken['bare']:.2f} x bare start "
        f"(the same however many strategies and workloads there are)"
    )
    yield (
        f"whichpool --help: {taken['help'] * 1e3:.0f} ms, {taken['help'] / taken['bare']:.1f} x bare start "
        f"(aim: under {HELP_LIMIT_S * 1e3:.0f} ms on a quiet machine)"
    )
    yield f"spawner: {_spawner_bytes() / 2**20:.1f} MiB resident (aim: under {SPAWNER_LIMIT_BYTES >> 20} MiB)"


def _spawner_bytes() -> int:
    with Spawner() as spawner:
        spawner.carry_out(
            {
                "interpreter": list(BARE[:3]),
                "environment": dict(os.environ),
                "timeout_s": 20.0,
                "memory": sys.platform == "linux",
                "parallel": True,
                "probe": {
                    "do": "measure",
                    "pass": "memory",
                    "workload": place(workloads()["noop"]),
                    "parameters": {},
                    "strategy": place(strategies()["processes"]),
                    "options": {"start_method": "spawn"},
                    "workers": 2,
                    "tasks": 16,
                    "warmup": 0,
                    "iterations": 1,
                    "memory_limit_bytes": None,
                },
            }
        )
        assert spawner.process_id is not None
        return int(psutil.Process(spawner.process_id).memory_info().rss)
