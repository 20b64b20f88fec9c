from __future__ import annotations

import pkgutil
import subprocess
import sys

from pipeline import statistics

HEAVY = ("pandas", "scipy.stats", "scipy.optimize", "matplotlib")


def test_statistics_import_neither_pandas_nor_scipy_stats():
    names = [f"{statistics.__name__}.{module.name}" for module in pkgutil.iter_modules(statistics.__path__)]
    assert "pipeline.statistics.ratio" in names
    code = f"import sys, {', '.join(names)}; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
