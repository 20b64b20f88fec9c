"""The process that executes the report: this very interpreter, whatever kernels the user has registered.

It starts before papermill is imported, and imports what the figures need in the meantime; each takes seconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Waiting:
    """A process that becomes a kernel as soon as it is told the arguments of one."""

    process: subprocess.Popen[str]
    folder: Path
    """An empty folder of its own, in which it runs."""


@contextlib.contextmanager
def waiting(*ahead: str) -> Iterator[Waiting]:
    """A process that imports the modules `ahead` and then waits; it is gone when the context is left."""
    with tempfile.TemporaryDirectory(prefix="whichpool-report-") as folder:
        process = subprocess.Popen(
            # Without the working directory on its import path.
            [sys.executable, "-P", "-m", __name__, *ahead],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **_environment(Path(folder))},
            text=True,
            start_new_session=True,
        )
        try:
            yield Waiting(process, Path(folder))
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            # Closing would flush what a dead process never read.
            with contextlib.suppress(BrokenPipeError):
                process.communicate()


def _environment(folder: Path) -> dict[str, str]:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whichpool" / "matplotlib"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        writable = os.access(cache, os.W_OK)
    except OSError:
        writable = False
    paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "IPYTHONDIR": str(folder / "ipython"),
        "JPY_PARENT_PID": str(os.getpid()),
        "MPLBACKEND": "agg",
        # A cold font cache costs a second; a user's own matplotlibrc must not change the report.
        "MPLCONFIGDIR": str(cache if writable else folder / "matplotlib"),
        "MATPLOTLIBRC": str(PACKAGE / "theme" / "matplotlibrc"),
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONSTARTUP": "",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _become_a_kernel(ahead: list[str]) -> None:
    # A module that can't be imported is for the notebook to report.
    with contextlib.suppress(ImportError):
        for module in ahead:
            import_module(module)
    # Nobody debugs this kernel, and the debugger takes as long to import as all the rest of a kernel.
    sys.modules["debugpy"] = cast("Any", None)
    from ipykernel import kernelapp

    arguments = sys.stdin.readline()
    if arguments:
        kernelapp.launch_new_instance(json.loads(arguments))


if __name__ == "__main__":
    _become_a_kernel(sys.argv[1:])
