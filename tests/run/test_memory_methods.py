"""The ways to read memory where there is no private control group, each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.catalogue import place, strategies, workloads

ROOT = Path(__file__).parents[2]
SCRIPT = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from pipeline.machine import processes
from pipeline.run.spawner import memory
from pipeline.run.spawner.supervise import supervise
memory.cgroup.create = lambda name: None
if sys.argv[2] == "uss":
    memory._has_pss = lambda: False
processes.become_subreaper()
read, write = os.pipe()
print(json.dumps(supervise(json.loads(sys.argv[3]), read)))
"""


def measured(method, strategy, size_bytes, **options):
    request = {
        "number": 1,
        "interpreter": [sys.executable, "-I", "-S"],
        "code_folder": str(ROOT),
        "environment": {},
        "timeout_s": 30.0,
        "memory": True,
        "parallel": strategies()[strategy].parallel,
        "probe": {
            "do": "measure",
            "pass": "memory",
            "workload": place(workloads()["allocate"]),
            "parameters": {"size": size_bytes},
            "strategy": place(strategies()[strategy]),
            "options": options,
            "workers": 2,
            "tasks": 8,
            "warmup": 0,
            "iterations": 1,
            "memory_limit_bytes": None,
        },
    }
    command = [sys.executable, "-c", SCRIPT, str(ROOT), method, json.dumps(request)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    answer = json.loads(result.stdout)
    assert answer["status"] == "ok", answer
    return {row["metric"]: row for row in answer["memory"]}


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="no proportional set sizes here")
@pytest.mark.parametrize(("strategy", "options"), [("threads", {}), ("processes", {"start_method": "fork"})])
def test_proportional_set_sizes_see_what_is_touched_and_count_shared_pages_once(strategy, options):
    small, large = (measured("pss", strategy, size, **options) for size in (1 << 20, 9 << 20))
    assert large["peak_memory"]["method"] == "pss_sampled"
    added = large["peak_memory"]["value"] - small["peak_memory"]["value"]
    assert added == pytest.approx(64 << 20, rel=0.03)
    assert large["worker_memory"]["value"] < 8 << 20


def test_unique_set_sizes_by_psutil_stand_in_where_there_is_no_proc():
    small, large = (measured("uss", "processes", size, start_method="fork") for size in (1 << 20, 9 << 20))
    assert large["peak_memory"]["method"] == "uss_sampled"
    assert large["worker_memory"]["method"] == "uss"
    added = large["peak_memory"]["value"] - small["peak_memory"]["value"]
    assert added == pytest.approx(64 << 20, rel=0.03)
