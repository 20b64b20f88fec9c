"""Checks of what decides about the frequency of the CPUs."""

from __future__ import annotations

from pathlib import Path

from pipeline.machine import hardware
from pipeline.machine.checks.base import Finding, Scene

CPU = "/sys/devices/system/cpu"
SELF_STEERING = ("intel_pstate", "amd-pstate-epp")
"""Drivers under which even `powersave` lets the processor speed up at once; it does not under others."""


def governor(scene: Scene) -> Finding | None:
    """Who chooses the frequency."""
    held = _of_every_cpu(scene, "cpufreq/scaling_governor")
    if not held:
        return None
    if held == {"performance"}:
        return Finding("governor", "good", "every CPU has the governor performance", "it keeps the frequency up")
    fix, undo = scene.writing(f"{CPU}/cpu*/cpufreq/scaling_governor", "performance")
    gentle = hardware.frequency_driver(scene.root) in SELF_STEERING or "powersave" not in held
    return Finding(
        "governor",
        "advice" if gentle else "warning",
        f"the CPUs' governor is {_listed(held)}",
        "Short batches are measured while the frequency is still rising, and idle workers begin slowly.",
        fix,
        undo,
    )


def energy_preference(scene: Scene) -> Finding | None:
    """What the processor was asked to prefer."""
    held = _of_every_cpu(scene, "cpufreq/energy_performance_preference")
    if not held:
        return None
    saving = held & {"power", "balance_power"}
    if not saving:
        return Finding("energy preference", "good", f"it is {_listed(held)}", "speed comes first")
    fix, undo = scene.writing(f"{CPU}/cpu*/cpufreq/energy_performance_preference", "balance_performance")
    return Finding(
        "energy preference",
        "warning",
        f"the CPUs were asked for {_listed(saving)}",
        "They save energy first and reach their speed late, or never.",
        fix,
        undo,
    )


def turbo(scene: Scene) -> Finding | None:
    """Whether one busy CPU may run faster than many."""
    on = hardware.turbo(scene.root)
    if on is None:
        return None
    if not on:
        return Finding("turbo", "good", "turbo is off", "one worker runs as fast as many")
    switches = (
        (f"{CPU}/intel_pstate/no_turbo", "1"),
        (f"{CPU}/cpufreq/boost", "0"),
        (f"{CPU}/cpu*/cpufreq/boost", "0"),
    )
    pattern, off = next((path, off) for path, off in switches if list(Path(f"{scene.root}/").glob(path[1:])))
    fix, undo = scene.writing(pattern, off)
    return Finding(
        "turbo",
        "advice",
        "turbo is on",
        "One worker gets a higher frequency than many: speed-ups are smaller, which is the truth for daily use. "
        "Switch it off to compare machines or to fit scaling models.",
        fix,
        undo,
    )


def battery(scene: Scene) -> Finding | None:  # noqa: ARG001 - psutil knows no root
    """Whether the machine has to save energy."""
    plugged = hardware.on_ac_power()
    if plugged is None:
        return None
    if plugged:
        return Finding("battery", "good", "on mains power", "no energy has to be saved")
    return Finding("battery", "warning", "on battery", "The machine saves energy and slows down. Plug it in.")


def _of_every_cpu(scene: Scene, name: str) -> set[str]:
    files = Path(f"{scene.root}{CPU}").glob(f"cpu[0-9]*/{name}")
    lines = (scene.line(str(file)[len(scene.root) :]) for file in files)
    return {line for line in lines if line}


def _listed(words: set[str]) -> str:
    return " and ".join(sorted(words))
