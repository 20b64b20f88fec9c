"""What a measured process imports: a strategy or a workload that a case doesn't use must cost it nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = """
import __future__, os, sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
import experiments.probe.main
from experiments.probe.invocation import load_class
for place in sys.argv[2:]:
    load_class(place)
print(*sorted(set(sys.modules) - before))
"""
PROBE = {
    "experiments",
    "experiments.parameters",
    "experiments.probe",
    "experiments.probe.channel",
    "experiments.probe.checksum",
    "experiments.probe.clocks",
    "experiments.probe.invocation",
    "experiments.probe.main",
    "experiments.probe.messages",
    "experiments.strategies",
    "experiments.strategies.base",
    "experiments.strategies.serial",
    "experiments.workloads",
    "experiments.workloads.base",
}
BUILT_IN = {"gc", "zlib"}
"""Extension modules that some interpreters have inside; where they don't, each is one file to load."""


@pytest.mark.parametrize(
    ("workload", "own"),
    [
        ("experiments.workloads.arithmetic:IntLoop", {"experiments.workloads.arithmetic"}),
        ("experiments.workloads.waiting:Sleep", {"experiments.workloads.waiting"}),
    ],
)
def test_a_serial_case_imports_only_what_it_uses(workload, own):
    command = [sys.executable, "-I", "-S", "-c", CODE, str(ROOT), workload, "experiments.strategies.serial:Serial"]
    imported = set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert imported - BUILT_IN == PROBE | own
