from __future__ import annotations

import subprocess
import sys

HEAVY = ("pandas", "scipy.stats", "scipy.optimize", "matplotlib")


def test_statistics_import_neither_pandas_nor_scipy_stats():
    code = (
        "import sys, pipeline.statistics.ratio, pipeline.statistics.mean, pipeline.statistics.holm; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
