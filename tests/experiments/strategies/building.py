"""Strategies as the tests need them, and code under other interpreters."""

import contextlib
import json
import subprocess
from pathlib import Path

import pytest

from experiments.catalogue import strategies
from pipeline.machine.interpreters import discover

ROOT = Path(__file__).parents[3]
METHODS = ("fork", "forkserver", "spawn")
PER_TASK = [("process_per_task", method) for method in METHODS]
POOLS = [(name, method) for name in ("processes", "mp_pool") for method in METHODS]
THREADS = [("threads", None), ("thread_per_task", None), ("asyncio_threads", None)]
EVERY = [("serial", None), *THREADS, *POOLS, *PER_TASK]
PREAMBLE = "import json, sys; sys.path.insert(0, sys.argv[1])\n"


def build(name, method=None, workers=2, **options):
    return strategies()[name](workers, **({"start_method": method} if method else {}), **options)


@contextlib.contextmanager
def started(function, name, method=None, workers=2, **options):
    """A strategy that is ready, and what its workers said; stopped afterwards."""
    strategy = build(name, method, workers, **options)
    strategy.described = strategy.start(function)
    try:
        yield strategy
    finally:
        strategy.stop()


def interpreter_with(what, has):
    """The newest interpreter here for which `has` holds; else the test is skipped, saying what is missing."""
    found = [one for one in discover() if has(one)]
    if not found:
        pytest.skip(f"this machine has no {what}; WHICHPOOL_TEST_INTERPRETERS may name one")
    return found[-1].executable


def told_by(executable, code):
    """What `code`, which prints JSON, says under another interpreter without site-packages."""
    command = [executable, "-I", "-S", "-c", PREAMBLE + code, str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
