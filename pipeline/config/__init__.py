"""YAML text to a validated grid; every mistake with its file and line.

`load_config(path)` is the way in. Importing this package is cheap: pydantic and yaml are imported when one of
its names is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.config.combinations import check_not_empty
    from pipeline.config.load import load_config
    from pipeline.config.mistakes import ConfigError
    from pipeline.config.models import Config

__all__ = ["Config", "ConfigError", "check_not_empty", "load_config"]

_HOME = {
    "Config": "pipeline.config.models",
    "ConfigError": "pipeline.config.mistakes",
    "check_not_empty": "pipeline.config.combinations",
    "load_config": "pipeline.config.load",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
