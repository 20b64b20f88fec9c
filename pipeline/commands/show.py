"""`whichpool show`: the decision table of a bundle."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape

from pipeline.analysis.frames import text_or_none
from pipeline.analysis.summary import Summary
from pipeline.analysis.winners import INVALID, NO_DIFFERENCE, NOT_MEASURED, NOT_WORTHWHILE, SERIAL, WINNER
from pipeline.commands.tables import table
from pipeline.run.gil import GilSwitchedOn

LARGEST_EFFECT = 10.0
"""Relative: what only a larger one would have shown needs no number."""


def show_decisions(summary: Summary, console: Console) -> None:
    """Which strategy wins for which kind of work, for one-shot use and for a pool that stays."""
    for use, title in (
        ("resident", "with a pool that stays"),
        ("one_shot", "started for one batch and stopped again"),
    ):
        winners = summary.winners[summary.winners["use"] == use]
        decisions = table(
            "workload",
            "interpreter",
            "use",
            "workers",
            "times as fast as serial",
            "95 % interval",
            title=title,
        )
        for row in winners.to_dict("records"):
            decisions.add_row(*map(escape, _decision(row)))
        console.print(decisions)
    if not summary.trust.ok:
        lead = "[red]The verdicts are invalid:[/] " if summary.trust.failed_oracles else "[yellow]Read with care:[/] "
        console.print(lead + escape("; ".join(summary.trust.reasons)))
    for (interpreter, by), rows in summary.gil.groupby(["interpreter", "by"], sort=False, dropna=False):
        found = GilSwitchedOn(str(interpreter), text_or_none(by), int(rows["n"].sum()))
        console.print(f"[yellow]{escape(str(found))}[/]")


def _decision(row: dict[Any, Any]) -> tuple[str, ...]:
    work = f"{row['workload']} {row['setting']}".strip(), str(row["interpreter"])
    if row["outcome"] in (NOT_MEASURED, INVALID):
        return *work, str(row["outcome"]), "", "", ""
    if row["outcome"] == WINNER:
        # Among cases that can't be told apart, the cheapest: what the report recommends, too.
        interval = f"{row['recommended_low']:.2f} to {row['recommended_high']:.2f}"
        workers, speedup = str(row["recommended_workers"]), f"{row['recommended_speedup']:.2f}"
        return *work, str(row["recommended_label"]), workers, speedup, interval
    if row["outcome"] == SERIAL:
        return *work, "serial", "1", "1", ""
    if row["outcome"] == NOT_WORTHWHILE:
        return *work, f"{NOT_WORTHWHILE}: stay serial", "1", "", str(row["reason"])
    told = not pd.isna(row["mde"]) and row["mde"] < LARGEST_EFFECT
    detectable = f"a difference of {row['mde']:.0%} would probably have shown" if told else ""
    return *work, f"{NO_DIFFERENCE}: stay serial", "1", "", detectable
