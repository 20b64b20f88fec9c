import hashlib
import time

import pytest

from experiments.catalogue import workloads
from experiments.workloads.arithmetic import IntLoop, SquareAndQuad, jump_generator, step_generator
from experiments.workloads.memory import Allocate, _held, touch_and_hold
from experiments.workloads.native import hash_block, sort_numbers
from experiments.workloads.network import TcpEcho
from experiments.workloads.transfer import Payload, make_payload
from experiments.workloads.waiting import sleep

SMALL = {
    "int_loop": {"steps": 50},
    "hash_large": {"size": 4096, "rounds": 2},
    "sort": {"length": 500},
    "sleep": {"seconds": 0.001},
    "tcp_echo": {"delay": 0.001},
    "http_get": {"delay": 0.001},
    "file_write_fsync": {"size": 5000},
    "file_read": {"size": 5000},
    "mixed": {"seconds": 0.001},
    "payload": {"size": 2000},
    "allocate": {"size": 10_000},
    "preloaded": {"size": 10_000},
    "lock_contention": {"seconds": 0.001},
    "object_graph": {"parcels": 50},
    "shared_object": {"rounds": 50},
    "hash_small": {"rounds": 3},
    "json_parse": {"length": 50},
    "numpy_elementwise": {"size": 4096, "rounds": 5},
    "numpy_matmul": {"order": 16, "rounds": 3},
    "memory_bandwidth": {"size": 10_000, "slices": 5},
    "garbage": {"pairs": 50},
    "python_kernels": {"rounds": 50},
    "heartbeat": {"interval": 0.001, "beats": 3},
}


@pytest.mark.parametrize("name", workloads())
def test_every_workload_runs_and_gives_what_it_expects(name):
    workload = workloads()[name](**SMALL.get(name, {}))
    workload.open()
    try:
        items = workload.items(6)
        results = [workload.function(item) for item in items]
        expected = workload.expected(items)
    finally:
        workload.close()
    assert len(results) == 6
    assert expected is None or workload.comparable(results) == expected
    assert all(seconds >= 0 for seconds in workload.readings(results).values())
    assert workload.predicted_task_s() > 0


@pytest.mark.parametrize("name", workloads())
def test_every_workload_says_what_it_is(name):
    class_ = workloads()[name]
    assert class_.summary().endswith(".")
    assert all(parameter.help for parameter in class_.parameters().values())


@pytest.mark.parametrize("name", sorted(set(workloads()) - {"noop", "square_and_quad"}))
def test_tasks_have_different_results_so_that_a_copied_one_is_noticed(name):
    workload = workloads()[name](**SMALL.get(name, {}))
    workload.open()
    try:
        results = [repr(workload.function(item)) for item in workload.items(6)]
    finally:
        workload.close()
    assert len(set(results)) == 6


@pytest.mark.parametrize(("start", "steps"), [(0, 0), (5, 1), (0, 2), (123, 1000), (7, 65_537)])
def test_jumping_ahead_is_stepping(start, steps):
    assert jump_generator(start, steps) == step_generator((start, steps))


def test_int_loop_stays_below_one_digit_of_a_python_integer():
    assert IntLoop.function((2**22 - 1, 1)) < 2**22
    assert (2**22 - 1) * 69 + 5 < 2**30


def test_square_and_quad_is_the_classic_example():
    workload = SquareAndQuad()
    assert [workload.function(item) for item in workload.items(2)] == [49, 2401]


def test_hash_block_hashes_the_salt_and_the_blocks():
    block = bytes(range(256)) * 4
    assert hash_block((3, 1024, 2)) == hashlib.sha256(b"3" + block + block).hexdigest()


def test_sort_numbers_sorts_scattered_numbers():
    result = sort_numbers((0, 1600))
    assert len(result) == 16
    assert result == sorted(result)
    assert result != list(range(16))


def test_a_sleep_cannot_be_shorter_than_asked():
    start = time.perf_counter()
    assert sleep((4, 0.02)) == 4
    assert time.perf_counter() - start >= 0.0199


@pytest.mark.parametrize(("kind", "type_"), [("bytes", bytes), ("ints", list), ("dict", dict)])
def test_payloads_are_of_their_kind_and_differ(kind, type_):
    first, second = make_payload(kind, 4096, 0), make_payload(kind, 4096, 1)
    assert isinstance(first, type_)
    assert first != second
    assert len(first) == {"bytes": 4096, "ints": 512, "dict": 256}[kind]


def test_payload_is_predicted_to_cost_more_when_it_is_larger():
    assert Payload(size=1 << 26).predicted_task_s() > 100 * Payload(size=1 << 10).predicted_task_s()


def test_allocated_memory_is_held_until_the_next_batch():
    _held.clear()
    workload = Allocate(size=5000)
    for item in workload.items(3):
        touch_and_hold(item)
    assert [len(blocks) for blocks in _held.values()] == [3]
    next_item = workload.items(1)[0]
    touch_and_hold(next_item)
    assert [[len(block) for block in blocks] for blocks in _held.values()] == [[5000]]


def test_the_echo_server_waits_before_it_answers_and_is_gone_afterwards():
    workload = TcpEcho(delay=0.03, size=100_000)
    workload.open()
    server = workload._process
    start = time.perf_counter()
    assert workload.function(workload.items(1)[0]) == 0
    assert time.perf_counter() - start >= 0.03
    workload.close()
    assert server.poll() is not None


def test_an_unknown_parameter_is_refused():
    with pytest.raises(TypeError, match="no parameter stepz"):
        IntLoop(stepz=3)
