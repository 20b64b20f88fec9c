"""`make bench`: every benchmark in turn, one line per figure."""

from __future__ import annotations

import importlib

MODULES = ("footprint", "invocation", "memory", "rendering")


def main() -> None:
    """Prints figures as they are measured."""
    for name in MODULES:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"\n{(module.__doc__ or '').strip().splitlines()[0]}")
        for line in module.measure():
            print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
