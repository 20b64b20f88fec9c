"""What becomes of an interval if the data decide how long the run is."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import special

from benchmarks.calibration.layout import CASES, Noise, draw, true_ratios
from benchmarks.calibration.noises import LEVELS, SPELLS
from benchmarks.tables import Table, percent
from pipeline.statistics import student
from pipeline.statistics.ratio import log_ratio
from pipeline.statistics.sequence import FIRST_LOOK, anytime_p_value, confidence_sequence
from pipeline.statistics.stein import blocks_needed, stopped_ratio, two_stage_ratio
from pipeline.statistics.student import Floats

RUNS, QUICK_RUNS = 2000, 150
LONG, QUICK_LONG = 100_000, 10_000
PILOTS = (5, 8)
WIDTH_FROM = 5
PRECISION = {"normal, 15 %": 0.10, "spells": 0.10}
"""Relative half-width aimed at; 2 % where not named."""
USUAL_PRECISION = 0.02
SPELLED = {0: ": shared", 1: ": split"}
"""The compared cases that suffer differently from spells."""
MOST = 150
"""Blocks that the simulated runs have; a rule that asks for more takes these."""
LOOKS = 60
FIRST_LOOKS = (3, 5, 6, 8, 10)
FIRST_SHOWN = ("normal, 3 %", "spells: shared", "spells: split")
LEVELS_SHOWN = (0.95, 1 - 0.05 / 15)
"""One comparison; each of the 15 pairs of 6 arms."""


def tables(seed: int, *, quick: bool) -> Iterator[Table]:
    """Rules that stop at a width, and looking after every block."""
    runs = QUICK_RUNS if quick else RUNS
    widths, looks, first = [], [], []
    for index, noise in enumerate((*LEVELS, SPELLS)):
        found = _differences(noise, [seed, 200 + index], runs, QUICK_LONG if quick else LONG)
        for place, kind in SPELLED.items() if noise is SPELLS else {0: ""}.items():
            name, differences = noise.name + kind, found[..., place]
            widths.append(_widths(name, PRECISION.get(noise.name, USUAL_PRECISION), differences))
            looks.append(peeking(name, differences[:, :LOOKS]))
            if name in FIRST_SHOWN:
                first += _first_looks(name, differences[:, :LOOKS])
    stages = [text for pilot in PILOTS for text in (f"wider, pilot {pilot}", "two-stage", "t", "blocks")]
    header = ("noise", "precision", *stages, f"t at width, from {WIDTH_FROM}", "blocks")
    yield Table("width", header, widths)
    yield Table("peeking", ("noise", "confidence sequence", "t at any look", "t at the last look only"), looks)
    yield Table("first-look", ("noise", "share allowed", *(f"from {look}" for look in FIRST_LOOKS)), first)
    yield _price()


def _differences(noise: Noise, seed: list[int], runs: int, long: int) -> Floats:
    """Log ratios by run, block and compared case, less the truth."""
    rng = np.random.default_rng(seed)
    logs = draw(noise, rng, runs, MOST, CASES).logs
    truths = [mean for mean, _ in true_ratios(noise, rng, long)]
    centred: Floats = logs[..., :1] - logs[..., 1:] - np.array(truths)
    return centred


def _widths(name: str, precision: float, differences: Floats) -> list[str]:
    means, reaches = _t_intervals(differences)
    row = [name, f"{precision:.0%}"]
    for pilot in PILOTS:
        needed = np.array([min(MOST, blocks_needed(run[:pilot], precision)) for run in differences])
        for estimate in (stopped_ratio, two_stage_ratio):
            found = [estimate(run[:n], pilot) for run, n in zip(differences, needed, strict=True)]
            row.append(percent(float(np.mean([each.low <= 1 <= each.high for each in found]))))
        row += _stopped(means, reaches, needed)
    narrow = reaches <= math.log1p(precision)
    narrow[:, : WIDTH_FROM - 1] = False
    narrow[:, -1] = True
    return row + _stopped(means, reaches, narrow.argmax(axis=1) + 1)


def _stopped(means: Floats, reaches: Floats, blocks: NDArray[np.int_]) -> list[str]:
    """Coverage of the t interval after that many blocks, and their mean."""
    runs = np.arange(len(means))
    covered = np.abs(means[runs, blocks - 1]) <= reaches[runs, blocks - 1]
    return [percent(float(covered.mean())), f"{blocks.mean():.0f}"]


def _t_intervals(differences: Floats) -> tuple[Floats, Floats]:
    """Mean and half-width after each block, one row per run; infinite width after the first."""
    n = np.arange(1, differences.shape[1] + 1)
    means = np.cumsum(differences, axis=1) / n
    variances = (np.cumsum(differences**2, axis=1) - n * means**2) / np.maximum(n - 1, 1)
    quantiles = np.where(n > 1, special.stdtrit(np.maximum(n - 1, 1), 0.975), np.inf)
    with np.errstate(invalid="ignore"):
        reaches = quantiles * np.sqrt(np.maximum(variances, 0) / n)
    reaches[:, 0] = np.inf
    return means, reaches


def peeking(name: str, differences: Floats) -> list[str]:
    """Share of runs in which the truth was outside at any look."""
    sequence = np.mean([anytime_p_value(run) <= student.SIGNIFICANCE for run in differences])
    means, reaches = _t_intervals(differences)
    missed = np.abs(means) > reaches
    shares = (sequence, missed[:, FIRST_LOOK - 1 :].any(axis=1).mean(), missed[:, -1].mean())
    return [name, *(percent(float(share)) for share in shares)]


def _first_looks(name: str, differences: Floats) -> list[list[str]]:
    """Share of runs in which the sequence ever missed, by the block from which on one looks."""
    found = np.array([[anytime_p_value(run, first_look=look) for look in FIRST_LOOKS] for run in differences])
    allowed = [1 - level for level in LEVELS_SHOWN]
    return [
        [name, percent(share, 2), *(percent(missed, 2) for missed in (found <= share).mean(axis=0))]
        for share in allowed
    ]


def _price() -> Table:
    """Half-widths in standard deviations of the log ratio; those of the sequence follow from n alone."""
    rows = []
    for n in (8, 10, 15, 20, 30, LOOKS):
        values = np.arange(n, dtype=np.float64)
        values = (values - values.mean()) / values.std(ddof=1)
        halves = [math.log(log_ratio(values).high), *(confidence_sequence(values, level)[1] for level in LEVELS_SHOWN)]
        rows.append([str(n), *(f"{half:.2f}" for half in halves)])
    return Table("price", ("blocks", "t interval, 95 %", "sequence, 95 %", "sequence, a race of 6"), rows)
