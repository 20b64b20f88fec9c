"""One run over tasks that misbehave: each costs its own case, and the run ends well."""

import sys

import pytest

from pipeline import store
from tests.acceptance.command_line import write

TIMEOUT_S = 1.5
PATIENCE_S = 1.5
"""How much later than its timeout an invocation may end."""

STRATEGIES = {
    "serial": "serial",
    "threads": "threads",
    "processes": "{use: processes, start_method: fork}",
    "mp_pool": "{use: mp_pool, start_method: fork}",
}
NO_RESULT = ("timeout", "no result within 1.5 s")
EXPECTED = {
    # Alone in the measured process.
    ("raises", "serial"): ("failed", "ValueError: cannot do item 1 (hostile.py:"),
    ("exits", "serial"): ("crashed", "the measured process exited with code 3"),
    ("quits", "serial"): ("failed", "SystemExit: no more of this"),
    ("kills_itself", "serial"): ("crashed", "the measured process was killed by SIGKILL"),
    ("kills_its_parent", "serial"): ("crashed", "the process that supervises measurements was killed"),
    ("hangs", "serial"): NO_RESULT,
    ("hangs_with_a_descendant", "serial"): NO_RESULT,
    ("ignores_sigterm", "serial"): NO_RESULT,
    ("stops_itself", "serial"): NO_RESULT,
    ("forks_and_forks", "serial"): NO_RESULT,
    ("pretends_to_be_done", "serial"): ("crashed", "the result channel carried something"),
    ("floods_the_channel", "serial"): NO_RESULT,
    ("stops_its_parent", "serial"): ("crashed", "the process that supervises measurements stopped answering"),
    ("leaves_a_sleeper", "serial"): ("ok", None),
    ("leaves_a_thread", "serial"): ("ok", None),
    ("changes_everything", "serial"): ("ok", None),
    ("writes_to_every_descriptor", "serial"): ("crashed", "the result channel carried something"),
    ("steers_the_terminal", "serial"): ("failed", "all is well"),
    ("raises_what_is_no_text", "serial"): ("failed", "ValueError: no such file: "),
    ("raises_what_cannot_travel", "serial"): ("failed", "NeedsTwo: 1"),
    ("returns_what_cannot_travel", "serial"): ("ok", None),
    ("prints_a_gigabyte", "serial"): ("ok", None),
    ("exhausts_memory", "serial"): ("failed", "MemoryError"),
    # In a pool of processes, which has ways of its own to break.
    ("raises", "processes"): ("failed", "ValueError: cannot do item 1 (hostile.py:"),
    ("exits", "processes"): ("crashed", "a worker process exited with code 3"),
    ("kills_itself", "processes"): ("crashed", "a worker process was killed by SIGKILL"),
    ("kills_its_parent", "processes"): ("crashed", "was killed"),
    ("hangs_with_a_descendant", "processes"): NO_RESULT,
    ("stops_itself", "processes"): NO_RESULT,
    ("raises_what_cannot_travel", "processes"): ("crashed", "a worker process"),
    ("returns_what_cannot_travel", "processes"): ("failed", "pickle"),
    ("exhausts_memory", "processes"): ("failed", "MemoryError"),
    ("exits", "mp_pool"): ("crashed", "a worker process exited with code 3"),
    ("raises_what_cannot_travel", "mp_pool"): NO_RESULT,
    # Beside other threads.
    ("raises", "threads"): ("failed", "ValueError: cannot do item 1 (hostile.py:"),
    ("exits", "threads"): ("crashed", "the measured process exited with code 3"),
    ("hangs", "threads"): NO_RESULT,
    # Nothing is wrong with these, whatever ran just before.
    ("well_behaved", "serial"): ("ok", None),
    ("well_behaved", "processes"): ("ok", None),
}
if sys.platform != "linux":
    EXPECTED = {key: value for key, value in EXPECTED.items() if key[0] != "exhausts_memory"}
MEASURED = {
    "exhausts_memory": {"memory_limit": "300MiB", "timeout": "20s"},
    "prints_a_gigabyte": {"timeout": "20s", "blocks": 1},
    "stops_its_parent": {"blocks": 1},
    "well_behaved": {"memory": "true"},
}
"""What is measured otherwise than the rest; a task whose timeout runs out is tried only once."""


def measured(function: str, strategy: str) -> dict[str, object]:
    once = {"blocks": 1} if EXPECTED[function, strategy] == NO_RESULT else {}
    return {"timeout": f"{TIMEOUT_S}s", "blocks": 2} | once | MEASURED.get(function, {})


def configuration() -> str:
    """One grid for each line of the table."""
    lines = [
        "name: hostile",
        "measure: {iterations: 1, warmup: 0, precision: null, memory: false, budget: 10m}",
        "grids:",
    ]
    for function, strategy in EXPECTED:
        measure = ", ".join(f"{key}: {value}" for key, value in measured(function, strategy).items())
        lines += [
            f'  - workloads: {{use: "hostile.py:{function}", items: "hostile.py:ITEMS"}}',
            f"    strategies: {STRATEGIES[strategy]}",
            "    workers: 2",
            f"    measure: {{{measure}}}",
        ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def done(shared, request):
    source = request.path.with_name("hostile.py")
    (shared.folder / "hostile.py").write_text(source.read_text())
    write(shared.folder, configuration())
    return shared("run", "config.yaml", "--out", "bundle")


@pytest.fixture(scope="module")
def table(done, shared):
    frame = store.load(shared.folder / "bundle").invocations
    return frame.assign(function=frame["workload"].str.split(":").str[1])


@pytest.mark.parametrize(("function", "strategy"), EXPECTED)
def test_a_hostile_task_has_a_named_status_and_a_usable_message(table, function, strategy):
    status, words = EXPECTED[function, strategy]
    rows = table[(table["function"] == function) & (table["strategy"] == strategy)]
    assert len(rows) > 0
    assert set(rows["status"]) == {status}, rows["error"].tolist()
    if words is None:
        assert rows["error"].isna().all()
    else:
        assert rows["error"].str.contains(words, regex=False).all(), rows["error"].tolist()
        assert not rows["error"].str.contains("\n").any()


def test_everything_of_the_plan_was_tried(table):
    assert set(table[["function", "strategy"]].itertuples(index=False, name=None)) == set(EXPECTED)


def test_a_case_that_fails_is_tried_twice_and_one_that_works_in_every_block(table):
    tried = table[table["pass"] == "timing"].groupby(["function", "strategy"]).size()
    assert {key: measured(*key)["blocks"] for key in EXPECTED} == tried.to_dict()


def test_every_invocation_is_back_in_time(table):
    keys = zip(table["function"], table["strategy"], strict=True)
    limits = [float(str(measured(*key)["timeout"]).removesuffix("s")) + PATIENCE_S for key in keys]
    late = table[table["duration_s"] > limits]
    assert late[["function", "strategy", "duration_s"]].to_dict("records") == []


def test_the_run_ends_well_and_says_what_failed(done, shared):
    """A failed case is a result: the run goes on, names it at the end, and is a success."""
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "bundle"
    failing = [key for key, (status, _) in EXPECTED.items() if status != "ok"]
    assert f"and {len(failing) - 12} more" in done.stderr
    assert done.stderr.count("failed hostile.py:") == 12
    assert store.load(shared.folder / "bundle").run["status"] == "complete"


def test_messages_of_tasks_do_not_steer_the_terminal(done):
    """Whatever a task says, only characters that can be seen reach the screen."""
    assert [line for line in done.stderr.splitlines() if not line.isprintable()] == []


def test_nothing_is_left_of_it(done, shared):
    assert shared.survivors() == []
    assert [path.name for path in shared.temporary.iterdir()] == []


def test_its_bundle_can_be_shown_and_reported(done, shared):
    shown = shared("show", "bundle").stdout
    assert "well_behaved" in shown
    assert "not measured" in shown
    files = shared("report", "bundle").stdout.split()
    assert files == [f"bundle/report.{kind}" for kind in ("html", "pdf", "ipynb")]
    page = (shared.folder / "bundle" / "report.html").read_text()
    assert "no result within 1.5 s" in page
    assert "\x1b" not in page
