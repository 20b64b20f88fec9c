"""Every built-in workload under every kind of strategy, on the interpreters that differ most."""

import sys
from pathlib import Path

import pytest

from experiments.catalogue import workloads
from pipeline import store
from pipeline.machine.interpreters import discover
from tests.acceptance.command_line import contents, invocations, run_of, wait_for, write

CONFIG = """
name: interpreters
measure: {{blocks: 1, iterations: 1, warmup: 0, precision: null, memory: false, timeout: 60s, budget: 30m}}
grids:
  - workloads:
      - {{use: square_and_quad, tasks: 4}}
      - {{use: noop, tasks: 4}}
      - {{use: int_loop, steps: 200, tasks: 4}}
      - {{use: hash_large, rounds: 1, tasks: 4}}
      - {{use: sort, length: 200, tasks: 4}}
      - {{use: sleep, seconds: 1ms, tasks: 4}}
      - {{use: tcp_echo, delay: 1ms, tasks: 4}}
      - {{use: http_get, delay: 1ms, tasks: 4}}
      - {{use: file_write_fsync, size: 4KiB, tasks: 4}}
      - {{use: file_read, size: 4KiB, tasks: 4}}
      - {{use: subprocess, tasks: 4}}
      - {{use: mixed, seconds: 1ms, tasks: 4}}
      - {{use: payload, size: 1KiB, kind: [ints, dict], tasks: 4}}
      - {{use: allocate, size: 64KiB, tasks: 4}}
      - {{use: preloaded, size: 64KiB, tasks: 4}}
      - {{use: lock_contention, seconds: 1ms, tasks: 4}}
      - {{use: object_graph, parcels: 20, tasks: 4}}
      - {{use: shared_object, rounds: 100, copies: [shared, private], tasks: 4}}
      - {{use: hash_small, rounds: 10, tasks: 4}}
      - {{use: json_parse, length: 20, tasks: 4}}
      - {{use: memory_bandwidth, size: 64KiB, slices: 4, gil: [released, kept], tasks: 4}}
      - {{use: garbage, pairs: 100, tasks: 4}}
      - {{use: python_kernels, rounds: 100, tasks: 4}}
      - {{use: heartbeat, interval: 1ms, beats: 3, tasks: 4}}
      - {{use: visibility, tasks: 4}}
      - {{use: sendable, tasks: 4}}
    strategies:
      - serial
      - threads
      - {{use: processes, start_method: fork}}
      - asyncio
    workers: 2
    interpreters: {interpreters}
  - workloads: [{{use: int_loop, steps: 200, tasks: 4}}, {{use: payload, size: 1KiB, kind: dict, tasks: 4}}]
    strategies: {{use: processes, start_method: spawn}}
    workers: 2
    interpreters: {interpreters}
  # Those that make the workers that they are about.
  - workloads:
      - {{use: stopping, patience: 200ms, tasks: 4}}
      - {{use: leak, size: 1MiB, tasks: 4}}
      - {{use: hardware_threads, steps: 1000, tasks: 4}}
    strategies: serial
    interpreters: {interpreters}
"""
BUILT_IN = {name: workload for name, workload in workloads().items() if not workload.libraries({})}
"""Those that need nothing installed."""
STRATEGIES = {("serial", None), ("threads", None), ("asyncio", None), ("processes", "fork"), ("processes", "spawn")}


def found():
    """The oldest, the newest and a free-threaded CPython, by what each is here for."""
    cpython = [one for one in discover() if one.implementation == "CPython" and one.version_info >= (3, 9)]
    with_gil = [one for one in cpython if not one.free_threaded]
    without = [one for one in cpython if one.free_threaded]
    chosen = {"oldest": with_gil[0], "newest": with_gil[-1]}
    if chosen["oldest"].executable == chosen["newest"].executable:
        del chosen["oldest"]
    return {**chosen, **({"free-threaded": without[-1]} if without else {})}


@pytest.fixture(scope="module")
def interpreters():
    return found()


@pytest.fixture(scope="module")
def table(shared, interpreters):
    executables = [one.executable for one in interpreters.values()]
    write(shared.folder, CONFIG.format(interpreters=executables))
    shared("run", "config.yaml", "--out", "bundle")
    names = {one.executable: kind for kind, one in interpreters.items()}
    frame = store.load(shared.folder / "bundle").invocations
    return frame.assign(kind=frame["interpreter"].map(names))


def of(table, interpreters, kind):
    if kind not in interpreters:
        pytest.skip(f"this machine has no {kind} CPython beside the others; see `whichpool list interpreters`")
    return table[table["kind"] == kind]


@pytest.mark.parametrize("kind", ["oldest", "newest", "free-threaded"])
def test_every_workload_runs_under_every_strategy(table, interpreters, kind):
    rows = of(table, interpreters, kind)
    assert rows[~rows["status"].isin(["ok", "unsupported"])][["workload", "strategy", "error"]].to_dict("records") == []
    assert set(rows["workload"]) == set(BUILT_IN)
    ok = rows[rows["status"] == "ok"]
    for strategy, start_method in STRATEGIES:
        is_there = ok["strategy"].eq(strategy) & (ok["start_method"].eq(start_method) | ok["start_method"].isna())
        assert is_there.any(), (strategy, start_method)
    assert (ok["python_version"] == interpreters[kind].version).all()
    assert (ok["n_tasks"] == 4).all()


@pytest.mark.parametrize("kind", ["oldest", "newest", "free-threaded"])
def test_only_what_has_no_asynchronous_form_is_unsupported(table, interpreters, kind):
    rows = of(table, interpreters, kind)
    unsupported = rows[rows["status"] == "unsupported"]
    assert set(unsupported["strategy"]) == {"asyncio"}
    assert set(unsupported["error"]) == {"no asynchronous form"}
    pooled = {name: workload for name, workload in BUILT_IN.items() if not workload.makes_workers}
    assert set(unsupported["workload"]) == {name for name, workload in pooled.items() if workload.coroutine is None}


def test_all_did_the_same_work(table):
    """One checksum for each workload, whichever interpreter and strategy."""
    ok = table[table["status"] == "ok"]
    parameters = [name for name in table.columns if name.startswith("param_")]
    counts = ok.groupby(["workload", *parameters], dropna=False)["checksum"].agg(["nunique", "count"])
    assert (counts["nunique"] == 1).all(), counts
    assert ok["checksum"].str.fullmatch("[0-9a-f]{8}").all()


@pytest.mark.parametrize("kind", ["oldest", "newest", "free-threaded"])
def test_the_lock_is_on_inside_the_workers_exactly_where_the_interpreter_has_it(table, interpreters, kind):
    rows = of(table, interpreters, kind)
    ok = rows[rows["status"] == "ok"]
    assert (ok["gil_enabled"] == (kind != "free-threaded")).all()


def script(folder, name, text):
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="uses shell scripts as interpreters")
def test_interpreters_that_cannot_be_used_are_unsupported_with_a_reason(whichpool, tmp_path):
    script(tmp_path, "crashes", "#!/bin/sh\necho no luck\nexit 1\n")
    script(tmp_path, "dies", "#!/bin/sh\nkill -9 $$\n")
    script(tmp_path, "lies", "#!/bin/sh\necho hello\n")
    (tmp_path / "plain").write_text("")
    reasons = {
        "./crashes": "crashes failed with exit code 1 when it was asked for its version: 'no luck'",
        "./dies": "dies was killed by SIGKILL when it was asked for its version",
        "./lies": "lies is no Python interpreter: asked for its version, it said 'hello'",
        "./plain": "plain isn't executable",
        "./missing": "there is no interpreter at ",
        "python3.99": 'no usable interpreter "python3.99" was found on this machine',
    }
    grid = f"{{workloads: noop, strategies: threads, workers: 2, interpreters: {['current', *reasons]}}}"
    write(tmp_path, f"name: x\nmeasure: {{blocks: 1, precision: null, memory: false}}\ngrids: {grid}\n")
    planned = whichpool("plan", "config.yaml").stdout
    assert "exit code 1" in planned
    done = whichpool("run", "config.yaml", "--out", "bundle")
    assert "12 cases are not possible here" in done.stderr
    frame = store.load(tmp_path / "bundle").invocations
    assert set(frame[frame["interpreter"] == "current"]["status"]) == {"ok"}
    for name, reason in reasons.items():
        rows = frame[frame["interpreter"] == name]
        assert list(rows["status"]) == ["unsupported"] * 2
        assert rows["error"].str.contains(reason, regex=False).all(), rows["error"].tolist()
    assert run_of(tmp_path / "bundle")["interpreters"]["./missing"]["error"]


def test_a_run_for_which_there_is_no_interpreter_is_a_mistake(whichpool, tmp_path):
    grid = "{workloads: noop, strategies: threads, interpreters: ./missing}"
    write(tmp_path, f"name: x\ngrids: {grid}\n")
    done = whichpool("run", "config.yaml", "--out", "bundle", expect=2)
    assert "nothing can be measured on this machine: there is no interpreter at" in done.stderr
    assert contents(tmp_path) == ["config.yaml"]


@pytest.mark.skipif(sys.platform == "win32", reason="uses symbolic links")
def test_an_interpreter_that_vanishes_in_the_middle_costs_only_its_cases(whichpool, tmp_path):
    link, bundle = tmp_path / "vanishes", tmp_path / "bundle"
    link.symlink_to(Path(sys.executable).resolve())
    grid = "{workloads: {use: sleep, tasks: 4}, strategies: threads, workers: 2, interpreters: [current, ./vanishes]}"
    write(tmp_path, f"name: x\nmeasure: {{blocks: 5, precision: null, memory: false}}\ngrids: {grid}\n")
    process = whichpool.start("run", "config.yaml", "--out", bundle)
    wait_for(lambda: len(invocations(bundle)) >= 8, "two blocks")
    link.unlink()
    whichpool.finish(process)
    frame = store.load(bundle).invocations
    others = frame[frame["interpreter"] == "current"]
    assert (set(others["status"]), len(others)) == ({"ok"}, 2 * 5)
    failed = frame[frame["status"] != "ok"]
    assert set(failed["interpreter"]) == {"./vanishes"}
    assert failed["error"].str.contains(f"cannot start {link}: No such file or directory", regex=False).all()


@pytest.mark.skipif(sys.platform == "win32", reason="uses shell scripts as interpreters")
def test_interpreters_that_answer_but_cannot_measure_cost_only_their_cases(whichpool, tmp_path):
    errors = {
        "dies": ("kill -SEGV $$", "the measured process was killed by SIGSEGV during set-up and startup"),
        "leaves": ("exit 0", "the measured process exited with code 0 during set-up and startup"),
        "lacks": ("echo No module named zlib >&2; exit 1", "code 1 during set-up and startup: No module named zlib"),
    }
    for name, (instead, _) in errors.items():
        path = tmp_path / name
        measuring = f'case "$4" in *probe*) {instead};; esac'
        # What starts another interpreter is passed over for that one, unless it seems to be it.
        answers = f'exec "{sys.executable}" "$1" "$2" "$3" "import sys; sys.executable = \'{path}\'\n$4" "$5"'
        script(tmp_path, name, f"#!/bin/sh\n{measuring}\n{answers}\n")
    names = ["current", *(f"./{name}" for name in errors)]
    grid = f"{{workloads: {{use: noop, tasks: 2}}, strategies: threads, workers: 2, interpreters: {names}}}"
    write(tmp_path, f"name: x\nmeasure: {{blocks: 3, precision: null, memory: false}}\ngrids: {grid}\n")
    done = whichpool("run", "config.yaml", "--out", "bundle")
    frame = store.load(tmp_path / "bundle").invocations
    assert list(frame[frame["interpreter"] == "current"]["status"]) == ["ok"] * 6
    for name, (_, error) in errors.items():
        rows = frame[frame["interpreter"] == f"./{name}"]
        assert list(rows["status"]) == ["crashed"] * 4, "twice each: a third try would end the same"
        assert rows["error"].str.endswith(error).all(), rows["error"].tolist()
        assert f"noop · serial × 1 · ./{name}" in done.stderr
