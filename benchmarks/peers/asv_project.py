"""What asv needs around a suite: a project's configuration, a repository, and a machine that it knows."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from benchmarks.peers.command import PeerFailed, run
from benchmarks.peers.environment import Settings

MACHINE = "peers"
SUITE = "suite"
RESULTS = "results"
CONFIGURATION = {
    "version": 1,
    "project": "peers",
    "project_url": "",
    "repo": ".",
    "branches": ["HEAD"],
    "environment_type": "existing",
    "benchmark_dir": SUITE,
    "results_dir": RESULTS,
}


def make(settings: Settings, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Makes a project of a folder with a suite in it; returns the command that runs all of it, and its environment.

    Raises:
        PeerFailed: git or asv failed.
    """
    (folder / SUITE / "__init__.py").touch()
    (folder / "asv.conf.json").write_text(json.dumps(CONFIGURATION), encoding="utf-8")
    commit = _repository(folder)
    # asv keeps what it knows of the machine in the home folder, and asks for it where that is missing.
    env = {**os.environ, "HOME": str(folder)}
    asv = str(settings.python.with_name("asv"))
    run([asv, "machine", "--yes", "--machine", MACHINE], folder, env=env)
    existing = ["-E", f"existing:{settings.python}", "--set-commit-hash", commit, "--machine", MACHINE]
    return [asv, "run", *existing], env


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """By benchmark, the columns that asv has recorded.

    Raises:
        PeerFailed: it has recorded none.
    """
    files = [file for file in (folder / RESULTS / MACHINE).glob("*.json") if file.name != "machine.json"]
    if not files:
        raise PeerFailed("asv recorded nothing")
    told = json.loads(files[0].read_text(encoding="utf-8"))
    return {name: dict(zip(told["result_columns"], row, strict=False)) for name, row in told["results"].items()}


def _repository(folder: Path) -> str:
    """Makes the repository without which asv doesn't run; returns its one commit's hash."""
    author = ["-c", "user.name=peers", "-c", "user.email=peers@localhost"]
    for command in (["init", "--quiet"], [*author, "commit", "--quiet", "--allow-empty", "--message", "peers"]):
        run(["git", *command], folder)
    return run(["git", "rev-parse", "HEAD"], folder).output.strip()
