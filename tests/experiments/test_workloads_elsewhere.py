"""The workloads that compute, under other interpreters than ours: the oldest, the newest, without a GIL, PyPy."""

import builtins
import json
import subprocess
from pathlib import Path

import pytest

from experiments.workloads.python_kernels import KERNELS, PythonKernels
from pipeline.machine.interpreters import EXTRA_VARIABLE, discover

ROOT = Path(__file__).parents[2]
RUN_KERNELS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from experiments.workloads.python_kernels import KERNELS, PythonKernels
found = {}
for kernel in KERNELS:
    workload = PythonKernels(kernel=kernel, rounds=100)
    items = workload.items(3)
    try:
        found[kernel] = [workload.function(item) for item in items]
    except Exception as error:
        found[kernel] = str(error)
json.dump(found, sys.stdout)
"""
SHARE = """
import json, sys, threading, time
sys.path.insert(0, sys.argv[1])
from experiments.workloads.sharing import SharedObject

def run(workload, items, results):
    results += [workload.function(item) for item in items]

def together(copies, threads, rounds):
    workload = SharedObject(copies=copies, rounds=rounds)
    items, results = workload.items(2 * threads), []
    workers = [threading.Thread(target=run, args=(workload, items[n::threads], results)) for n in range(threads)]
    wall, cpu = time.perf_counter(), time.process_time()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    results.sort()
    assert workload.comparable(results) == workload.expected(items), results
    return cpu / wall, cpu / len(items)

for _ in range(20):
    together("shared", 4, 3000)
alone, beside = {"shared": [], "private": []}, {"shared": [], "private": []}
end = time.perf_counter() + 6
while min(map(len, beside.values())) < 8 and time.perf_counter() < end:
    for copies in alone:
        alone[copies].append(together(copies, 1, 10000)[1])
        cpus, task_s = together(copies, 2, 10000)
        if cpus > 1.6:
            beside[copies].append(task_s)
json.dump({copies: min(beside[copies]) / min(alone[copies]) for copies in alone if beside[copies]}, sys.stdout)
"""


def chosen():
    """Of each kind one, by what it is here for."""
    found = [one for one in discover() if one.version_info >= (3, 9)]
    cpython = [one for one in found if one.implementation == "CPython"]
    kinds = {
        "oldest": [one for one in cpython if not one.free_threaded][:1],
        "newest": [one for one in cpython if not one.free_threaded][-1:],
        "free-threaded": [one for one in cpython if one.free_threaded][-1:],
        "PyPy": [one for one in found if one.implementation == "PyPy"][-1:],
    }
    return {kind: ones[0] for kind, ones in kinds.items() if ones}


@pytest.fixture(scope="module")
def interpreters():
    return chosen()


def run_under(interpreters, kind, code):
    if kind not in interpreters:
        pytest.skip(f"no interpreter of the kind {kind} was found; name one in {EXTRA_VARIABLE}")
    command = [interpreters[kind].executable, "-I", "-S", "-c", code, str(ROOT)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.parametrize("kernel", KERNELS)
def test_each_kernel_gives_the_sum_of_its_numbers_here(kernel):
    workload = PythonKernels(kernel=kernel, rounds=500)
    if kernel == "create_frozendict" and not hasattr(builtins, "frozendict"):
        pytest.skip("this Python has no frozendict")
    items = workload.items(3)
    assert [workload.function(item) for item in items] == workload.expected(items)


@pytest.mark.parametrize("kind", ["oldest", "newest", "free-threaded", "PyPy"])
def test_each_kernel_gives_the_same_everywhere(interpreters, kind):
    found = run_under(interpreters, kind, RUN_KERNELS)
    workload = PythonKernels(rounds=100)
    expected = dict.fromkeys(KERNELS, workload.expected(workload.items(3)))
    if interpreters[kind].version_info < (3, 15):
        expected["create_frozendict"] = "the kernel create_frozendict needs Python 3.15 or later"
    assert found == expected


@pytest.mark.parametrize(
    ("kernel", "version", "reason"),
    [
        ("create_frozendict", (3, 14, 5), "the kernel create_frozendict needs Python 3.15 or later; this is 3.14.5"),
        ("create_frozendict", (3, 15, 0), None),
        ("create_dict", (3, 9, 0), None),
    ],
)
def test_only_one_kernel_needs_a_new_python_and_says_so_beforehand(kernel, version, reason):
    facts = {"version_info": list(version), "version": ".".join(map(str, version))}
    assert PythonKernels.unsupported(facts, {"kernel": kernel}) == reason


def test_without_a_gil_sharing_costs_time_and_loses_nothing(interpreters):
    times = run_under(interpreters, "free-threaded", SHARE)
    if set(times) != {"shared", "private"}:
        pytest.skip("two CPUs were not free at the same time")
    assert times["shared"] > 1.2 * times["private"]
