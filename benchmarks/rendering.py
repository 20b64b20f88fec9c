"""How long `whichpool report` takes, against the same figures drawn by a plain script and the PDF engine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing import BARE, ROOT, medians, seconds

ROUNDS = 3
LIMIT = 2.0


def measure() -> Iterator[str]:
    """The newest bundle of configs/quick.yaml, or a fresh one of configs/smoke.yaml if there is none."""
    with tempfile.TemporaryDirectory() as folder:
        bundle, pdf = Path(folder, "bundle"), Path(folder, "floor.pdf")
        found = sorted((ROOT / "results").glob("*-quick/measurements.parquet"))
        whichpool = str(Path(BARE[0]).with_name("whichpool"))
        if found:
            shutil.copytree(found[-1].parent, bundle)
        else:
            seconds((whichpool, "run", "configs/smoke.yaml", "--out", str(bundle)))
        commands = {
            "report": (whichpool, "report", str(bundle)),
            "floor": (BARE[0], "-m", "benchmarks.floor", str(bundle), str(pdf)),
        }
        taken = medians(commands, ROUNDS)
        html, made = bundle / "report.html", bundle / "report.pdf"
        yield f"bundle of {found[-1].parent.name if found else 'configs/smoke.yaml'}"
        yield (
            f"whichpool report: {taken['report']:.2f} s, plain script: {taken['floor']:.2f} s, "
            f"{taken['report'] / taken['floor']:.2f} x (aim: {LIMIT})"
        )
        yield f"HTML {html.stat().st_size / 1e6:.2f} MB, PDF {made.stat().st_size / 1e6:.2f} MB"
