"""The checks as a whole, and the commands that they suggest."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.machine.checks import base
from pipeline.machine.checks.registry import CHECKS, Finding, Scene, diagnose

GOVERNOR = "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"


def invent(root: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


def governors(*values: str) -> dict[str, str]:
    return {GOVERNOR.replace("*", str(number)): f"{value}\n" for number, value in enumerate(values)}


def contents(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def run_below(root: Path, command: str) -> None:
    """Runs a suggested command against the invented machine instead of the real one."""
    subprocess.run(["sh", "-c", re.sub(r"(?<= )/(sys|proc)/", rf"{root}/\1/", command)], check=True, timeout=10)


@pytest.mark.parametrize("before", [("powersave", "powersave"), ("powersave", "ondemand", "powersave")])
def test_a_fix_mends_and_its_undo_brings_everything_back(tmp_path: Path, before: tuple[str, ...]) -> None:
    scene = Scene(root=invent(tmp_path, governors(*before)), is_root=True)
    untouched = contents(tmp_path)
    fix, undo = scene.writing(GOVERNOR, "performance")
    assert fix and undo
    assert contents(tmp_path) == untouched
    run_below(tmp_path, fix)
    assert set(contents(tmp_path).values()) == {b"performance\n"}
    run_below(tmp_path, undo)
    assert contents(tmp_path) == untouched


def test_who_is_not_root_needs_sudo_to_write_and_not_to_say(tmp_path: Path) -> None:
    scene = Scene(root=invent(tmp_path, governors("powersave")))
    assert scene.writing(GOVERNOR, "performance") == (
        f"echo performance | sudo tee {GOVERNOR}",
        f"echo powersave | sudo tee {GOVERNOR}",
    )


def test_nothing_is_suggested_for_files_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(root=invent(tmp_path, {**governors("powersave"), "proc/sys/vm/swappiness": "60\n"}))
    assert scene.writing("/sys/devices/elsewhere", "1") == (None, None)
    assert scene.sysctl({"vm.elsewhere": "1"}) == (None, None)
    monkeypatch.setattr(base, "_is_read_only", lambda path: True)
    assert scene.writing(GOVERNOR, "performance") == (None, None)
    assert scene.sysctl({"vm.swappiness": "1"}) == (None, None)


@pytest.mark.skipif(not hasattr(os, "ST_RDONLY"), reason="needs the kernel's word for read-only")
def test_a_file_system_mounted_read_only_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = invent(tmp_path, governors("powersave"))
    real = os.statvfs(root)
    as_list = [*real[:8], real.f_flag | os.ST_RDONLY, *real[9:]]
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result(as_list))
    assert Scene(root=root).writing(GOVERNOR, "performance") == (None, None)


def test_kernel_parameters_keep_their_present_values_in_the_undo(tmp_path: Path) -> None:
    files = {"proc/sys/kernel/nmi_watchdog": "1\n", "proc/sys/kernel/perf_event_max_sample_rate": "79800\n"}
    scene = Scene(root=invent(tmp_path, files))
    wanted = {"kernel.nmi_watchdog": "0", "kernel.perf_event_max_sample_rate": "1"}
    assert scene.sysctl(wanted) == (
        "sudo sysctl kernel.nmi_watchdog=0 kernel.perf_event_max_sample_rate=1",
        "sudo sysctl kernel.nmi_watchdog=1 kernel.perf_event_max_sample_rate=79800",
    )


def test_a_machine_that_tells_nothing_gets_no_answer_of_its_files(tmp_path: Path) -> None:
    diagnosis = diagnose(Scene(root=str(tmp_path)))
    asked = {finding.name for finding in diagnosis.findings}
    assert asked.isdisjoint(diagnosis.not_told)
    assert asked | set(diagnosis.not_told) == set(CHECKS)
    # What remains belongs to this process and not to files of the machine.
    assert asked <= {"CPU quota", "environment", "interpreters", "open files", "temporary files", "battery"}


def test_the_worst_comes_first_and_equals_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def says(name: str, severity: base.Severity) -> None:
        monkeypatch.setitem(CHECKS, name, lambda scene: Finding(name, severity, "x", "y"))

    for name in list(CHECKS):
        monkeypatch.delitem(CHECKS, name)
    says("a", "good")
    says("b", "advice")
    says("c", "warning")
    says("d", "advice")
    assert [finding.name for finding in diagnose(Scene()).findings] == ["c", "b", "d", "a"]


@pytest.mark.parametrize("error", [PermissionError("hidden"), ValueError("rubbish"), NotImplementedError()])
def test_a_check_that_may_not_look_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def denied(scene: Scene) -> None:
        raise error

    for name in list(CHECKS):
        monkeypatch.delitem(CHECKS, name)
    monkeypatch.setitem(CHECKS, "first", denied)
    monkeypatch.setitem(CHECKS, "second", lambda scene: Finding("second", "good", "x", "y"))
    diagnosis = diagnose(Scene())
    assert [finding.name for finding in diagnosis.findings] == ["second"]
    assert diagnosis.not_told == ("first",)


def test_this_machine_answers_and_each_answer_is_named_as_its_check() -> None:
    scene = replace(Scene(is_root=os.geteuid() == 0), allowed=tuple(sorted(getattr(os, "sched_getaffinity", set)(0))))
    for name, check in CHECKS.items():
        finding = check(scene)
        if finding is not None:
            assert finding.name == name
            assert finding.what and finding.why
            assert finding.severity in ("warning", "advice", "good")
            assert finding.fix or not finding.undo
            assert finding.severity != "good" or not finding.fix
