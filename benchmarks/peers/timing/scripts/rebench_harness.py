"""A harness for ReBench: `rebench_harness.py CASE ITERATIONS` prints one line of its log format per iteration."""

import sys
import time

import kernels  # type: ignore[import-not-found]

if __name__ == "__main__":
    batch = kernels.started(sys.argv[1])
    for _ in range(int(sys.argv[2])):
        start = time.perf_counter()
        batch()
        print(f"{sys.argv[1]}: iterations=1 runtime: {(time.perf_counter() - start) * 1e6:.3f}us", flush=True)
