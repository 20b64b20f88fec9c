"""What a check of the machine's set-up looks at, what it returns, and how it writes commands."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pipeline.machine.checks.activity import Activity, observe
from pipeline.machine.checks.speed import Speed, watch
from pipeline.machine.cpus import affinity
from pipeline.machine.hierarchy import read_text

Severity = Literal["warning", "advice", "good"]
Commands = tuple[str | None, str | None]
NOTHING: Commands = (None, None)


@dataclass(frozen=True)
class Finding:
    """What one check says about this machine."""

    name: str
    severity: Severity
    """`warning`: results will be worse than they need be; `advice`: good to know, or for dedicated machines."""
    what: str
    """The state that was found."""
    why: str
    """What it does to measurements."""
    fix: str | None = None
    """The exact command that mends it here; None where nothing can or need be done from here."""
    undo: str | None = None
    """The command that brings the present state back, where `fix` changes something that stays."""


@dataclass(frozen=True)
class Scene:
    """What the checks look at. `root` is put before every path, for tests with an invented machine."""

    root: str = ""
    is_root: bool = False
    allowed: tuple[int, ...] = ()
    """CPUs that the scheduler may give to this process; empty where the system doesn't tell."""
    environment: Mapping[str, str] = field(default_factory=dict)
    activity: Activity | None = None
    speed: Speed | None = None

    @classmethod
    def here(cls) -> Scene:
        """This machine, watched for half a second and timed for two."""
        allowed = tuple(affinity() or ())
        return cls(
            is_root=hasattr(os, "geteuid") and os.geteuid() == 0,
            allowed=allowed,
            environment=dict(os.environ),
            activity=observe(),
            speed=watch(allowed),
        )

    def line(self, path: str) -> str | None:
        """A file's text on one line; None if it is missing or empty."""
        return " ".join((read_text(f"{self.root}{path}") or "").split()) or None

    def as_root(self, command: str) -> str:
        """The command, with what an ordinary user has to put before it."""
        return command if self.is_root else f"sudo {command}"

    def writing(self, pattern: str, value: str) -> Commands:
        """Commands that write a value to every file that matches, and that write the present ones back.

        Nothing where the files can't be changed, as in most containers.
        """
        present = {str(file): self._present(file) for file in sorted(Path(f"{self.root}/").glob(pattern.lstrip("/")))}
        if not present or any(_is_read_only(path) for path in present):
            return NOTHING
        if len(set(present.values())) == 1:
            return self._echo(value, pattern), self._echo(next(iter(present.values())), pattern)
        back = []
        for old in sorted(set(present.values())):
            paths = [path[len(self.root) :] for path, held in present.items() if held == old]
            back.append(self._echo(old, " ".join(paths)))
        return self._echo(value, pattern), " && ".join(back)

    def sysctl(self, wanted: Mapping[str, str]) -> Commands:
        """Commands that set kernel parameters, and that set the present values again."""
        files = {name: "/proc/sys/" + name.replace(".", "/") for name in wanted}
        present = {name: value for name, path in files.items() if (value := self.line(path)) is not None}
        if not present or any(_is_read_only(f"{self.root}{files[name]}") for name in present):
            return NOTHING
        fix = " ".join(f"{name}={wanted[name]}" for name in present)
        undo = " ".join(f"{name}={shlex.quote(value)}" for name, value in present.items())
        return self.as_root(f"sysctl {fix}"), self.as_root(f"sysctl {undo}")

    def _present(self, file: Path) -> str:
        return " ".join((read_text(str(file)) or "").split())

    def _echo(self, value: str, paths: str) -> str:
        return f"echo {shlex.quote(value)} | {self.as_root('tee')} {paths}"


def percent(share: float) -> str:
    """A share for a sentence."""
    return f"{share:.0%}" if share >= 0.01 else f"{share:.1%}"


def visible(text: str) -> str:
    """The text with escapes for what can't be seen: a process may call itself anything."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _is_read_only(path: str) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except (OSError, AttributeError):
        return True
