"""An asv suite: a benchmark of memory and one of CPU time per function that `calls.json` names as `module:function`."""

import importlib
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
# A spawned process imports the module by its name, which a name inside asv's suite isn't.
sys.path.insert(0, str(HERE))


class Call:
    """Calls one function once."""

    params = json.loads((HERE / "calls.json").read_text(encoding="utf-8"))
    param_names = ("call",)
    timer = time.process_time
    rounds, repeat, number, warmup_time = 1, 1, 1, 0

    def setup(self, call: str) -> None:
        """Imports the function."""
        module, _, name = call.partition(":")
        self.function = getattr(importlib.import_module(module), name)

    def peakmem_call(self, call: str) -> None:  # noqa: ARG002 - asv hands the parameter to every method
        """For asv's peak of memory."""
        self.function()

    def time_call(self, call: str) -> None:  # noqa: ARG002
        """For its time, by the clock that `timer` names."""
        self.function()
