"""`python -m benchmarks.calibration`: prints every table; with `--write` also into docs/statistics.md.

The seed is fixed, so that a second run prints the same. About four minutes on one core, `--quick` under 20 seconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from benchmarks.calibration import coverage, false_winners, race, stopping
from benchmarks.tables import Table, replaced

DOCUMENT = Path(__file__).parents[2] / "docs" / "statistics.md"
SEED = 20_240_229
TOPICS = (stopping, coverage, race, false_winners)


def main() -> None:
    """Runs the topics one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few runs: whether it works, not what it says")
    parser.add_argument("--write", action="store_true", help=f"replace the tables in {DOCUMENT.name}")
    options = parser.parse_args()
    if options.quick and options.write:
        parser.error("the documentation shows full runs: --write without --quick")
    made: list[Table] = []
    for topic in TOPICS:
        start = time.perf_counter()
        print(f"\n{(topic.__doc__ or '').strip().splitlines()[0]}", flush=True)
        for table in topic.tables(SEED, quick=options.quick):
            print(f"\n{table.markdown()}", flush=True)
            made.append(table)
        print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    if options.write:
        DOCUMENT.write_text(replaced(DOCUMENT.read_text(encoding="utf-8"), made), encoding="utf-8")


if __name__ == "__main__":
    main()
