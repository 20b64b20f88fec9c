"""Data arrive as they were sent, and shared memory is gone afterwards, whoever was killed."""

import copyreg
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.workloads.sampling import CopiedError, sample_view, samples
from experiments.workloads.shared_blocks import NoRoomError, SharedBlocks
from experiments.workloads.transfer import NotPicklableError, Payload, make_payload
from pipeline.machine.interpreters import discover
from tests.experiments.strategies.building import METHODS, ROOT, interpreter_with, told_by
from tests.experiments.workloads.opening import opened, run

SHOWN = Path("/dev/shm")
SHOWS = pytest.mark.skipif(not SHOWN.is_dir(), reason="this system doesn't show its shared memory")
KINDS = ("bytes", "ints", "dict", "numpy")
BUFFERS = ("bytes", "numpy")
STRATEGIES = [("serial", None), ("threads", None), *(("processes", method) for method in METHODS), ("mp_pool", "fork")]


def blocks(process_id):
    return sorted(path.name for path in SHOWN.glob(f"whichpool-*-{process_id}-*"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [0, 8, 100_000])
def test_what_comes_back_is_what_was_sent(kind, size):
    with opened("payload", kind=kind, size=size) as workload:
        for strategy, method in (("serial", None), ("processes", "fork")):
            run(workload, strategy, 3, method)


@pytest.mark.parametrize("kind", BUFFERS)
@pytest.mark.parametrize(("strategy", "method"), STRATEGIES)
def test_a_block_is_seen_from_every_process(kind, strategy, method):
    with opened("payload", kind=kind, transport="shared_memory", size=100_003) as workload:
        run(workload, strategy, 3, method)
        run(workload, strategy, 3, method)
        assert len(blocks(os.getpid())) == 3 if SHOWN.is_dir() else True
    assert blocks(os.getpid()) == []


@pytest.mark.parametrize("kind", BUFFERS)
@pytest.mark.parametrize("strategy", ["serial", "threads"])
def test_a_view_is_passed_on_as_it_is(kind, strategy):
    for size in (0, 8, 100_000):
        with opened("payload", kind=kind, transport="memoryview", size=size) as workload:
            run(workload, strategy, 3)


@pytest.mark.parametrize(("strategy", "method"), [("processes", "fork"), ("mp_pool", "spawn")])
def test_a_view_cannot_go_to_another_process_and_says_so(strategy, method):
    why = r"cannot pickle a memoryview \(100 bytes\).*shared_memory"
    with opened("payload", transport="memoryview", size=100) as workload, pytest.raises(NotPicklableError, match=why):
        run(workload, strategy, 2, method)
    assert memoryview not in copyreg.dispatch_table


def test_a_copy_in_place_of_a_view_is_noticed():
    """As engines make it that pickle more than `pickle` does."""
    view, *others = Payload(transport="memoryview", size=10).items(1)[0]
    with pytest.raises(CopiedError, match="a memoryview arrived as bytes: this strategy copies memory"):
        sample_view((bytes(view), *others))


IN_INTERPRETERS = """
from experiments.strategies.subinterpreters import Subinterpreters
from experiments.workloads.transfer import Payload
right = []
for transport in ("pickle", "memoryview", "shared_memory"):
    workload, strategy = Payload(transport=transport, size=50_000), Subinterpreters(2)
    workload.open()
    items = workload.items(4)
    strategy.start(workload.function)
    right.append(workload.comparable(strategy.run(workload.function, items)) == workload.expected(items))
    strategy.stop()
    workload.close()
print(json.dumps(right))
"""


def test_interpreters_of_one_process_see_views_and_blocks():
    executable = interpreter_with("pool of subinterpreters", lambda one: one.interpreter_pool)
    assert told_by(executable, IN_INTERPRETERS) == [True, True, True]


MADE = """
import sys
sys.path.insert(0, sys.argv[1])
from experiments.strategies.processes import Processes
from experiments.workloads.transfer import Payload

def use(method):
    workload, strategy = Payload(transport="shared_memory", size=5000), Processes(2, start_method=method)
    workload.open()
    items = workload.items(4)
    strategy.start(workload.function)
    for _ in range(2):
        assert strategy.run(workload.function, items) == workload.expected(items)
    strategy.stop()
    assert strategy.workers and workload.items(4) == items
    again = [workload.function(item) for item in items]
    assert again == workload.expected(items), "a worker's tracker has unlinked what isn't its own"
    workload.close()

if __name__ == "__main__":
    for method in sys.argv[2:]:
        use(method)
"""


def tracked_and_not():
    """The oldest and the newest CPython: before 3.13, attaching to a block registers it with a tracker."""
    cpython = [one for one in discover() if one.implementation == "CPython" and one.version_info >= (3, 9)]
    return {"oldest": cpython[0].executable, "newest": cpython[-1].executable}


@pytest.mark.parametrize("which", ["oldest", "newest"])
def test_resource_trackers_have_nothing_to_complain_about(which, tmp_path):
    (tmp_path / "made.py").write_text(MADE)
    command = [tracked_and_not()[which], "-W", "error", str(tmp_path / "made.py"), str(ROOT), *METHODS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


KILLED = """
import sys
sys.path.insert(0, sys.argv[1])
from experiments.workloads.transfer import Payload
workload = Payload(transport="shared_memory")
workload.open()
workload.items(2)
print("made", flush=True)
sys.stdin.read()
"""


@SHOWS
def test_blocks_of_a_process_that_was_killed_are_removed_by_the_next():
    command = [sys.executable, "-c", KILLED, str(ROOT)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, start_new_session=True, **pipes) as process:
        assert process.stdout.readline() == "made\n"
        with opened("payload", transport="shared_memory"):
            assert len(blocks(process.pid)) == 2, "its owner lives"
        os.killpg(process.pid, signal.SIGKILL)
    assert len(blocks(process.pid)) == 2
    with opened("payload", transport="shared_memory"):
        assert blocks(process.pid) == []


@SHOWS
@pytest.mark.parametrize("times", [2, 1 << 20])
def test_too_large_a_block_is_refused_instead_of_ending_the_process(times):
    there = os.statvfs(SHOWN)
    size = there.f_blocks * there.f_frsize * times
    made = SharedBlocks()
    try:
        with pytest.raises(NoRoomError, match=f"no room for {size:,} more bytes of shared memory: .*smaller size"):
            made.put(0, size, lambda memory: None)
    finally:
        made.close()
    assert blocks(os.getpid()) == []


def test_samples_reach_from_the_first_to_the_last():
    data = bytearray(1000)
    nothing = samples(memoryview(data), "bytes")
    for place in (0, 999):
        data[place] = 1
        assert samples(memoryview(data), "bytes") != nothing
        data[place] = 0


def test_an_array_is_one_of_numpy():
    np = pytest.importorskip("numpy")
    made = make_payload("numpy", 800, 2)
    assert (made.dtype, made.shape, made[0], made[-1]) == (np.int64, (100,), 3_000_000, 3_000_099)
    assert Payload.libraries({"kind": "numpy"}) == ("numpy",)
    assert Payload.libraries({}) == Payload.libraries({"kind": "ints"}) == ()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"transport": "shared_memory", "kind": "dict"}, "kind can be bytes or numpy, not dict"),
        ({"transport": "memoryview", "kind": "ints"}, "kind can be bytes or numpy, not ints"),
        ({"transport": "shared_memory", "size": 7}, "needs a size of 8 bytes or more, not 7"),
    ],
)
def test_transports_of_memory_refuse_what_is_none(values, why):
    assert why in Payload.contradiction(values)
    with pytest.raises(ValueError, match=why):
        Payload(**values)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_can_be_pickled(kind):
    assert Payload.contradiction({"kind": kind}) is None


def test_a_reference_is_predicted_to_cost_the_same_at_every_size():
    small, large = (Payload(transport="shared_memory", size=size).predicted_task_s() for size in (1 << 10, 1 << 26))
    assert small == large
