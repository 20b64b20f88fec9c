"""Checks of other processes, steady speed, timers and interrupts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.machine.checks import activity, others, speed
from pipeline.machine.checks.activity import Activity, Look, Running
from pipeline.machine.checks.registry import Scene
from pipeline.machine.checks.speed import Speed, judge
from tests.machine.checks.test_registry import invent

TICKS = os.sysconf("SC_CLK_TCK")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def stat(pid: int, name: str, user: int, system: int, *, flags: int = 0, nice: int = 0, start: int = 5) -> str:
    return f"{pid} ({name}) R 1 1 1 0 -1 {flags} 0 0 0 0 {user} {system} 0 0 20 {nice} 1 0 {start} 0 0\n"


def busy(*processes: Running, unseen: float = 0.0) -> Activity:
    return Activity(processes, unseen, 0.0, 0)


def test_a_look_reads_names_that_are_meant_to_confuse(tmp_path: Path) -> None:
    files = {
        "proc/12/stat": stat(12, "a) R 9 (b", 300, 100, nice=-5),
        "proc/13/stat": stat(13, "kworker", 0, 10, flags=0x00200040),
        "proc/14/stat": "",
        "proc/stat": "cpu 1 1\ncpu0 500 0 0 9 9 0 0 20 0 0\ncpu1 100 0 0 9 9 0 0 30 0 0\n",
        "proc/vmstat": "pswpin 3\npswpout 4\npgfault 5\n",
    }
    seen = activity.look(invent(tmp_path, files))
    assert seen.processes == {
        (12, 5): Running(12, "a) R 9 (b", 400 / TICKS, -5, False),
        (13, 5): Running(13, "kworker", 10 / TICKS, 0, True),
    }
    assert (seen.busy_s, seen.steal_s, seen.swapped_pages) == (600 / TICKS, 50 / TICKS, 7)


def test_between_two_looks() -> None:
    def process(pid: int, seconds: float) -> Running:
        return Running(pid, f"p{pid}", seconds, 0, False)

    own = os.getpid()
    before = Look({(1, 0): process(1, 7.0), (2, 0): process(2, 1.0), (own, 0): process(own, 1.0)}, 10.0, 1.0, 100)
    after = Look(
        {
            (1, 0): process(1, 7.1),
            (2, 99): process(2, 0.25),  # another process with the same id
            (own, 0): process(own, 1.05),
        },
        10.5,
        1.05,
        107,
    )
    told = activity.between(before, after, 0.5)
    assert [(seen.pid, pytest.approx(seen.cpus)) for seen in told.processes] == [(2, 0.5), (1, 0.2)]
    assert told.unseen_cpus == pytest.approx((0.5 - 0.1 - 0.25 - 0.05) / 0.5)
    assert told.steal_cpus == pytest.approx(0.1)
    assert told.swapped_pages == 7


def test_nobody_can_be_watched_without_a_list_of_processes(tmp_path: Path) -> None:
    assert activity.observe(0.0, str(tmp_path)) is None


@linux
def test_a_busy_process_is_found_and_the_suggested_command_works() -> None:
    """The command is given as root would get it, which one's own process allows to anybody."""
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", "while True: pass"])
    try:
        time.sleep(0.2)
        seen = activity.observe(0.4)
        assert seen is not None
        share = next(found.cpus for found in seen.processes if found.pid == process.pid)
        assert 0.1 < share < 1.2
        only = busy(*(found for found in seen.processes if found.pid == process.pid))
        finding = others.other_processes(Scene(activity=only, is_root=True))
        assert finding is not None and finding.severity == "warning"
        assert f"({process.pid})" in finding.what
        assert finding.fix == f"renice 19 -p {process.pid}"
        assert finding.undo == f"renice {os.getpriority(os.PRIO_PROCESS, 0)} -p {process.pid}"
        if shutil.which("renice") is None:
            pytest.skip("this machine has no renice to try the command with")
        subprocess.run(finding.fix.split(), check=True, capture_output=True, timeout=10)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == 19
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("seen", "severity"),
    [
        (busy(), "good"),
        (busy(Running(1, "idle", 0.02, 0, False)), "good"),
        (busy(Running(1, "some", 0.05, 0, False)), "advice"),
        (busy(Running(1, "much", 0.5, 0, False)), "warning"),
        (busy(unseen=0.5), "warning"),
        (None, None),
    ],
)
def test_how_bad_others_are(seen: Activity | None, severity: str | None) -> None:
    finding = others.other_processes(Scene(activity=seen))
    assert (finding and finding.severity) == severity


def test_kernel_threads_and_those_who_are_nice_already_are_left_alone() -> None:
    seen = busy(
        Running(7, "kswapd0", 0.9, 0, True),
        Running(8, "nice", 0.8, 19, False),
        Running(9, "busy", 0.7, -5, False),
    )
    finding = others.other_processes(Scene(activity=seen))
    assert finding is not None
    assert (finding.fix, finding.undo) == ("sudo renice 19 -p 9", "sudo renice -5 -p 9")
    for left_alone in (*seen.processes[:2], Running(10, "hardly busy", 0.09, 0, False)):
        finding = others.other_processes(Scene(activity=busy(left_alone)))
        assert finding is not None and finding.severity != "good" and finding.fix is None


def test_no_process_is_ever_ended_and_no_name_gets_into_a_command() -> None:
    seen = busy(Running(9, "x; rm -rf ~\x1b[2J", 0.7, 0, False))
    finding = others.other_processes(Scene(activity=seen))
    assert finding is not None and finding.fix == "sudo renice 19 -p 9"
    assert "\x1b" not in finding.what
    assert "kill" not in finding.fix + finding.why


def steady(value: float, readings: int = 200, seconds: float = 2.0) -> list[tuple[float, float]]:
    return [(number * seconds / readings, value) for number in range(readings)]


def test_steady_cpus() -> None:
    found = judge({0: steady(1e-4), 1: steady(1.1e-4)}, 2.0)
    assert found is not None
    assert (found.share_slow, found.factor, found.longest_s) == (0.0, None, 0.0)
    # Two CPUs that differ by a tenth, half of the windows each.
    assert found.variation == pytest.approx(0.05 / 1.05, rel=0.03)
    assert (found.best_s, found.cpus) == (1e-4, 2)


def test_slow_spells_of_a_known_length() -> None:
    """Of 2 s: half a second 1.6 times as slow, and three lone readings."""
    series = [
        (when, 1.6e-4 if 0.5 <= when < 1.0 or round(when * 100) in (120, 140, 160) else 1e-4) for when, _ in steady(0.0)
    ]
    found = judge({3: series}, 2.0)
    assert found is not None
    assert found.share_slow == pytest.approx(53 / 200)
    assert found.factor == pytest.approx(1.6)
    assert found.longest_s == pytest.approx(0.5)
    quiet = judge({3: steady(1e-4), 4: series}, 2.0)
    assert quiet is not None and quiet.share_slow == pytest.approx(53 / 400)


def test_a_spell_that_lasts_to_the_end_counts() -> None:
    series = [(when, 1.5 if when >= 1.5 else 1.0) for when, _ in steady(0.0)]
    found = judge({0: series}, 2.0)
    assert found is not None and found.longest_s == pytest.approx(0.5)


def test_nothing_is_said_without_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge({}, 2.0) is None
    assert speed.watch((), 0.01) is None
    monkeypatch.setattr(speed, "readings", lambda cpus: [float("nan")])
    assert speed.watch((0,), 5.0) is None
    assert others.speed(Scene(speed=None)) is None


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_every_allowed_cpu_is_timed() -> None:
    allowed = tuple(sorted(os.sched_getaffinity(0)))
    found = speed.watch(allowed, 0.2)
    assert found is not None
    assert found.cpus == min(len(allowed), speed.MOST_CPUS)
    assert 0 <= found.share_slow <= 1
    assert 0 < found.best_s < 0.1
    assert os.sched_getaffinity(0) == set(allowed)


@pytest.mark.parametrize(
    ("speed", "severity"),
    [
        (Speed(0.0, None, 0.0, 0.01, 1e-4, 2, 2.0), "good"),
        (Speed(0.02, 1.5, 0.02, 0.01, 1e-4, 2, 2.0), "advice"),
        (Speed(0.3, 1.5, 0.4, 0.2, 1e-4, 2, 2.0), "warning"),
    ],
)
def test_how_bad_slow_spells_are(speed: Speed, severity: str) -> None:
    finding = others.speed(Scene(speed=speed))
    assert finding is not None and finding.severity == severity


def test_the_difference_that_ten_batches_show() -> None:
    """Published: 12.5 % at a coefficient of variation of 10 %, for 80 % power at 5 %, two-sided."""
    finding = others.speed(Scene(speed=Speed(0.3, 1.5, 0.4, 0.10, 1e-4, 2, 2.0)))
    assert finding is not None and "from 13% on" in finding.why


def listed(**timers: float | None) -> str:
    return json.dumps(
        [
            {"next": None if next_s is None else int(next_s * 1e6), "unit": unit.replace("_", "-") + ".timer"}
            for unit, next_s in timers.items()
        ]
    )


def test_updates_that_are_due_soon_can_be_put_off() -> None:
    text = listed(apt_daily=1000 + 600, man_db=1000 + 60, harmless=1000 + 30, dnf_makecache=1000 + 90_000, fstrim=None)
    finding = others.timers_due(text, 1000.0, Scene())
    assert finding is not None and finding.severity == "advice"
    assert finding.fix == "sudo systemctl stop man-db.timer apt-daily.timer"
    assert finding.undo == "sudo systemctl start man-db.timer apt-daily.timer"
    assert "man-db.timer in 1 min" in finding.what


def test_names_of_timers_are_quoted() -> None:
    text = json.dumps([{"next": 1.1e9, "unit": r"backup-home\x2duser; reboot.timer"}])
    finding = others.timers_due(text, 1000.0, Scene(is_root=True))
    assert finding is not None
    assert finding.fix == r"systemctl stop 'backup-home\x2duser; reboot.timer'"


@pytest.mark.parametrize(
    ("text", "severity"), [("[]", "good"), ("NEXT LEFT LAST\n", None), ('[{"unit": "apt.timer"}]', None), ("", None)]
)
def test_timers_without_news(text: str, severity: str | None) -> None:
    finding = others.timers_due(text, 1000.0, Scene())
    assert (finding and finding.severity) == severity


def test_timers_are_not_told_without_systemd(tmp_path: Path) -> None:
    assert others.timers(Scene(root=str(tmp_path))) is None


@pytest.mark.parametrize(("uptime", "severity"), [("90.5 100\n", "advice"), ("86400.0 1\n", "good"), (None, None)])
def test_boot(tmp_path: Path, uptime: str | None, severity: str | None) -> None:
    root = invent(tmp_path, {} if uptime is None else {"proc/uptime": uptime})
    finding = others.since_boot(Scene(root=root))
    assert (finding and finding.severity) == severity


def test_watchdog(tmp_path: Path) -> None:
    assert others.watchdog(Scene(root=str(tmp_path))) is None
    root = invent(tmp_path, {"proc/sys/kernel/nmi_watchdog": "1\n"})
    finding = others.watchdog(Scene(root=root))
    assert finding is not None
    assert (finding.severity, finding.fix) == ("advice", "sudo sysctl kernel.nmi_watchdog=0")
    invent(tmp_path, {"proc/sys/kernel/nmi_watchdog": "0\n"})
    quiet = others.watchdog(Scene(root=root))
    assert quiet is not None and quiet.severity == "good"


@pytest.mark.parametrize(
    ("flags", "name", "severity"),
    [
        ("fpu", "irqbalance", "advice"),
        ("fpu", "bash", "good"),
        ("fpu hypervisor", "irqbalance", "good"),
    ],
)
def test_irqbalance_matters_on_real_hardware_only(tmp_path: Path, flags: str, name: str, severity: str | None) -> None:
    root = invent(tmp_path, {"proc/cpuinfo": f"flags : {flags}\n", "proc/12/comm": f"{name}\n"})
    finding = others.irqbalance(Scene(root=root))
    assert (finding and finding.severity) == severity
    if severity == "advice":
        assert finding is not None and finding.fix == "sudo systemctl stop irqbalance"
        assert finding.undo == "sudo systemctl start irqbalance"
