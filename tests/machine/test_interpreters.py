"""Finding interpreters by name and asking them what they can do."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipeline.errors import UserError
from pipeline.machine import asking, interpreter_facts, interpreters
from pipeline.machine.interpreters import Interpreter, InterpreterError, discover, facts_of, find, identify, resolve

HERE = Path(__file__).parent
OURS = sys.executable


@pytest.fixture(scope="module")
def found() -> list[Interpreter]:
    return discover()


def other_than_ours(found: list[Interpreter]) -> Interpreter:
    """Some CPython of another minor version than the one that runs the tests."""
    ours = sys.version_info[:2]
    others = [one for one in found if one.version_info[:2] != ours and one.implementation == "CPython"]
    if not others:
        pytest.skip(f"no interpreter but this one was found; name some in {interpreters.EXTRA_VARIABLE}")
    return others[0]


def free_threaded(found: list[Interpreter]) -> Interpreter:
    """Some free-threaded build."""
    for one in found:
        if one.free_threaded:
            return one
    pytest.skip(f"no free-threaded interpreter was found; name one in {interpreters.EXTRA_VARIABLE}")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def only_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose only places for interpreters are below a folder: `path`, `pyenv`, `uv`."""
    system = ":".join(folder for folder in ("/bin", "/usr/bin") if not list(Path(folder).glob("python*")))
    monkeypatch.setenv("PATH", f"{tmp_path}/path:{system}")
    monkeypatch.setenv("PYENV_ROOT", f"{tmp_path}/pyenv")
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", f"{tmp_path}/uv")
    monkeypatch.setenv(interpreters.EXTRA_VARIABLE, "")
    monkeypatch.setattr(interpreters, "USUAL_FOLDERS", ())
    monkeypatch.setattr(sys, "executable", f"{tmp_path}/none")
    return tmp_path


OUR_NAME = f"python{sys.version_info[0]}.{sys.version_info[1]}{'t' if 't' in sys.abiflags else ''}"


def starter(path: Path) -> Path:
    """A script that starts the interpreter of the tests, as a shim does."""
    return script(path, f'exec "{OURS}" "$@"')


def test_current_is_the_interpreter_of_the_environment() -> None:
    assert find("current", config_dir=HERE) == Path(OURS)
    told = identify(Path(OURS))
    assert told.executable == OURS
    assert told.version_info == tuple(sys.version_info[:3])
    assert told.build == sys.version
    assert told.name == OUR_NAME
    assert Path(told.installation) == Path(sys.base_prefix)


def test_what_it_tells_is_ready_for_json() -> None:
    told = identify(Path(OURS)).to_json()
    assert json.loads(json.dumps(told)) == told
    assert "fork" in told["start_methods"] or os.name == "nt"
    assert told["asyncio"] is True
    assert told["gil_build"] is not told["free_threaded"]


def test_every_interpreter_here_is_told_truly(found: list[Interpreter]) -> None:
    assert found
    for one in found:
        said = subprocess.run([one.executable, "-V"], capture_output=True, text=True, check=True, timeout=20)
        assert said.stdout.split()[1].startswith(one.version)
        assert one.version_info >= (3, 9)
        assert one.subinterpreters is (one.version_info >= (3, 12) and one.implementation == "CPython")
        assert one.interpreter_pool is (one.version_info >= (3, 14) and one.implementation == "CPython")


def test_every_installation_is_listed_once_and_ours_by_our_executable(found: list[Interpreter]) -> None:
    # A system's folder may hold CPython and PyPy.
    assert len({(one.installation, one.build) for one in found}) == len(found)
    assert OURS in [one.executable for one in found]


def test_a_free_threaded_build_starts_without_the_gil(found: list[Interpreter]) -> None:
    one = free_threaded(found)
    assert (one.gil_build, one.gil_enabled) == (False, False)
    assert one.name.endswith("t")


def test_a_found_one_can_be_named(found: list[Interpreter]) -> None:
    one = other_than_ours(found)
    full_version = ".".join(map(str, one.version_info))
    for name in (one.name, one.name.removeprefix("python"), full_version):
        wanted = f"{name}t" if one.free_threaded and not name.endswith("t") else name
        path = find(wanted, config_dir=HERE)
        assert path is not None, wanted
        assert identify(path).version_info[:2] == one.version_info[:2]
        assert identify(path).free_threaded == one.free_threaded


def test_a_virtual_environment_keeps_its_own_executable(tmp_path: Path) -> None:
    subprocess.run([OURS, "-m", "venv", "--without-pip", tmp_path / "env"], check=True, timeout=60)
    expected = tmp_path / "env/bin/python"
    for name in ("./env", "env/bin/python", str(tmp_path / "env")):
        path = find(name, config_dir=tmp_path)
        assert path == expected
    assert identify(expected).executable == str(expected)


def test_a_relative_path_is_relative_to_the_configuration(tmp_path: Path) -> None:
    assert find("../x/python", config_dir=tmp_path / "configs") == tmp_path / "x/python"


def test_the_name_may_leave_out_python(only_here: Path) -> None:
    starter(only_here / f"path/{OUR_NAME}")
    version = ".".join(map(str, sys.version_info[:3]))
    for name in (OUR_NAME, OUR_NAME.removeprefix("python"), version):
        assert find(name, config_dir=HERE) == Path(OURS), name


def test_a_script_that_starts_an_interpreter_is_resolved_to_it(only_here: Path) -> None:
    shim = starter(only_here / "path/python3.99")
    assert identify(shim).executable == OURS


def test_a_script_without_which_the_interpreter_does_not_start_is_kept(tmp_path: Path) -> None:
    """The executable that Python believes itself to be can't be started without what the script prepares."""
    real = script(tmp_path / "lib/python", f'[ -n "$PREPARED" ] && exec "{OURS}" "$@"; exit 3')
    believes = f"sys.executable = '{real}'"
    wrapper = script(
        tmp_path / "bin/python", f'export PREPARED=1\nexec "{real}" "$1" "$2" "$3" "import sys; {believes}\n$4" "$5"'
    )
    assert identify(wrapper).executable == str(wrapper)


@pytest.mark.parametrize("place", ["pyenv/versions/9.9.9/bin", "uv/cpython-9.9/bin"])
def test_a_failing_shim_is_passed_over(only_here: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    script(only_here / f"path/shims/{OUR_NAME}", "echo 'command not found' >&2; exit 127")
    monkeypatch.setenv("PATH", f"{only_here}/path/shims:{os.environ['PATH']}")
    starter(only_here / place / OUR_NAME)
    assert find(OUR_NAME, config_dir=HERE) == Path(OURS)


def test_the_environment_variable_is_looked_at(only_here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = starter(only_here / "elsewhere/anything")
    assert find(OUR_NAME, config_dir=HERE) is None
    for separator in (os.pathsep, " ", "\n"):
        monkeypatch.setenv(interpreters.EXTRA_VARIABLE, f"/nowhere/python{separator}{listed}")
        assert find(OUR_NAME, config_dir=HERE) == Path(OURS)


def test_another_version_under_the_same_name_is_passed_over(only_here: Path) -> None:
    starter(only_here / "path/python3.99")
    assert find("python3.99", config_dir=HERE) is None


def test_a_build_of_the_other_kind_is_passed_over_except_on_path(found: list[Interpreter], only_here: Path) -> None:
    one = free_threaded(found)
    plain = one.name.removesuffix("t")
    name = f"pyenv/versions/0.0/bin/{plain}"
    script(only_here / name, f'exec "{one.executable}" "$@"')
    assert find(plain, config_dir=HERE) is None
    script(only_here / f"path/{plain}", f'exec "{one.executable}" "$@"')
    assert find(plain, config_dir=HERE) == Path(one.executable)


def test_an_unknown_name_gets_a_suggestion_and_a_list(only_here: Path) -> None:
    starter(only_here / f"path/{OUR_NAME}")
    with pytest.raises(InterpreterError) as caught:
        resolve(f"{OUR_NAME}1", config_dir=HERE)
    message = str(caught.value)
    assert f'"{OUR_NAME}1"' in message
    assert f'did you mean "{OUR_NAME}"?' in message
    assert "found: current" in message
    assert isinstance(caught.value, UserError)


def test_one_that_is_too_old_is_named_as_the_reason(only_here: Path) -> None:
    old = script(only_here / "path/python3.6", answer('{"version_info": [3, 6, 15], "implementation": "cpython"}'))
    with pytest.raises(InterpreterError) as caught:
        resolve("3.6", config_dir=HERE)
    assert f"{old} is Python 3.6.15; only 3.9 and newer" in str(caught.value)


def answer(json_text: str) -> str:
    """Shell code that answers as an interpreter would."""
    return f"echo '{interpreter_facts.MARK}{json_text}'"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("echo hello", "is no Python interpreter: asked for its version, it said 'hello'"),
        ("exit 0", "it said nothing"),
        ("echo oops >&2; exit 4", "failed with exit code 4 when it was asked for its version: 'oops'"),
        ("kill -SEGV $$", "was killed by SIGSEGV"),
        ("[ $1 = -V ] && echo Python 2.7.18 && exit; echo Unknown option: -I; exit 2", "is Python 2.7.18; only 3.9"),
        (answer("{"), "gives no sensible answer"),
        (answer("[1, 2]"), "gives no sensible answer"),
        (answer('{"version_info": "new"}'), "gives no sensible answer"),
        (answer('{"version_info": [3, 99, 0]}'), "gives no sensible answer"),
    ],
)
def test_what_is_no_usable_interpreter_says_why(tmp_path: Path, code: str, expected: str) -> None:
    path = script(tmp_path / "python", code)
    with pytest.raises(InterpreterError) as caught:
        identify(path)
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "code", ["sleep 60", "sleep 60 & exec sleep 60", "while :; do echo yyyyyyyyyyyyyyyyyyyy; done"]
)
def test_one_that_never_ends_is_given_up_and_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(asking, "TIMEOUT_S", 0.4)
    path = script(tmp_path / "python", f"echo $$ > {tmp_path}/pid; {code}")
    start = time.monotonic()
    with pytest.raises(InterpreterError, match="didn't answer"):
        identify(path)
    assert time.monotonic() - start < 5
    group = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 2
    while alive_in(group):
        assert time.monotonic() < deadline, alive_in(group)
        time.sleep(0.01)


def alive_in(group: int) -> list[int]:
    """Processes of a process group that are more than zombies."""
    alive = []
    for process in psutil.process_iter(["status"]):
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                alive.append(process.pid)
    return alive


def test_one_whose_answer_is_there_is_not_waited_for_longer(tmp_path: Path) -> None:
    """A descendant keeps the output open."""
    path = script(tmp_path / "python", f'sleep 4 &\nexec "{OURS}" "$@"')
    start = time.monotonic()
    assert identify(path).version_info == tuple(sys.version_info[:3])
    assert time.monotonic() - start < 3


def test_missing_unexecutable_and_folder(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("not a program")
    plain.chmod(stat.S_IRUSR)
    nonsense = tmp_path / "nonsense"
    nonsense.write_bytes(b"\x00\x01\x02")
    nonsense.chmod(0o755)
    for path, expected in (
        (tmp_path / "missing", "there is no interpreter at"),
        (plain, "isn't executable"),
        (tmp_path, "is a folder"),
        (nonsense, "can't be started: Exec format error"),
    ):
        with pytest.raises(InterpreterError, match=expected):
            identify(path)


def test_facts_of_several_names_at_once(tmp_path: Path) -> None:
    told = facts_of(["current", "./missing", "current"], config_dir=tmp_path)
    assert list(told) == ["current", "./missing"]
    assert told["current"]["executable"] == OURS
    assert told["./missing"] == {"error": f"there is no interpreter at {tmp_path}/missing"}


def test_it_is_asked_only_once(tmp_path: Path) -> None:
    path = script(tmp_path / "python", f'echo x >> {tmp_path}/count; exec "{OURS}" "$@"')
    for _ in range(3):
        identify(path)
    assert (tmp_path / "count").read_text() == "x\n"
    path.write_text(path.read_text() + "# changed\n")
    identify(path)
    assert (tmp_path / "count").read_text() == "x\nx\n"


def test_one_that_is_called_nothing_but_python_is_found_by_its_version(only_here: Path) -> None:
    starter(only_here / "uv/some/bin/python")
    assert find(OUR_NAME.removeprefix("python"), config_dir=HERE) == Path(OURS)


def test_discover_leaves_out_what_does_not_work(only_here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", OURS)
    script(only_here / "path/python3.98", "exit 1")
    script(only_here / "path/python-config", "touch started-config")
    starter(only_here / "path/shims/python3")
    assert [one.executable for one in discover()] == [OURS]
