import json
import marshal
import math
import os

import pytest

from experiments.probe import clocks, messages
from experiments.probe.calibration import find_size
from experiments.probe.checksum import checksum
from experiments.probe.invocation import WrongResults, _verify
from experiments.workloads.arithmetic import Noop

VALUES = [
    None,
    True,
    -12,
    0.1,
    1e-300,
    'quotes " and \\ and é\U0001f600\x00',
    [],
    {},
    {"a": [1, {"b": None}], "phase": "steady", "wall": 0.25},
]


@pytest.mark.parametrize("value", VALUES)
def test_messages_are_json(value):
    assert json.loads(messages.encode(value)) == value


def test_a_message_survives_the_channel_in_pieces():
    read, write = os.pipe()
    order = marshal.dumps({"text": "x" * 30_000}, messages.ORDER_FORMAT)
    os.write(write, len(order).to_bytes(messages.LENGTH_BYTES, "big") + order)
    assert messages.receive(read) == {"text": "x" * 30_000}
    os.close(write)
    with pytest.raises(EOFError):
        messages.receive(read)
    os.close(read)


def test_the_checksum_depends_on_values_and_order_only():
    assert checksum([1, 2]) == checksum([1, 2])
    assert checksum([1, 2]) != checksum([2, 1])
    assert checksum([1, 2]) != checksum([1, 2, 2])
    assert checksum([[1], 2]) != checksum([1, [2]])
    assert checksum([{"a": 1, "b": 2}]) == checksum([{"b": 2, "a": 1}])
    assert checksum([{1, 2, 3}]) == checksum([{3, 2, 1}])
    assert checksum([1]) != checksum([1.0]) != checksum(["1"])
    assert checksum([b"ab"]) != checksum([b"ac"])


def test_the_checksum_says_when_it_could_not_look_inside():
    assert not checksum([1, "a", None, b"x", (2.5,), math.inf]).startswith("~")
    assert checksum([object()]).startswith("~")


def test_calibration_finds_the_size_of_a_linear_task():
    size, seconds = find_size(lambda size: 3e-6 * size + 1e-6, 0.010)
    assert seconds == pytest.approx(0.010, rel=0.01)
    assert size == pytest.approx(0.010 / 3e-6, rel=0.01)


def test_calibration_of_a_task_that_is_always_too_long_gives_the_smallest_size():
    assert find_size(lambda size: 1.0 * size, 0.010) == (1, 1.0)
    assert find_size(lambda size: 1e-6 * size, 0.0) == (1, 1e-6)


def test_calibration_gives_up_on_a_task_that_never_gets_longer():
    with pytest.raises(ValueError, match="still takes only"):
        find_size(lambda size: 1e-6, 0.010)


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ([0, 1], "3 tasks gave 2 results"),
        ([0, 1, 2, 2], "3 tasks gave 4 results"),
        ([0, 0, 2], "1 of 3 results are wrong, the first at task 1"),
    ],
)
def test_lost_duplicated_and_copied_tasks_are_caught(results, message):
    with pytest.raises(WrongResults, match=message):
        _verify(Noop(), [0, 1, 2], results)


def test_right_results_pass():
    _verify(Noop(), [0, 1, 2], [0, 1, 2])


def test_cpu_time_of_another_process_is_seen_while_it_lives():
    pid = os.fork()
    if pid == 0:
        sum(range(3_000_000))
        os.kill(os.getpid(), 19)
        os._exit(0)
    os.waitpid(pid, os.WUNTRACED)
    alone, with_child = clocks.cpu_seconds([]), clocks.cpu_seconds([pid])
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    assert with_child - alone > 0.005
