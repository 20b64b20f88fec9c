"""The advice, on a terminal and for programs."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax

from pipeline import store
from pipeline.analysis.advice import Advice, advise
from pipeline.analysis.settings import about, about_bytes, factor
from pipeline.analysis.summary import summarise
from pipeline.commands.tables import table


def advice_of(folder: Path) -> Advice:
    """The advice that a bundle holds."""
    bundle = store.load(folder)
    return advise(summarise(bundle), bundle.run)


def show_advice(advice: Advice, console: Console) -> None:
    """All of it, the answer first."""
    console.print(f"[bold]{escape(advice.headline)}[/]")
    for title, lines in (
        ("", [*advice.gains, *advice.costs]),
        ("Why", advice.why),
        ("But", advice.cautions),
    ):
        _show_lines(title, lines, console)
    if advice.ways:
        console.print()
        _show_ways(advice, console)
    _show_lines("Not measured", [f"{', '.join(each.names)}: {each.reason}" for each in advice.obstacles], console)
    for code in advice.code:
        console.print(f"\n[bold]{escape(code.title)}[/], written down:\n")
        # Neither indented nor folded, whatever the width: it is to be copied.
        console.print(Syntax("", "python", theme="ansi_dark").highlight(code.text), soft_wrap=True)


def _show_lines(title: str, lines: Sequence[str], console: Console) -> None:
    if not lines:
        return
    if title:
        console.print(f"\n[bold]{title}[/]")
    for line in lines:
        console.print(escape(textwrap.fill(line, console.width, initial_indent="  ", subsequent_indent="    ")))


def _show_ways(advice: Advice, console: Console) -> None:
    shown = table("times as fast as a plain loop", "one batch", "workers that stay", "start-up", "memory", "blocks")
    for way in advice.ways:
        startup = "" if math.isnan(way.startup_s) else about(way.startup_s)
        memory = "" if math.isnan(way.peak_bytes) else about_bytes(way.peak_bytes)
        ratios = (_ratio(way.one_shot), _ratio(way.resident))
        shown.add_row(*map(escape, (way.name, *ratios, startup, memory, str(way.blocks))))
    console.print(shown)


def _ratio(interval: tuple[float, float, float]) -> str:
    ratio, low, high = interval
    if math.isnan(ratio):
        return ""
    if math.isnan(low) or math.isinf(high):
        return factor(ratio)
    return f"{factor(ratio)} ({factor(low)} to {factor(high)})"


def advice_as_json(advice: Advice, bundle: Path, report: Sequence[Path]) -> str:
    """The same for programs, on one line."""
    paths = {"bundle": str(bundle), "report": [str(path) for path in report]}
    return json.dumps(_finite({**asdict(advice), **paths}), ensure_ascii=False)


def _finite(value: Any) -> Any:
    """What isn't known, or isn't bounded, as null: JSON has no word for either."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, list | tuple) else value
