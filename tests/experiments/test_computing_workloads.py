"""What the workloads that compute and use memory must do if they are what they say."""

import gc
import hashlib
import json
import sys
import time

import pytest

from experiments.catalogue import workloads
from experiments.workloads.bandwidth import Buffers, MemoryBandwidth, copy_slices, stamped
from experiments.workloads.memory import make_garbage
from experiments.workloads.native import hash_block, hash_small_blocks
from experiments.workloads.objects import KINDS, STATIONS, build_ring, deliver, delivered, round_trip
from experiments.workloads.parsing import parse, record, record_text
from experiments.workloads.sharing import SharedObject, priced, use_ledger
from tests.support.turns import AT_ONCE_S, NEVER_S, gives_turns

TENS_OF_MS = [
    ("int_loop", {"steps": 500_000}, "between instructions"),
    ("object_graph", {"parcels": 5000}, "between instructions"),
    ("shared_object", {"rounds": 100_000}, "between instructions"),
    ("garbage", {"pairs": 80_000}, "between instructions"),
    ("python_kernels", {"rounds": 400_000}, "between instructions"),
    ("hash_small", {"rounds": 30_000}, "between instructions"),
    ("hash_small", {"size": 2048, "rounds": 30_000}, "during calls"),
    ("hash_large", {"rounds": 60}, "during calls"),
    ("sort", {"length": 300_000}, "never"),
    ("json_parse", {"length": 20_000}, "never"),
    ("memory_bandwidth", {"size": 1 << 24, "slices": 400}, "during calls"),
    ("memory_bandwidth", {"size": 1 << 24, "slices": 400, "gil": "kept"}, "between instructions"),
    ("numpy_elementwise", {"size": 1 << 20, "rounds": 150}, "during calls"),
    ("numpy_elementwise", {"size": 1 << 10, "rounds": 20_000}, "between instructions"),
    ("numpy_matmul", {"rounds": 40}, "during calls"),
]
"""When a task lets other threads run where there is a GIL."""

IN_PROPORTION = [
    ("int_loop", {}),
    ("object_graph", {}),
    ("shared_object", {"copies": "shared"}),
    ("shared_object", {"copies": "private"}),
    ("hash_small", {}),
    ("hash_large", {"size": 4096}),
    ("json_parse", {}),
    ("memory_bandwidth", {"size": 1 << 24}),
    ("garbage", {"cycles": "off"}),
    ("numpy_elementwise", {"size": 4096}),
    ("numpy_matmul", {"order": 64}),
    ("python_kernels", {}),
]


def calibrated(name):
    return next(key for key, parameter in workloads()[name].parameters().items() if parameter.target_s is not None)


def cpu_s(*workloads, rounds=7):
    """The least CPU time that a task of each took this thread, by turns: a slow moment then hits all of them."""
    items = [workload.items(1)[0] for workload in workloads]
    least = [float("inf")] * len(items)
    for turn in range(rounds + 1):
        for index, (workload, item) in enumerate(zip(workloads, items, strict=True)):
            start = time.thread_time()
            workload.function(item)
            if turn:
                least[index] = min(least[index], time.thread_time() - start)
    return least


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="this interpreter has no GIL")
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="about CPython's GIL")
@pytest.mark.parametrize(("name", "values", "when"), TENS_OF_MS)
def test_other_threads_run_when_it_is_said_that_they_do(name, values, when):
    workload = workloads()[name](**values)
    item = workload.items(1)[0]
    # Nobody is asked to let go of the GIL: others run only if it is released by the task itself.
    assert gives_turns(workload.function, item, NEVER_S) == (when == "during calls")
    # It is asked for all the time: others run unless the task is one single instruction.
    assert gives_turns(workload.function, item, AT_ONCE_S) == (when != "never")


@pytest.mark.parametrize(("name", "values"), IN_PROPORTION)
def test_the_time_of_a_task_is_in_proportion_to_its_calibrated_size(name, values):
    class_, parameter = workloads()[name], calibrated(name)
    size = 1
    while cpu_s(class_(**values, **{parameter: size}))[0] < 0.001:
        size *= 2
    sizes = (1, size, 4 * size)
    least, small, large = cpu_s(*(class_(**values, **{parameter: each}) for each in sizes), rounds=25)
    assert 2.5 < large / small < 6
    assert least < small / 2


@pytest.mark.parametrize(("first", "parcels"), [(0, 1), (3, 23), (0, 24), (5, 25), (1000, 100), (2**22 - 1, 50)])
def test_parcels_arrive_as_the_formula_says(first, parcels):
    assert deliver((first, parcels)) == delivered(first, parcels)
    assert delivered(first, parcels) != delivered(first + 1, parcels)


def test_a_ring_has_stations_of_every_kind_and_is_closed():
    ring = build_ring()
    assert {type(station) for station in ring.values()} == set(KINDS)
    assert {station.onward for station in ring.values()} == set(ring)
    factor, offset = round_trip(0)
    assert (factor * 9 + offset) % 2**22 == deliver((9, 1))[0]
    assert len(ring) == STATIONS


@pytest.mark.parametrize(("first", "rounds"), [(0, 1), (3, 7), (3, 8), (3, 9), (0, 1000)])
@pytest.mark.parametrize("copies", ["shared", "private"])
def test_a_ledger_counts_every_entry_and_adds_up_prices(first, rounds, copies):
    assert use_ledger((first, rounds, copies)) == (first, rounds, priced(first, rounds), priced(first, rounds))


def test_an_entry_that_is_lost_by_any_task_makes_the_results_wrong():
    workload = SharedObject(rounds=20)
    items = workload.items(3)
    results = [use_ledger(item) for item in items]
    index, counted, own, taken = results[1]
    for wrong in [
        (index, counted - 1, own, taken),
        (index, counted, own, taken - 5000),
        (index, counted, own - 1, taken),
    ]:
        assert workload.comparable([results[0], wrong, results[2]]) != workload.expected(items)
    swapped = [(*results[0][:3], results[1][3]), (*results[1][:3], results[0][3]), results[2]]
    assert workload.comparable(swapped) == workload.expected(items)


@pytest.mark.parametrize("size", [0, 1, 2047, 2048, 5000])
def test_hashing_blocks_one_by_one_is_hashing_all_at_once(size):
    assert hash_small_blocks((7, size, 3)) == hashlib.sha256(b"7" + b"\x07" * 3 * size).hexdigest()
    block = (bytes(range(256)) * (size // 256 + 1))[: size // 256 * 256] + bytes(size % 256)
    assert hash_block((7, size, 3)) == hashlib.sha256(b"7" + block * 3).hexdigest()


@pytest.mark.parametrize("length", [1, 15, 16, 17, 100])
def test_a_text_is_parsed_into_the_records_that_it_was_written_from(length):
    index, count, records = parse((3, length))
    assert (index, count) == (3, length)
    assert records == [record(number) for number in range(0, length, max(1, length // 16))]
    assert json.loads(record_text(length)) == record(length)


@pytest.mark.parametrize("gil", ["released", "kept"])
def test_copying_goes_through_the_whole_of_the_buffers_and_begins_anew(gil):
    buffers = Buffers(3_500_000, gil)
    places = []
    for stamp in range(4):
        places.append(buffers.position)
        assert buffers.copy_next(stamp) == stamp
    assert places == [0, 1 << 20, 2 << 20, 0]
    copied = 3 << 20
    assert buffers.target[:copied] == buffers.source[:copied]
    assert buffers.source[(1 << 20) - 1] == 3
    assert set(buffers.target[copied:]) == {2}


@pytest.mark.parametrize(("first", "slices"), [(0, 1), (250, 10), (3, 256), (9, 1000)])
def test_stamps_add_up(first, slices):
    assert copy_slices((first, 1000, "kept", slices)) == (first, stamped(first, slices))
    assert stamped(first, slices) == sum(number % 256 for number in range(first, first + slices))


def test_buffers_are_used_again_and_given_back():
    workload = MemoryBandwidth(size=5000, slices=1)
    before = Buffers.__init__
    made = []
    Buffers.__init__ = lambda self, *values: made.append(values) or before(self, *values)
    try:
        for item in workload.items(5):
            copy_slices(item)
        assert made == [(5000, "released")]
        workload.close()
        copy_slices(workload.items(1)[0])
        assert len(made) == 2
    finally:
        Buffers.__init__ = before
        workload.close()


def test_memory_is_slower_than_a_cache():
    """Buffers of 2 * 128 KiB stay in the second level of cache, those of 2 * 128 MiB in none of most machines."""

    def seconds_per_byte(size, slices):
        workload = MemoryBandwidth(size=size, slices=slices)
        try:
            return cpu_s(workload)[0] / (slices * min(size, 1 << 20))
        finally:
            workload.close()

    assert seconds_per_byte(128 << 20, 128) > 1.2 * seconds_per_byte(128 << 10, 1024)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="about CPython's reference counts")
@pytest.mark.parametrize(("cycles", "found"), [("on", 2 * 20_000), ("off", 0)])
def test_only_the_collector_finds_objects_in_cycles(cycles, found):
    def collected():
        return sum(generation["collected"] for generation in gc.get_stats())

    gc.collect()
    before = collected()
    make_garbage((0, 20_000, cycles))
    gc.collect()
    # Whatever else the process does in between makes little garbage beside that.
    assert found <= collected() - before < found + 2000


@pytest.mark.parametrize(("first", "pairs"), [(0, 1), (3, 10), (7, 1001)])
def test_the_sum_of_the_numbers_in_garbage(first, pairs):
    expected = workloads()["garbage"](pairs=pairs).expected([(first, pairs, "on")])
    assert [make_garbage((first, pairs, "off"))] == [make_garbage((first, pairs, "on"))] == expected
