"""Preparing an environment with libraries for an interpreter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.machine.interpreters import EXTRA_VARIABLE, discover, identify
from pipeline.machine.libraries import environment_folder
from tests.acceptance.command_line import contents
from tests.support.wheels import make_wheel, metadata

EXTRAS = (
    'joblib>=1.2,<2; extra == "joblib"',
    'loky>=3; extra == "loky"',
    'distributed>=1; extra == "dask"',
    'dask>=1; extra == "dask"',
    'pytest>=8; extra == "dev"',
    "numpy>=2",
)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """Wheels instead of a package index, and a whichpool whose extras ask for them: the environment that says so."""
    wheels, metadata_folder = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("metadata")
    for name, version in (("joblib", "1.1"), ("joblib", "1.3"), ("joblib", "2.1"), ("loky", "3.0"), ("dask", "1.0")):
        make_wheel(wheels, name, version)
    make_wheel(wheels, "distributed", "1.0", python="py2")
    info = metadata_folder / "whichpool-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(metadata("whichpool", "0.1.0", *EXTRAS))
    path = os.pathsep.join(filter(None, [str(metadata_folder), os.environ.get("PYTHONPATH")]))
    offline = {"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1", "UV_OFFLINE": "1", "PIP_CONFIG_FILE": os.devnull}
    return {"PYTHONPATH": path, "PIP_FIND_LINKS": str(wheels), "UV_FIND_LINKS": str(wheels), **offline}


def versions(environment: Path, *names: str) -> list[str]:
    """Of modules, as the environment's python imports them."""
    code = f"import {', '.join(names)}; print({', '.join(f'{name}.__version__' for name in names)})"
    command = [environment / "bin/python", "-I", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.split()


def test_an_environment_is_made_completed_and_used(whichpool, tmp_path, index):
    made = whichpool("interpreters", "prepare", "current", "--with", "joblib", environment=index)
    folder = Path(made.stdout.strip())
    assert folder.parent == tmp_path / ".venvs"
    assert versions(folder, "joblib") == ["1.3"], "the extra's bounds hold"
    assert "can use joblib 1.3" in made.stderr
    again = whichpool("interpreters", "prepare", sys.executable, "--with", "loky,joblib", environment=index)
    assert Path(again.stdout.strip()) == folder
    assert versions(folder, "joblib", "loky") == ["1.3", "3.0"]
    assert not list(folder.glob("bin/pip*"))
    listed = whichpool("list", "interpreters", environment=index).stdout
    assert "joblib 1.3, loky 3.0" in listed
    failed = whichpool("interpreters", "prepare", "current", "--with", "dask", expect=2, environment=index)
    assert "distributed" in failed.stderr
    assert versions(folder, "joblib", "loky") == ["1.3", "3.0"], "a failure leaves it as it was"


@pytest.mark.parametrize("kind", ["oldest", "PyPy"])
def test_other_kinds_of_interpreter_can_be_prepared(whichpool, index, kind):
    found = discover()
    chosen = {
        "oldest": [one for one in found if one.implementation == "CPython"][:1],
        "PyPy": [one for one in found if one.implementation == "PyPy"],
    }[kind]
    if not chosen:
        pytest.skip(f"no {kind} interpreter was found; name one in {EXTRA_VARIABLE}")
    made = whichpool("interpreters", "prepare", chosen[-1].executable, "--with", "joblib,loky", environment=index)
    folder = Path(made.stdout.strip())
    assert folder.name.startswith(f"{chosen[-1].name}-")
    assert versions(folder, "joblib", "loky") == ["1.3", "3.0"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["current", "--with", "jobli"], 'nothing here can use a library "jobli"; allowed: dask, '),
        (["current", "--with", "jobli"], 'did you mean "joblib"?'),
        (["current", "--with", "pytest"], 'nothing here can use a library "pytest"'),
        (["current", "--with", ","], "name the libraries: --with joblib,dask"),
        (["python3.99", "--with", "joblib"], 'no usable interpreter "python3.99" was found'),
        (["./missing", "--with", "joblib"], "there is no interpreter at "),
        (["current", "--with", "dask"], "distributed>=1, dask>=1 can't be installed for python3."),
    ],
)
def test_a_failure_is_one_message_and_leaves_nothing(whichpool, tmp_path, index, arguments, expected):
    done = whichpool("interpreters", "prepare", *arguments, expect=2, environment=index)
    assert expected in done.stderr
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert contents(tmp_path) == []


def test_an_environment_that_does_not_work_any_more_is_made_anew(whichpool, tmp_path, index, monkeypatch):
    """As if the interpreter that it was made from had gone."""
    monkeypatch.chdir(tmp_path)
    ours = identify(Path(sys.executable))
    python = environment_folder(ours.name, ours.executable) / "bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/bin/false")
    whichpool("interpreters", "prepare", "current", "--with", "joblib", environment=index)
    assert versions(python.parents[1], "joblib") == ["1.3"]


def test_an_interpreter_that_cannot_make_environments_says_so(whichpool, tmp_path, index):
    script = tmp_path / "python"
    refuses = '[ "$2" = -m ] && echo "No module named venv" && exit 1'
    believes = f"import sys; sys.executable = '{script}'"
    starts = f'exec "{sys.executable}" "$1" "$2" "$3" "{believes}\n$4" "$5"'
    script.write_text(f"#!/bin/sh\n{refuses}\n{starts}\n")
    script.chmod(0o755)
    done = whichpool("interpreters", "prepare", "./python", "--with", "joblib", expect=2, environment=index)
    assert f"{script} can't make an environment: No module named venv" in done.stderr
    assert contents(tmp_path) == ["python"]


def test_where_nothing_installs_it_says_what_to_do(whichpool, tmp_path, index):
    """As in an environment that uv made, on a machine where uv is no longer."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'pip' else find(name, package)\n"
    )
    surroundings = {**index, "PYTHONPATH": f"{hidden}{os.pathsep}{index['PYTHONPATH']}", "PATH": "/bin"}
    done = whichpool("interpreters", "prepare", "current", "--with", "joblib", expect=2, environment=surroundings)
    assert "there is neither uv nor pip to install with" in done.stderr
    assert "-m ensurepip" in done.stderr
    assert not (tmp_path / ".venvs").exists()
