"""`make peers`: every tool on the same work in turns; writes `docs/peers.md`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.peers.environment import Settings
from benchmarks.peers.page import page
from benchmarks.peers.section import Section
from benchmarks.peers.timing import overhead, speed
from benchmarks.peers.timing.tools import versions
from benchmarks.peers.truth.sections import memory, orphans, timeout
from benchmarks.timing import ROOT

Progress = Callable[[str], None]
SCENARIOS: dict[str, Callable[[Settings, Progress], Section]] = {
    "speed": lambda settings, progress: speed.section(speed.measure(settings, progress)),
    "overhead": lambda settings, progress: overhead.section(overhead.measure(settings, progress)),
    "memory": memory,
    "timeout": timeout,
    "orphans": orphans,
}


def main() -> None:
    """Measures, prints progress, writes the page.

    Raises:
        SystemExit: the peers' environment is missing.
    """
    asked = _arguments()
    python = ROOT / ".venv-peers" / "bin" / "python"
    if not python.exists():
        sys.exit(f"there is no {python.relative_to(ROOT)}: `make peers` creates it")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        ours = Path(sys.executable).absolute()
        settings = Settings(python, ours, Path(folder).resolve(), asked.quick, asked.seed)
        sections = [SCENARIOS[name](settings, _progress(start, name)) for name in asked.only or SCENARIOS]
        told = versions(settings)
    command = " ".join(["python -m benchmarks.peers", *(["--quick"] if asked.quick else [])])
    text = page(sections, told, command, (time.monotonic() - start) / 60)
    asked.out.write_text(text, encoding="utf-8")
    print(f"wrote {asked.out}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=(__doc__ or "").strip())
    parser.add_argument("--quick", action="store_true", help="few repetitions: about four minutes")
    parser.add_argument("--seed", type=int, default=1, help="decides every order")
    parser.add_argument("--only", action="append", choices=list(SCENARIOS), help="only this part; may be repeated")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "peers.md", help="where to write")
    return parser.parse_args()


def _progress(start: float, name: str) -> Progress:
    return lambda text: print(f"{time.monotonic() - start:5.0f} s  {name}: {text}", flush=True)


if __name__ == "__main__":
    main()
