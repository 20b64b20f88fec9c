"""Checks of what Python processes find."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.machine.checks import pythons
from pipeline.machine.checks.registry import Scene
from tests.machine.checks.test_registry import invent


@pytest.mark.parametrize(
    ("variables", "severity", "named"),
    [
        ({}, "good", ""),
        ({"HOME": "/home/x", "PYTHONUNBUFFERED": "1"}, "good", ""),
        ({"PYTHONDEVMODE": "0", "PYTHONOPTIMIZE": ""}, "good", ""),
        ({"PYTHONPATH": "/a"}, "advice", "PYTHONPATH"),
        ({"PYTHONHASHSEED": "7"}, "advice", "PYTHONHASHSEED"),
        ({"PYTHON_GIL": "0"}, "warning", "PYTHON_GIL"),
        ({"PYTHONMALLOC": "debug", "PYTHONPATH": "/a"}, "warning", "PYTHONMALLOC PYTHONPATH"),
    ],
)
def test_variables(variables: dict[str, str], severity: str, named: str) -> None:
    finding = pythons.environment(Scene(environment=variables))
    assert finding is not None and finding.severity == severity
    assert finding.fix == (f"unset {named}" if named else None)


def test_a_shell_understands_both_commands() -> None:
    variables = {"PYTHONPATH": "/with space:/and'quote", "PYTHONHASHSEED": "7"}
    finding = pythons.environment(Scene(environment=variables))
    assert finding is not None
    show = 'printf "%s|%s\\n" "$PYTHONPATH" "$PYTHONHASHSEED"'
    script = f"{finding.fix}\n{show}\n{finding.undo}\n{show}\n"
    environment = {**os.environ, **variables}
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True, timeout=10)
    assert done.stdout.splitlines() == ["|", "/with space:/and'quote|7"]


@pytest.mark.parametrize(
    ("limits", "severity", "fix", "undo"),
    [
        ((1024, 1048576), "advice", "ulimit -Sn 4096", "ulimit -Sn 1024"),
        ((256, 2048), "advice", "ulimit -Sn 2048", "ulimit -Sn 256"),
        ((256, -1), "advice", "ulimit -Sn 4096", "ulimit -Sn 256"),
        ((1024, 1024), "advice", None, None),
        ((65536, 65536), "good", None, None),
        ((-1, -1), "good", None, None),
    ],
)
def test_open_files(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], severity: str, fix: str | None, undo: str | None
) -> None:
    resource = pytest.importorskip("resource")
    limits = tuple(resource.RLIM_INFINITY if limit == -1 else limit for limit in limits)
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits)
    finding = pythons.open_files(Scene())
    assert finding is not None
    assert (finding.severity, finding.fix, finding.undo) == (severity, fix, undo)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (None, None),
        ("2\n", ("good", None, None)),
        (
            "0\n",
            ("advice", "sudo sysctl kernel.randomize_va_space=2", "sudo sysctl kernel.randomize_va_space=0"),
        ),
    ],
)
def test_address_layout(tmp_path: Path, mode: str | None, expected: tuple[str, str | None, str | None] | None) -> None:
    root = invent(tmp_path, {} if mode is None else {"proc/sys/kernel/randomize_va_space": mode})
    finding = pythons.address_layout(Scene(root=root))
    assert (finding and (finding.severity, finding.fix, finding.undo)) == expected


@pytest.mark.parametrize(
    ("kind", "severity"),
    [("ext4", "good"), ("overlay", "good"), ("tmpfs", "advice"), ("nfs4", "warning"), (None, None)],
)
def test_temporary_files(monkeypatch: pytest.MonkeyPatch, kind: str | None, severity: str | None) -> None:
    monkeypatch.setattr(pythons, "temp_filesystem", lambda: kind)
    finding = pythons.temporary_files(Scene())
    assert (finding and finding.severity) == severity
    if severity in ("advice", "warning"):
        assert finding is not None and finding.fix == "TMPDIR=/var/tmp whichpool run CONFIG"


def test_debug_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*debug: bool) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=f"python3.{n}", executable=f"/x/{n}", debug=flag) for n, flag in enumerate(debug)]

    for interpreters, severity in ((found(), None), (found(False), "good"), (found(False, True), "advice")):
        monkeypatch.setattr(pythons, "discover", lambda made=interpreters: made)
        finding = pythons.debug_builds(Scene())
        assert (finding and finding.severity) == severity
    assert finding is not None and "/x/1" in finding.what and "/x/0" not in finding.what
