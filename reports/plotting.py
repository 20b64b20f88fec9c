"""seaborn, imported without what it never needs here.

seaborn tries to import `scipy.stats` and `scipy.cluster` for densities and clustered heat maps, which no figure
here shows; both together take longer to import than all the rest. It does without them when they are not there.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, cast


@contextlib.contextmanager
def _hidden(*names: str) -> Iterator[None]:
    absent = [name for name in names if name not in sys.modules]
    modules = cast("dict[str, Any]", sys.modules)
    # None is the import system's own word for "not there".
    modules.update(dict.fromkeys(absent))
    try:
        yield
    finally:
        for name in absent:
            del modules[name]


with _hidden("scipy.stats", "scipy.cluster"):
    import seaborn as sns

__all__ = ["sns"]
