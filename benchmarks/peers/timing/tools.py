"""The tools that are compared, each with what it can do here."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from benchmarks.peers.command import PeerFailed
from benchmarks.peers.environment import Settings
from benchmarks.peers.timing import asv, pyperf, rebench, whichpool
from benchmarks.peers.timing.record import Record, Task

Result = TypeVar("Result")


class Timer(Protocol):
    """A module that measures kernels with a tool."""

    NOTE: str
    OPTIONS: str
    DEFAULTS: str

    def measure(self, settings: Settings, task: Task, folder: Path) -> Record: ...  # noqa: D102


@dataclass(frozen=True)
class Tool:
    """One of those compared."""

    name: str
    distribution: str
    """Its name as a package."""
    timer: Timer | None = None
    """None where it takes no repeated timings to be compared."""


TOOLS = (
    Tool("whichpool", "whichpool", whichpool),
    Tool("pyperf", "pyperf", pyperf),
    Tool("asv", "asv", asv),
    Tool("ReBench", "rebench", rebench),
    Tool("BenchExec", "benchexec"),
)
VERSIONS = "import importlib.metadata as m, json, sys; print(json.dumps([m.version(name) for name in sys.argv[1:]]))"


def versions(settings: Settings) -> dict[str, str]:
    """By tool, the version that is compared."""
    ours, others = TOOLS[:1], TOOLS[1:]
    found: dict[str, str] = {}
    for python, tools in ((settings.ours, ours), (settings.python, others)):
        command = [str(python), "-c", VERSIONS, *(tool.distribution for tool in tools)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found |= zip((tool.name for tool in tools), json.loads(told), strict=True)
    return found


def attempt(function: Callable[..., Result], *arguments: Any) -> Result | str:
    """What the function returns, or what went wrong: a tool that fails must not end the comparison."""
    try:
        return function(*arguments)
    except (PeerFailed, OSError, ValueError, LookupError, StopIteration, AssertionError) as error:
        message = f"{type(error).__name__}: {error}" if not isinstance(error, PeerFailed) else str(error)
        return " ".join(message.replace("|", "/").split())[:200]
