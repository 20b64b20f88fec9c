"""What `doctor` says of this machine and of invented ones, and that it changes nothing."""

import io
import json
import os
import stat
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.commands.doctor import show_diagnosis
from pipeline.machine.checks.registry import CHECKS, Diagnosis, Finding

SETTINGS = (
    "/proc/sys/kernel/nmi_watchdog",
    "/proc/sys/kernel/perf_event_max_sample_rate",
    "/proc/sys/kernel/randomize_va_space",
    "/proc/sys/vm/swappiness",
    "/proc/swaps",
    "/sys/kernel/mm/transparent_hugepage/enabled",
    "/sys/devices/system/clocksource/clocksource0/current_clocksource",
    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
    "/sys/devices/system/cpu/intel_pstate/no_turbo",
    "/sys/devices/system/cpu/cpufreq/boost",
)
CHANGING = ("sudo", "tee", "sysctl", "renice", "kill", "swapoff", "swapon", "taskset", "systemd-run", "docker", "sh")


def present_settings():
    found = {path: Path(path).read_text() for path in SETTINGS if os.access(path, os.R_OK)}
    groups = {str(path) for path in Path("/sys/fs/cgroup").rglob("whichpool-doctor*")}
    return found, groups


def screen(diagnosis, width=80):
    out = io.StringIO()
    show_diagnosis(diagnosis, Console(file=out, width=width, highlight=False))
    return out.getvalue()


@pytest.fixture(scope="module")
def told(shared):
    return json.loads(shared("doctor", "--json").stdout)


def test_every_check_is_answered_or_named(told):
    names = [finding["name"] for finding in told["findings"]]
    assert sorted([*names, *told["not_told"]]) == sorted(CHECKS)
    severities = [("warning", "advice", "good").index(finding["severity"]) for finding in told["findings"]]
    assert severities == sorted(severities)


def test_the_speed_was_measured(told):
    if not hasattr(os, "sched_setaffinity"):
        assert told["speed"] is None
        return
    assert 0 < told["speed"]["best_s"] < 0.1
    assert 0 <= told["speed"]["share_slow"] <= 1
    assert told["speed"]["seconds"] >= 1


def test_the_screen_says_what_the_data_say(whichpool, told):
    shown = " ".join(whichpool("doctor").stdout.split())
    assert all(name in shown for name in told["not_told"])
    # Others come and go, and the speed changes, from one look to the next.
    for finding in told["findings"]:
        if finding["name"] not in ("other processes", "speed", "free memory", "swap", "timers", "boot", "hypervisor"):
            assert (finding["fix"] or finding["name"]) in shown
    assert "good:" in shown


def test_nothing_is_changed_and_nothing_that_could_is_started(whichpool, tmp_path):
    traps = tmp_path / "traps"
    traps.mkdir()
    for name in CHANGING:
        trap = traps / name
        trap.write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/sprung\n')
        trap.chmod(trap.stat().st_mode | stat.S_IXUSR)
    before = present_settings()
    whichpool("doctor", environment={"PATH": f"{traps}:{os.environ['PATH']}"})
    assert not (tmp_path / "sprung").exists()
    assert present_settings() == before


def test_an_ordinary_machine_fits_on_a_screen():
    words = "They take turns with the measured workers, which then seem to scale badly. Close what is yours, or wait."
    command = "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
    bad = [Finding(f"check {n}", "warning" if n < 3 else "advice", "x" * 40, words, command, "undo") for n in range(6)]
    good = [Finding(name, "good", "x", "y") for name in list(CHECKS)[6:]]
    shown = screen(Diagnosis((*bad, *good), ("battery",))).splitlines()
    assert len(shown) <= 40
    assert max(len(line) for line in shown if "$" not in line) <= 80
    assert sum(line.strip() == f"$ {command}" for line in shown) == 6, "a command that is folded can't be copied"


def test_words_from_outside_are_only_words():
    nasty = "[bold red]x[/] [/nothing] [link=file:///etc]y[/link]"
    shown = screen(Diagnosis((Finding("other processes", "warning", nasty, nasty, nasty, nasty),), (nasty,)), width=200)
    assert shown.count(nasty) == 5


def test_a_machine_without_faults():
    shown = screen(Diagnosis((Finding("governor", "good", "x", "y"),), ()))
    assert "Nothing to mend" in shown
    assert "not told" not in shown
