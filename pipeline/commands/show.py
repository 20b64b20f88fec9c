"""`whichpool show`: the decision table of a bundle."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape

from pipeline.analysis.summary import Summary
from pipeline.commands.tables import table


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
        console.print("[yellow]Read with care:[/] " + escape("; ".join(summary.trust.reasons)))


def _decision(row: dict[Any, Any]) -> tuple[str, ...]:
    workload = f"{row['workload']} {row['setting']}".strip()
    if row["outcome"] == "not measured":
        return workload, row["interpreter"], "not measured", "", "", ""
    if row["outcome"] == "winner":
        interval = f"{row['low']:.2f} to {row['high']:.2f}"
        return (
            workload,
            row["interpreter"],
            row["label"],
            str(row["workers"]),
            f"{row['speedup']:.2f}",
            interval,
        )
    if row["outcome"] == "serial":
        return workload, row["interpreter"], "serial", "1", "1", ""
    detectable = "" if pd.isna(row["mde"]) else f"a difference of {row['mde']:.1%} would have shown"
    return workload, row["interpreter"], "no reliable difference: stay serial", "1", "", detectable
