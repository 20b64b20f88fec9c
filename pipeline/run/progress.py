"""Tells on standard error how far a run is: a bar with an ETA on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from pipeline.config.units import format_duration

LINE_INTERVAL_S = 15.0


class RunProgress:
    """Elapsed and remaining seconds of a run; what remains is an upper bound, because cases may stop early."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._start = time.monotonic()
        self._last_line = self._start
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TaskProgressColumn(),
                TimeElapsedColumn(),
                TextColumn("· at most {task.fields[remaining]} to go"),
                TextColumn("{task.fields[failures]}", style="red"),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task("starting", total=None, remaining="?", failures="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def doing(self, what: str) -> None:
        """Names a step that has no measurable progress, such as calibration."""
        if self._bar:
            self._bar.update(self._task, description=escape(what))

    def measuring(self, label: str, block: int, remaining_s: float, failures: int) -> None:
        """Called before each invocation."""
        now = time.monotonic()
        elapsed = now - self._start
        total = max(elapsed + remaining_s, 1e-9)
        failed = f"{failures} failed" if failures else ""
        if self._bar:
            self._bar.update(
                self._task,
                description=f"block {block + 1} · {escape(label)[:60]:60}",
                completed=elapsed,
                total=total,
                remaining=in_words(remaining_s),
                failures=failed,
            )
        elif now - self._last_line >= LINE_INTERVAL_S:
            self._last_line = now
            self._console.print(
                f"{elapsed / total:4.0%} · block {block + 1} · {in_words(elapsed)} gone · "
                f"at most {in_words(remaining_s)} to go{' · ' + failed if failed else ''}",
                markup=False,
                highlight=False,
            )


def in_words(seconds: float) -> str:
    """Whole seconds or minutes: `45s`, `3m 20s`."""
    whole = round(seconds)
    if whole < 60:
        return format_duration(float(whole)) if whole else "0s"
    return f"{whole // 60}m {whole % 60:02d}s"
