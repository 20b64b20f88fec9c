"""A pyperf script: one benchmark per case of the kernel, the pool outside what is timed."""

import time

import kernels  # type: ignore[import-not-found]
import pyperf  # type: ignore[import-not-found]


def timed(loops: int, case: str) -> float:
    """Seconds that the batches take."""
    batch = kernels.started(case)
    start = time.perf_counter()
    for _ in range(loops):
        batch()
    return time.perf_counter() - start


if __name__ == "__main__":
    runner = pyperf.Runner()
    for case in kernels.settings()["cases"]:
        runner.bench_time_func(case, timed, case)
