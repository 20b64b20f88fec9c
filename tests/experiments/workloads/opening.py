"""Workloads as the tests need them."""

import contextlib
import time

from experiments.catalogue import workloads
from tests.experiments.strategies.building import started


@contextlib.contextmanager
def opened(name, **values):
    """A workload that is ready; closed afterwards."""
    workload = workloads()[name](**values)
    workload.open()
    try:
        yield workload
    finally:
        workload.close()


def run(workload, strategy, count, method=None, workers=2):
    """Runs tasks, checks their results and returns the seconds from the first to the last."""
    asynchronous = strategy == "asyncio"
    function = workload.coroutine if asynchronous else workload.function
    items = workload.items(count)
    with started(function, strategy, method, workers) as ready:
        start = time.perf_counter()
        results = ready.run(function, items)
        seconds = time.perf_counter() - start
    assert workload.comparable(results) == workload.expected(items)
    return seconds
