"""Mistakes of the user's: told with file and line, exit code 2, nothing created and nothing executed."""

import re
from pathlib import Path

import pytest

from tests.acceptance.command_line import contents, write

HEAD = (
    'name: x\ngrids:\n  - workloads: {use: "jobs.py:work", items: "jobs.py:ITEMS"}\n    strategies: [serial, threads]\n'
)
LEAVES_A_TRACE = (
    "import pathlib\n"
    "pathlib.Path(__file__).with_name('imported').touch()\n"
    "ITEMS = [1, 2]\n"
    "def work(item):\n    return item\n"
)
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

MISTAKES = {
    "unknown key": (HEAD + "    worker: 2\n", [(5, 'unknown key "worker"'), (5, 'did you mean "workers"?')]),
    "misspelt workload": (HEAD + "  - {workloads: slep, strategies: serial}\n", [(5, 'did you mean "sleep"?')]),
    "wrong type": ("measure: {timeout: soon}\n" + HEAD, [(1, '"timeout" must be a duration')]),
    "empty axis": (HEAD + "    workers: []\n", [(5, '"workers" must not be an empty list')]),
    "negative workers": (HEAD + "    workers: [1, -2]\n", [(5, '"workers" must be at least 1, not -2')]),
    "duplicate key": ("name: y\n" + HEAD, [(2, '"name"')]),
    "tab": ("name: x\ngrids:\n\t- workloads: noop\n", [(3, "a tab indents this line")]),
    "alias bomb": (HEAD + BOMB, [(None, "too many values")]),
    "50 MB": (HEAD + "#" * 50_000_000 + "\n", [(1, "is too large")]),
    "binary rubbish": (bytes(range(256)) * 16, [(None, "not ")]),
    "unknown field of exclude": (HEAD + "    exclude: [{strateg: serial}]\n", [(5, 'did you mean "strategy"?')]),
    "function that isn't there": (HEAD.replace(":work", ":wrok"), [(3, 'did you mean "work"?')]),
    "file that isn't there": (HEAD.replace("jobs.py:work", "job.py:work"), [(3, 'did you mean "jobs.py"?')]),
    "file that isn't Python": (HEAD.replace("jobs.py:work", "broken.py:work"), [(3, "is not Python")]),
    "excludes everything": (HEAD + '    exclude: [{workload: "*"}]\n', [(None, "")]),
    "several at once": (
        "nmae: x\nmeasure: {iterations: 0}\n" + HEAD + "    workers: 0\n",
        [(1, '"nmae"'), (2, '"iterations" must be at least 1'), (7, '"workers" must be at least 1')],
    ),
}


@pytest.fixture
def jobs(tmp_path):
    (tmp_path / "jobs.py").write_text(LEAVES_A_TRACE)
    (tmp_path / "broken.py").write_text("def work(:\n")
    return tmp_path


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_nothing_is_done(whichpool, jobs, name):
    content, expected = MISTAKES[name]
    path = jobs / "bad.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = contents(jobs)
    started = [whichpool.start("plan", "bad.yaml"), whichpool.start("run", "bad.yaml", "--out", "out")]
    for process in started:
        done = whichpool.finish(process, expect=2)
        assert done.stdout == ""
        lines = done.stderr.splitlines()
        assert all(re.match(r"bad\.yaml:\d+: \S", line) for line in lines), done.stderr
        for line_number, words in expected:
            prefix = f"bad.yaml:{line_number or ''}"
            assert any(line.startswith(prefix) and words in line for line in lines), (prefix, words, done.stderr)
    assert contents(jobs) == before


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing.yaml", "missing.yaml:1: doesn't exist"), ("folder", "folder:1: is a directory; name a file in it")],
)
def test_what_is_no_file_is_told_likewise(whichpool, tmp_path, name, message):
    (tmp_path / "folder").mkdir()
    before = contents(tmp_path)
    for command in ("plan", "run"):
        done = whichpool(command, name, expect=2)
        assert (done.stdout, done.stderr.strip()) == ("", message)
    assert contents(tmp_path) == before


def test_a_plan_imports_nothing_of_the_users(whichpool, jobs):
    write(jobs, HEAD, "good.yaml")
    before = contents(jobs)
    assert "jobs.py:work" in whichpool("plan", "good.yaml").stdout
    assert contents(jobs) == before


WRONG_ARGUMENTS = [
    ((), "whichpool: error: the following arguments are required: COMMAND"),
    (("rnu", "good.yaml"), 'did you mean "run"?'),
    (("list", "workload"), 'did you mean "workloads"?'),
    (("run",), "give either a configuration to run or --resume with the folder of an interrupted run"),
    (("run", "good.yaml", "--resume", "somewhere"), "give either a configuration to run or --resume"),
    (("run", "--resume", "somewhere", "--seed", "3"), "leave out --out, --seed and --until"),
    (("run", "good.yaml", "--budget", "soon"), '--budget: must be a duration such as "10ms"'),
    (("run", "good.yaml", "--budget", "5"), '--budget: must be a duration such as "10ms"'),
    (("run", "good.yaml", "--budget=-5s"), '--budget: must be a duration such as "10ms"'),
    (("run", "good.yaml", "--budget", "0s"), "--budget must be longer than nothing"),
    (("run", "good.yaml", "--seed", "x"), "argument --seed: invalid int value: 'x'"),
    (("run", "good.yaml", "--ou", "x"), "unrecognized arguments: --ou"),
    (("run", "--resume", "nowhere"), "nowhere: not a bundle: there is no run.json in it"),
    (("run", "--resume", "good.yaml"), "good.yaml: not a bundle: there is no run.json in it"),
    (("run", "--resume", "empty"), "empty: not a bundle: there is no run.json in it"),
    (("show",), "the following arguments are required: BUNDLE"),
    (("show", "nowhere"), "nowhere: not a bundle: there is no run.json in it"),
    (("show", "empty"), "empty: not a bundle: there is no run.json in it"),
    (("show", "good.yaml"), "good.yaml: not a bundle: there is no run.json in it"),
    (("report", "nowhere"), "nowhere: there is no such folder"),
    (("report", "empty"), "empty: not a bundle: there is no run.json in it"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), WRONG_ARGUMENTS, ids=[" ".join(a) or "none" for a, _ in WRONG_ARGUMENTS]
)
def test_wrong_arguments_are_told_and_nothing_is_done(whichpool, jobs, arguments, message):
    write(jobs, HEAD, "good.yaml")
    (jobs / "empty").mkdir()
    before = contents(jobs)
    done = whichpool(*arguments, expect=2)
    assert done.stdout == ""
    assert message in done.stderr
    assert contents(jobs) == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": "one"}', '{"schema_version": 1}', "\x00"])
def test_a_damaged_bundle_is_told(whichpool, tmp_path, text):
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "run.json").write_text(text)
    for arguments in (("show", bundle), ("run", "--resume", bundle)):
        done = whichpool(*arguments, expect=2)
        assert done.stderr.startswith(f"{bundle}/run.json: damaged")


def test_a_bundle_of_a_newer_version_says_upgrade(whichpool, tmp_path):
    Path(tmp_path, "run.json").write_text('{"schema_version": 99}')
    assert "upgrade" in whichpool("show", tmp_path, expect=2).stderr
