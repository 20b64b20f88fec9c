"""The strategies that are libraries: what must hold for each of them, and the traps of each."""

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import pytest

from experiments.catalogue import strategies
from experiments.probe import clocks
from experiments.strategies import elsewhere, rendezvous
from experiments.strategies.base import NotPicklable, WorkerDied
from experiments.workloads.arithmetic import power
from experiments.workloads.burden import Burdened
from tests.experiments.strategies import tasks
from tests.experiments.strategies.building import build, started
from tests.support.engines import ENGINES, need_all

need_all()
TRACKERS = "resource_tracker import main"
"""Python's and loky's watchers of semaphores, which end with the process that they watch."""


def label(engine):
    name, options = engine
    return "-".join([name, *options.values()])


def children():
    """What processes there are below this one, as far as they have a command; the watchers of semaphores aside."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            command = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if command and TRACKERS not in command:
            found.append(process.pid)
    return set(found)


@pytest.fixture(scope="module", params=ENGINES, ids=label)
def engine(request, tmp_path_factory):
    """Each engine, started once for all tests of this module; afterwards nothing of it is left."""
    name, options = request.param
    before, environment, folder = children(), dict(os.environ), Path(tempfile.mkdtemp(prefix="e"))
    home = tmp_path_factory.mktemp("home")
    os.environ.update(TMPDIR=str(folder), HOME=str(home))
    tempfile.tempdir = None
    try:
        with started(power, name, workers=2, **options) as strategy:
            yield strategy
        assert children() <= before
        assert list(folder.iterdir()) == []
        assert list(home.iterdir()) == []
    finally:
        tempfile.tempdir = None
        shutil.rmtree(folder)
        os.environ.clear()
        os.environ.update(environment)


def test_results_come_in_order_from_distinct_workers(engine):
    assert engine.run(power, [(base, 2) for base in range(20)]) == [base * base for base in range(20)]
    assert engine.run(power, []) == []
    workers = engine.described
    assert len({(worker["process"], worker["thread"]) for worker in workers}) == engine.workers
    of_this_process = {worker["process"] == os.getpid() for worker in workers}
    assert of_this_process == {not engine.bypasses_gil}
    assert all(worker["gil_enabled"] in (True, False) for worker in workers)
    assert len(engine.standing_processes(workers)) == (2 if engine.bypasses_gil else 0)


def test_the_workers_that_met_are_those_that_work(engine):
    ran_in = set(engine.run(tasks.own_process_later, range(8)))
    assert ran_in == {worker["process"] for worker in engine.described}


def test_calls_that_look_the_same_are_all_made(engine):
    assert len(set(engine.run(tasks.token, ["same"] * 30))) == 30


def test_an_exception_keeps_its_type_its_message_and_its_place(engine):
    # One error: of two, joblib may keep the second for the next run.
    with pytest.raises(ValueError, match=r"^cannot do 1$") as caught:
        engine.run(tasks.raise_value_error, [1])
    trace = "".join(map(str, [caught.value.__cause__, *caught.traceback]))
    assert "tasks.py" in trace
    assert engine.run(power, [(3, 2)]) == [9]


def test_what_can_be_called_need_not_be_a_plain_function(engine):
    assert engine.run(functools.partial(tasks.add, 3), [1, 2]) == [4, 5]
    assert engine.run(Burdened(power), [((3, 2), b"x"), ((4, 2), b"y")]) == [9, 16]


@pytest.mark.parametrize(
    ("name", "options"), [engine for engine in ENGINES if "thread" not in label(engine) and engine[0] != "ray"]
)
@pytest.mark.parametrize(
    ("task", "cause"), [(tasks.exit_with_three, "exited with code 3"), (tasks.kill_itself, "was killed by SIGKILL")]
)
def test_a_dead_worker_is_noticed_and_its_end_is_named(name, options, task, cause):
    with started(power, name, workers=2, **options) as strategy, pytest.raises(WorkerDied, match=cause):
        strategy.run(task, [1])


def test_a_worker_of_ray_that_dies_is_noticed_and_its_task_not_tried_again(engine, tmp_path):
    if engine.name != "ray":
        pytest.skip("the others have a test of their own, which starts them anew")
    with pytest.raises(WorkerDied, match="ended during its task"):
        engine.run(tasks.note_and_exit, [str(tmp_path / "tries")])
    assert (tmp_path / "tries").read_text() == "tried\n"
    assert engine.run(power, [(3, 2)]) == [9]


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (tasks.raise_demanding, "what a task raised can't be unpickled here: .*Demanding: so demanding"),
        (tasks.raise_holder, "what a task raised can't be pickled: .*Holder.*lock"),
        (tasks.return_a_lock, "what a task returned can't be pickled: cannot pickle '_thread.lock' object"),
        (tasks.return_a_generator, "a task returned a generator, which can't be pickled"),
    ],
)
def test_what_cannot_travel_from_a_worker_of_ray_is_told_in_one_line(engine, task, reason):
    if engine.name != "ray":
        pytest.skip("what the others say depends on them")
    with pytest.raises(NotPicklable, match=f"^{reason}[^\\n]*$"):
        engine.run(task, [1])
    assert engine.run(power, [(3, 2)]) == [9]


@pytest.mark.parametrize(("arrays", "kind"), [("copied", "ndarray"), ("mapped", "memmap")])
def test_large_arrays_reach_the_processes_of_joblib_as_asked(arrays, kind):
    numpy = pytest.importorskip("numpy")
    with started(power, "joblib", workers=2, arrays=arrays) as strategy:
        large, small = numpy.ones(1 << 18), numpy.ones(10)
        assert strategy.run(tasks.kind_of, [large, small]) == [kind, "ndarray"]
    assert [path for path in Path("/dev/shm").glob("joblib*") if f"_{os.getpid()}_" in path.name] == []


@pytest.mark.parametrize("name", ["loky", "joblib"])
def test_what_a_pool_of_loky_cannot_unpickle_is_no_death(name):
    told = pytest.raises(NotPicklable, match=r"^A result has failed to un-serialize: TypeError: .*'second'$")
    with started(power, name, workers=2) as strategy, told:
        strategy.run(tasks.raise_demanding, [1])


def test_joblib_starts_no_process_for_a_single_worker():
    with started(power, "joblib", workers=1) as strategy:
        assert strategy.run(tasks.own_process, [1]) == [os.getpid()] == [strategy.described[0]["process"]]


def test_a_task_of_dask_is_a_message_of_its_own():
    """Its own choice is six: four tasks would all go to one of two processes."""
    with started(power, "dask", workers=2, scheduler="processes") as strategy:
        assert len(set(strategy.run(tasks.own_process_later, range(4)))) == 2


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"version_info": [3, 13, 1], "implementation": "CPython", "free_threaded": False}, None),
        ({"version_info": [3, 9, 1], "implementation": "PyPy", "version": "3.9.1"}, "no ray for PyPy; this is 3.9.1"),
        ({"version_info": [3, 14, 0], "free_threaded": True, "version": "3.14.0"}, "free-threaded builds"),
        ({"version_info": [3, 15, 0], "version": "3.15.0"}, "no ray for Python 3.15.0 yet"),
    ],
)
def test_ray_says_where_there_is_none_of_it(facts, reason):
    found = strategies()["ray"].unsupported(facts, {})
    assert found is None if reason is None else reason in found


@pytest.mark.parametrize(
    ("name", "options", "libraries"),
    [
        ("joblib", {}, ("joblib",)),
        ("loky", {}, ("loky",)),
        ("dask", {}, ("dask", "distributed")),
        ("dask", {"scheduler": "threads"}, ("dask",)),
        ("ray", {}, ("ray",)),
        ("processes", {}, ()),
    ],
)
def test_a_strategy_names_the_libraries_that_it_imports(name, options, libraries):
    assert strategies()[name].libraries(options) == libraries


def test_an_address_needs_the_scheduler_that_has_one():
    reason = strategies()["dask"].unsupported({}, {"scheduler": "threads", "address": "tcp://here:1"})
    assert reason == "only scheduler: distributed has an address"


@pytest.mark.parametrize(("name", "scheme"), [("dask", "tcp://"), ("ray", ""), ("ray", "ray://")])
def test_a_cluster_that_isnt_there_is_told_at_once(name, scheme):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"{scheme}127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(elsewhere.NoCluster, match=f"no {name} cluster answers at {address}: Connection refused"):
            build(name, address=address).start(power)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"HTTP/1.1 400 Bad Request", "is no ray cluster: it began with b'HTTP/1.1 400"), (b"", "answers at .*timed out")],
)
def test_whoever_else_listens_where_ray_was_to_be_is_told_from_it(monkeypatch, answer, reason):
    """Ray itself waits for minutes for one that says nothing."""
    monkeypatch.setattr(elsewhere, "REACH_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        answering = threading.Thread(target=answer_second, args=(server, answer))
        answering.start()
        with pytest.raises(elsewhere.NoCluster, match=reason):
            build("ray", address=f"127.0.0.1:{server.getsockname()[1]}").start(power)
        answering.join()


def answer_second(server, answer):
    """Answers the second to come and waits until it goes; the first only looks whether anyone is there."""
    with contextlib.suppress(OSError), server.accept()[0], server.accept()[0] as second:
        second.settimeout(5)
        second.sendall(answer)
        while second.recv(1 << 10):
            pass


@pytest.mark.parametrize(("name", "address"), [("dask", "tcp://10.0.0.1:8786"), ("ray", "10.0.0.1:6379")])
def test_the_processor_time_of_workers_elsewhere_is_not_measured(name, address):
    strategy = build(name, address=address)
    workers = [elsewhere.marked({"process": os.getpid(), "thread": 1}, node) for node in ("here", "there")]
    assert len({(worker["process"], worker["thread"]) for worker in workers}) == 2
    assert strategy.standing_processes(workers) is None
    assert clocks.cpu_seconds(strategy.standing_processes(workers)) is None


def test_who_waits_alone_says_so_in_the_end(monkeypatch):
    monkeypatch.setattr(rendezvous, "PATIENCE_S", 0.05)
    with rendezvous.Rendezvous(2) as place, pytest.raises(rendezvous.NobodyCame, match="only 1 of 2 workers started"):
        rendezvous.meet(place, power)
    assert not Path(place[0]).exists()


INSTALLING = """
import os, pickle, sys
install, uninstall, files = pickle.load(sys.stdin.buffer)
before = sys.path[:]
for version in range(2):
    install(files)
    from experiments.workloads.arithmetic import power
    import lone
    assert power((3, 2)) == 9 and lone.helps() == "of today"
    assert os.path.basename(sys.path[0]).startswith("whichpool-code-")
folder = sys.path[0]
uninstall()
assert sys.path == before and not os.path.exists(folder)
assert not [name for name in sys.modules if name.startswith(("experiments", "lone"))]
"""


def test_code_is_installed_where_it_cannot_be_imported_and_removed_without_a_trace(tmp_path, monkeypatch):
    import cloudpickle

    (tmp_path / "lone.py").write_text("def helps():\n    return 'of today'\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    import lone

    files = elsewhere.code()
    assert {"lone.py", "experiments/workloads/arithmetic.py"} <= set(files)
    assert not [name for name in files if name.startswith(("json", "numpy", "pytest", "os"))]
    cloudpickle.register_pickle_by_value(elsewhere)
    try:
        pickled = cloudpickle.dumps((elsewhere.install, elsewhere.uninstall, files))
    finally:
        cloudpickle.unregister_pickle_by_value(elsewhere)
        del sys.modules[lone.__name__]
    command = [sys.executable, "-I", "-c", INSTALLING]
    done = subprocess.run(command, input=pickled, capture_output=True, cwd=tempfile.gettempdir(), timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("whichpool")] == []


def test_sockets_get_a_folder_that_is_shallow_enough(monkeypatch, tmp_path):
    """What a process that was killed left there goes, what a living one uses stays."""
    shallow, deep = tmp_path / "s", tmp_path / ("deep" * 20)
    shallow.mkdir()
    deep.mkdir()
    ended = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    ended.wait()
    (shallow / f"whichpool-ray-{ended.pid}-x").mkdir()
    (shallow / f"whichpool-ray-{os.getppid()}-x").mkdir()
    monkeypatch.setattr(elsewhere, "SHALLOW", str(shallow))
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    made = Path(elsewhere.folder_for_sockets("ray", "/socket" * 5))
    assert set(shallow.iterdir()) == {made, shallow / f"whichpool-ray-{os.getppid()}-x"}
    assert list(deep.iterdir()) == []
    monkeypatch.setattr(tempfile, "tempdir", str(shallow))
    monkeypatch.setattr(elsewhere, "LONGEST_SOCKET_PATH", 1000)
    assert Path(elsewhere.folder_for_sockets("ray", "/socket")).name.startswith("r-")
