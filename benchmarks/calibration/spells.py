"""A shared machine with two CPUs, each of which runs slower for a while, now and then, without regard to the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.layout import SPEEDUP
from pipeline.statistics.student import Floats

SLOWER = 1.5
SPELL_S = (0.2, 2.0)
SHARE = 0.3
"""Of the time, for each CPU."""
SERIAL_S, REFERENCE_S, READING_S, STARTUP_S = 0.2, 0.1, 0.005, 0.03
"""Undisturbed: of a serial invocation, of the reference, of one reading, of what starts between the two."""
OWN, READING = 0.02, 0.02
"""Coefficient of variation of an invocation and of a reading beside the spells."""
BURN_IN_S = 20.0
CPUS = 2


@dataclass(frozen=True)
class Curve:
    """A growing function of time for each run: how much work is done by then, in seconds of an undisturbed CPU."""

    times: Floats
    """By run and corner."""
    work: Floats

    def at(self, times: Floats) -> Floats:
        """Work that is done by a moment, one per run (or per run and column)."""
        return _interpolate(times, self.times, self.work)

    def reaches(self, work: Floats) -> Floats:
        """When that much work is done."""
        return _interpolate(work, self.work, self.times)


def measure_in_spells(rng: np.random.Generator, kinds: NDArray[np.str_]) -> tuple[Floats, Floats]:
    """Log seconds and log readings of invocations one after the other; see `layout.Measure`."""
    runs, count = kinds.shape
    horizon = BURN_IN_S + count * (SLOWER * (SERIAL_S + READING_S) + STARTUP_S)
    cpus = [_cpu(rng, runs, horizon) for _ in range(CPUS)]
    corners = np.sort(np.concatenate([cpu.times for cpu in cpus], axis=1), axis=1)
    corners = np.minimum(corners, horizon + np.arange(corners.shape[1]))
    both = Curve(corners, sum((cpu.at(corners) for cpu in cpus), np.zeros_like(corners)))
    now = np.full(runs, BURN_IN_S)
    seconds, readings = np.empty((2, runs, count))
    for place in range(count):
        taken = np.stack([cpu.reaches(cpu.at(now) + READING_S) - now for cpu in cpus])
        readings[:, place] = np.log(taken).mean(axis=0)
        now = now + taken.max(axis=0) + STARTUP_S
        end = _end(rng, kinds[:, place], now, cpus, both)
        seconds[:, place] = end - now
        now = end
    assert now.max() < horizon
    noise = rng.normal(0, OWN, seconds.shape)
    return np.log(seconds) + noise, readings + rng.normal(0, READING, readings.shape)


def _end(rng: np.random.Generator, kinds: NDArray[np.str_], now: Floats, cpus: list[Curve], both: Curve) -> Floats:
    parallel_s = CPUS * SERIAL_S / SPEEDUP
    done = np.stack([cpu.at(now) for cpu in cpus])
    alone_s = np.where(kinds == "reference", REFERENCE_S, SERIAL_S)
    alone = np.stack([cpu.reaches(before + alone_s) for cpu, before in zip(cpus, done, strict=True)])
    halves = [cpu.reaches(before + parallel_s / CPUS) for cpu, before in zip(cpus, done, strict=True)]
    shared = both.reaches(both.at(now) + parallel_s)
    on_one = np.where(rng.random(len(now)) < 0.5, alone[0], alone[1])
    end: Floats = np.select([kinds == "shared", kinds == "split"], [shared, np.maximum(*halves)], on_one)
    return end


def _cpu(rng: np.random.Generator, runs: int, horizon: float) -> Curve:
    spell_s = sum(SPELL_S) / 2
    quiet_s = spell_s * (1 - SHARE) / SHARE
    mean = horizon / (spell_s + quiet_s)
    cycles = int(mean + 8 * np.sqrt(mean) + 10)
    lengths = np.empty((runs, 2 * cycles))
    lengths[:, ::2] = rng.exponential(quiet_s, (runs, cycles))
    lengths[:, 1::2] = rng.uniform(*SPELL_S, (runs, cycles))
    speeds = np.tile([1.0, 1 / SLOWER], cycles)
    start = np.zeros((runs, 1))
    times = np.concatenate([start, np.cumsum(lengths, axis=1)], axis=1)
    assert times[:, -1].min() > horizon
    return Curve(times, np.concatenate([start, np.cumsum(lengths * speeds, axis=1)], axis=1))


def _interpolate(values: Floats, known: Floats, wanted: Floats) -> Floats:
    """Linear interpolation, each run in its own row: one call, the runs moved apart so that they don't overlap."""
    apart = max(float(known[:, -1].max()), float(wanted[:, -1].max())) + 1
    shift = np.arange(len(known)) * apart
    columns = shift.reshape(-1, *[1] * (values.ndim - 1))
    flat = np.interp((values + columns).ravel(), (known + shift[:, None]).ravel(), (wanted + shift[:, None]).ravel())
    found: Floats = flat.reshape(values.shape) - columns
    return found
