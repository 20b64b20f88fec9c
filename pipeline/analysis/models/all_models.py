"""Every model of one run, computed once."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pipeline.analysis.models.borders import borders
from pipeline.analysis.models.break_even import break_evens
from pipeline.analysis.models.fits import curves, fits
from pipeline.analysis.models.fractions import gil_bounds, karp_flatts, weak_scaling
from pipeline.analysis.models.series import resident_logs
from pipeline.analysis.speedups import estimator
from pipeline.analysis.summary import Recorded, Summary


@dataclass(frozen=True)
class Models:
    """The frames of one run; each is described by the function of the same name."""

    karp_flatt: pd.DataFrame
    """`karp_flatts`."""
    fits: pd.DataFrame
    curves: pd.DataFrame
    weak_scaling: pd.DataFrame
    gil_bounds: pd.DataFrame
    break_evens: pd.DataFrame
    borders: pd.DataFrame


def models_of(bundle: Recorded, summary: Summary) -> Models:
    """Fits and predicts from what a run has measured."""
    run, speedups = bundle.run, summary.speedups
    fitted = fits(speedups, resident_logs(summary.times), run)
    return Models(
        karp_flatt=karp_flatts(speedups, run),
        fits=fitted,
        curves=curves(fitted),
        weak_scaling=weak_scaling(speedups),
        gil_bounds=gil_bounds(speedups, run),
        break_evens=break_evens(speedups, summary.costs, summary.times, run),
        borders=borders(summary, estimator((run.get("config") or {}).get("measure") or {})),
    )
