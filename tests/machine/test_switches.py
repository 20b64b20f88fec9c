"""What an interpreter is started with, and that it does what is asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.machine.interpreter_facts import identify
from pipeline.machine.interpreters import EXTRA_VARIABLE, InterpreterError, discover, facts_of
from pipeline.machine.switches import Switches, switches_of

OURS = Path(sys.executable)
VARIABLES = Switches((), (("PYTHONMALLOC", "malloc"),))


def said(switches: Switches, code: str, cwd: Path, **around: str) -> str:
    command = [str(OURS), *switches.isolated(), "-c", code]
    environment = switches.variables({**os.environ, **around})
    return subprocess.run(
        command, env=environment, cwd=cwd, capture_output=True, text=True, check=True, timeout=20
    ).stdout.strip()


@pytest.mark.parametrize("switches", [Switches(), Switches(("-O",)), VARIABLES], ids=str)
def test_nothing_of_the_users_is_seen(tmp_path: Path, switches: Switches) -> None:
    """Neither the current folder, nor PYTHONPATH, nor site-packages."""
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    code = "import sys, json; print('site' in sys.modules, any('site-packages' in folder for folder in sys.path))"
    assert said(switches, code, tmp_path, PYTHONPATH=str(tmp_path)) == "False False"


def test_variables_reach_the_interpreter_and_all_others_for_python_do_not(tmp_path: Path) -> None:
    code = "import os; print(*sorted(name for name in os.environ if name.startswith('PYTHON')))"
    assert said(VARIABLES, code, tmp_path, PYTHONWARNINGS="error", PYTHONOPTIMIZE="1") == "PYTHONMALLOC PYTHONSAFEPATH"
    assert said(VARIABLES, "print(__debug__)", tmp_path, PYTHONOPTIMIZE="1") == "True"
    optimised = Switches((), (("PYTHONOPTIMIZE", "1"),))
    assert said(optimised, "print(__debug__)", tmp_path) == "False"


def test_site_packages_are_there_for_those_who_need_them() -> None:
    assert Switches(("-O",)).isolated(site=True) == ["-I", "-O"]
    assert VARIABLES.isolated(site=True) == ["-s"]


def test_they_are_found_again_in_the_facts(tmp_path: Path) -> None:
    facts = {"options": ["-X", "gil=1"], "environment": {"PYTHON_GIL": "1"}}
    assert switches_of(facts) == Switches(("-X", "gil=1"), (("PYTHON_GIL", "1"),))
    assert switches_of({}) == Switches()


def test_the_facts_are_those_of_the_interpreter_with_its_switches() -> None:
    """A free-threaded build with the GIL switched on has a GIL."""
    free = [one for one in discover() if one.free_threaded]
    if not free:
        pytest.skip(f"no free-threaded interpreter was found; name one in {EXTRA_VARIABLE}")
    path = Path(free[-1].executable)
    for switches in (Switches(("-X", "gil=1")), Switches(("-Xgil=1",)), Switches((), (("PYTHON_GIL", "1"),))):
        found = identify(path, switches)
        assert (found.gil_build, found.free_threaded, found.gil_enabled) == (False, True, True), switches
    assert identify(path).gil_enabled is False


@pytest.mark.parametrize(
    "switches", [Switches(("-X", "gil=0")), Switches(("-Xgil=0",)), Switches((), (("PYTHON_GIL", "0"),))], ids=str
)
def test_a_gil_that_stays_on_is_no_interpreter_without_gil(switches: Switches) -> None:
    """Newer interpreters refuse; older ones pass over what they don't know, and would be taken for what they aren't."""
    with_gil = [one for one in discover() if one.gil_build and one.implementation == "CPython"]
    for one in (with_gil[0], with_gil[-1]):
        with pytest.raises(InterpreterError) as caught:
            identify(Path(one.executable), switches)
        expected = (
            "Disabling the GIL is not supported by this build"
            if one.version_info >= (3, 13)
            else "can't be switched off"
        )
        assert expected in str(caught.value)
        assert str(switches) in str(caught.value)


def test_a_jit_that_is_asked_for_is_on_or_the_interpreter_is_refused() -> None:
    switches = Switches((), (("PYTHON_JIT", "1"),))
    for one in discover():
        if one.jit_available and one.implementation == "CPython":
            assert identify(Path(one.executable), switches).jit is True
        elif not one.jit:
            with pytest.raises(InterpreterError, match="no just-in-time compiler"):
                identify(Path(one.executable), switches)


def test_an_option_that_the_interpreter_does_not_know_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match=r"--jit off failed with exit code 2 .*nknown option"):
        identify(OURS, Switches(("--jit", "off")))


def test_each_value_of_the_axis_has_facts_of_its_own(tmp_path: Path) -> None:
    from pipeline.config.interpreters import InterpreterChoice

    plain, optimised = InterpreterChoice(use="current"), InterpreterChoice(use="current", options=("-O",))
    facts = facts_of([plain, optimised], config_dir=tmp_path)
    assert list(facts) == ["current", "current -O"]
    assert facts["current -O"] == {**facts["current"], "options": ["-O"]}
    assert "libraries" not in facts["current"]
