"""A pyperf script: one benchmark per function that `calls.json` names as `module:function`."""

import importlib
import json
from pathlib import Path

import pyperf  # type: ignore[import-not-found]

if __name__ == "__main__":
    runner = pyperf.Runner()
    for call in json.loads(Path(__file__).with_name("calls.json").read_text(encoding="utf-8")):
        module, _, name = call.partition(":")
        runner.bench_func(name, getattr(importlib.import_module(module), name))
