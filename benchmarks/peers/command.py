"""The command line of a tool, run to its end."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class PeerFailed(Exception):
    """A tool's run didn't come to anything; the message says what the tool said."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    start_s: float
    """On the wall clock, like `end_s`."""
    end_s: float
    output: str


def run(
    command: Sequence[str | Path], folder: Path, *, env: Mapping[str, str] | None = None, limit_s: float = 600
) -> Finished:
    """Runs a tool's command in a folder.

    Raises:
        PeerFailed: it ended with an error, or not in time.
    """
    start = time.time()
    try:
        done = subprocess.run(
            [str(part) for part in command], cwd=folder, env=env, timeout=limit_s, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        raise PeerFailed(f"took more than {limit_s:g} s") from None
    end = time.time()
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise PeerFailed(f"exit code {done.returncode}: {' '.join(last)[:200]}")
    return Finished(start, end, done.stdout)
