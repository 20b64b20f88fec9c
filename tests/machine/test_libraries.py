"""Which libraries an interpreter has, by itself and in its environment."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.machine.interpreters import facts_of, identify
from pipeline.machine.libraries import environment_folder, installed
from tests.support.wheels import put_package

OURS = identify(Path(sys.executable))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The current folder of someone who has prepared an environment with one library."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        target = environment_folder(OURS.name, OURS.executable)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", target], check=True, timeout=60)
    (site_packages,) = target.glob("lib/python*/site-packages")
    put_package(site_packages, "needed", "1.5", "raise SystemExit('imported')")
    return folder


def test_what_is_installed_is_found_without_importing_it(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(environment)
    facts = facts_of(["current"], config_dir=environment, libraries={"needed", "pip", "nowhere"}, users=True)["current"]
    has = facts["libraries"]
    python = next(environment.glob(".venvs/*/bin/python"))
    assert has["prepared"] == {"executable": str(python), "versions": {"needed": "1.5"}}
    assert has["own"]["executable"] == has["users"]["executable"] == facts["executable"]
    assert "needed" not in has["own"]["versions"]
    assert set(has) == {"prepared", "own", "users"}


def test_nobody_is_asked_where_nothing_is_needed(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(environment)
    assert "libraries" not in facts_of(["current"], config_dir=environment)["current"]


def test_only_for_the_users_own_functions_their_surroundings_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_package(tmp_path, "needed", "2.0", "")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert installed(sys.executable, ["needed"]) == {}
    assert installed(sys.executable, ["needed"], isolated=False) == {"needed": "2.0"}


def test_what_lies_in_the_current_folder_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "needed.py").write_text("")
    monkeypatch.chdir(tmp_path)
    assert installed(sys.executable, ["needed"], isolated=False) == {}


@pytest.mark.parametrize("code", ["exit 1", "echo hello", "echo 'whichpool-libraries ['", "kill -SEGV $$"])
def test_who_gives_no_answer_has_nothing(tmp_path: Path, code: str) -> None:
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{code}\n")
    path.chmod(0o755)
    assert installed(str(path), ["needed"]) == {}


def test_links_to_one_interpreter_share_an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    folder = environment_folder("python3.13t", str(link))
    assert folder == environment_folder("python3.13t", sys.executable)
    assert folder.parent == tmp_path / ".venvs"
    name, _, digits = folder.name.rpartition("-")
    assert (name, len(digits), int(digits, 16) >= 0) == ("python3.13t", 8, True)
