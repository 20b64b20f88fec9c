"""Tells on standard error how far a run is: a bar with an ETA on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Column

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
                TextColumn("{task.description}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
                BarColumn(bar_width=12),
                TaskProgressColumn(),
                TextColumn("{task.fields[times]}"),
                TextColumn("{task.fields[failures]}", style="red"),
                console=self._console,
                transient=True,
                expand=True,
                # Drawing takes CPU time that what is being measured could use.
                refresh_per_second=1,
            )
            self._task = self._bar.add_task("starting", total=None, times="", failures="")
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
        times = f"{in_words(elapsed)} gone, at most {in_words(remaining_s)} to go"
        failed = f"{failures} failed" if failures else ""
        if self._bar:
            description = f"block {block + 1} · {escape(label)}"
            self._bar.update(
                self._task, description=description, completed=elapsed, total=total, times=times, failures=failed
            )
        elif now - self._last_line >= LINE_INTERVAL_S:
            self._last_line = now
            parts = [f"{elapsed / total:4.0%}", f"block {block + 1}", times, *filter(None, [failed])]
            self._console.print(" · ".join(parts), markup=False, highlight=False)


def span(low: object, high: object) -> str:
    """`3 to 5`, or only `3` where both are the same."""
    return f"{low}" if low == high else f"{low} to {high}"


def in_words(seconds: float) -> str:
    """Whole seconds or minutes: `45s`, `3m 20s`."""
    whole = round(seconds)
    if whole < 60:
        return format_duration(float(whole)) if whole else "0s"
    return f"{whole // 60}m {whole % 60:02d}s"
