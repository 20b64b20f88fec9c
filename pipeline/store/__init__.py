"""Journal to tidy tables to bundle.

`load(path)` gives an object with the data frames `invocations` and `measurements` and the dictionary `run`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.store.bundle import Bundle, load

__all__ = ["Bundle", "load"]


def __getattr__(name: str) -> object:
    # pandas is imported with the first use of one of these, not with the package.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pipeline.store import bundle

    return getattr(bundle, name)
