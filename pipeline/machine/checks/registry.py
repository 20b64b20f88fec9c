"""Every check of the machine's set-up, and how to ask them all. None of them changes anything that stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.machine.checks import cpus, memory, others, power, pythons
from pipeline.machine.checks.base import Finding, Scene, Severity

__all__ = ["CHECKS", "Diagnosis", "Finding", "Scene", "diagnose"]

WORST_FIRST: tuple[Severity, ...] = ("warning", "advice", "good")

CHECKS: dict[str, Callable[[Scene], Finding | None]] = {
    "speed": others.speed,
    "other processes": others.other_processes,
    "hypervisor": cpus.hypervisor,
    "battery": power.battery,
    "governor": power.governor,
    "energy preference": power.energy_preference,
    "CPU quota": cpus.quota,
    "affinity": cpus.affinity,
    "isolated CPUs": cpus.isolated,
    "SMT": cpus.smt,
    "turbo": power.turbo,
    "clock": cpus.clocksource,
    "free memory": memory.free_memory,
    "swap": memory.swap,
    "control group": memory.private_group,
    "huge pages": memory.huge_pages,
    "environment": pythons.environment,
    "interpreters": pythons.debug_builds,
    "open files": pythons.open_files,
    "temporary files": pythons.temporary_files,
    "addresses": pythons.address_layout,
    "timers": others.timers,
    "boot": others.since_boot,
    "interrupts": others.irqbalance,
    "watchdog": others.watchdog,
}
"""By the name of what it looks at, the most important first. A check returns None where the machine doesn't tell."""


@dataclass(frozen=True)
class Diagnosis:
    """What all checks together say."""

    findings: tuple[Finding, ...]
    """The worst first; among equals, in the order of `CHECKS`."""
    not_told: tuple[str, ...]
    """Names of the checks that this machine doesn't answer."""


def diagnose(scene: Scene) -> Diagnosis:
    """Asks every check. One that the machine doesn't let look is not told, and costs nobody else anything."""
    answers = {name: _asked(check, scene) for name, check in CHECKS.items()}
    findings = [finding for finding in answers.values() if finding is not None]
    return Diagnosis(
        findings=tuple(sorted(findings, key=lambda finding: WORST_FIRST.index(finding.severity))),
        not_told=tuple(name for name, finding in answers.items() if finding is None),
    )


def _asked(check: Callable[[Scene], Finding | None], scene: Scene) -> Finding | None:
    try:
        return check(scene)
    except (OSError, ValueError, RuntimeError, NotImplementedError):
        return None
