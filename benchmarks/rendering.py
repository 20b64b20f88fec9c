"""How long `whichpool report` takes, against the same figures drawn by a plain script and the PDF engine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.enlarged import enlarge
from benchmarks.timing import BARE, ROOT, medians, seconds

ROUNDS = 3
LIMIT = 1.5
GROWTH_LIMIT = 2.0
FEW_ROWS, MANY_ROWS = 10_000, 1_000_000
TIMES_BLOCKS = 3


def measure() -> Iterator[str]:
    """Of the newest run of the standard configuration, else of the quick one, else of a fresh one of the smoke test."""
    with tempfile.TemporaryDirectory() as folder:
        bundle, pdf = Path(folder, "bundle"), Path(folder, "floor.pdf")
        found = [sorted((ROOT / "results").glob(f"*-{name}/measurements.parquet")) for name in ("standard", "quick")]
        newest = next((paths[-1].parent for paths in found if paths), None)
        whichpool = str(Path(BARE[0]).with_name("whichpool"))
        if newest is not None:
            shutil.copytree(newest, bundle)
        else:
            seconds((whichpool, "run", "configs/smoke.yaml", "--out", str(bundle)))
        few, many = Path(folder, "few"), Path(folder, "many")
        rows = [
            enlarge(bundle, few, rows=FEW_ROWS, times_blocks=1),
            enlarge(bundle, many, rows=MANY_ROWS, times_blocks=TIMES_BLOCKS),
        ]
        commands = {
            "report": (whichpool, "report", str(bundle)),
            "floor": (BARE[0], "-m", "benchmarks.floor", str(bundle), str(pdf)),
            "few": (whichpool, "report", str(few)),
            "many": (whichpool, "report", str(many)),
        }
        taken = medians(commands, ROUNDS)
        html, made = bundle / "report.html", bundle / "report.pdf"
        yield f"bundle of {newest.name if newest is not None else 'configs/smoke.yaml'}"
        yield (
            f"whichpool report: {taken['report']:.2f} s, plain script: {taken['floor']:.2f} s, "
            f"{taken['report'] / taken['floor']:.2f} x (aim: {LIMIT})"
        )
        yield (
            f"with {rows[1]:,} rows of measurements: {taken['many']:.2f} s, with {rows[0]:,}: {taken['few']:.2f} s, "
            f"{taken['many'] / taken['few']:.2f} x (aim: {GROWTH_LIMIT})"
        )
        yield f"HTML {html.stat().st_size / 1e6:.2f} MB, PDF {made.stat().st_size / 1e6:.2f} MB"
