"""Verdicts and evidence as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reports import numbers
from reports.claims.words import DEPENDS, INVALID, NOT_TESTED, REFUTED, SUPPORTED, amount, ends, side
from reports.document import Cell, Column, Table, clean, words
from reports.tables import number_cell, text_cell, without_empty

STYLES = {SUPPORTED: "strong", REFUTED: "strong", DEPENDS: "strong", INVALID: "warning"}


def verdicts(frame: pd.DataFrame, catalogue: Sequence[Any], names: Mapping[str, str], *, name: str) -> Table:
    """All claims at a glance: a row per claim, a column per interpreter."""
    by_key = {(row["claim"], row["interpreter"]): row for row in frame.to_dict("records")}
    rows = [
        (
            number_cell(claim.number, str(claim.number)),
            text_cell(claim.text),
            *(_verdict(by_key.get((claim.number, interpreter))) for interpreter in names),
        )
        for claim in catalogue
    ]
    single = len(names) == 1
    return Table(
        name=name,
        caption=words("The claims at a glance."),
        columns=(
            Column("No.", "right", weight=0.35),
            Column("Claim", weight=3.0),
            *(Column("Verdict" if single else clean(short, 40), weight=1.3) for short in names.values()),
        ),
        rows=tuple(rows),
        cards=True,
    )


def _verdict(row: Mapping[Any, Any] | None) -> Cell:
    if row is None:
        return text_cell(NOT_TESTED)
    verdict, on = str(row["verdict"]), row["depends_on"]
    note = f"on the {str(on).removeprefix('the ')}" if verdict == DEPENDS and not numbers.missing(on) and on else ""
    return text_cell(verdict, note=note, style=STYLES.get(verdict, ""))


def evidence(frame: pd.DataFrame, names: Mapping[str, str], *, name: str) -> Table:
    """The numbers behind one claim: a row per sub-test."""
    rows = [
        (
            text_cell(row["stratum"], note="control" if row["control"] else None),
            text_cell(names[row["interpreter"]] if len(names) > 1 else None, style="code"),
            text_cell(row["quantity"]),
            _estimate(row),
            number_cell(row["margin"], side(row) or numbers.MISSING),
            number_cell(row["n"], numbers.MISSING if numbers.missing(row["n"]) else str(int(row["n"]))),
            text_cell(row["verdict"], style=STYLES.get(str(row["verdict"]), "")),
            _needed(row["n_needed"]),
            text_cell(row["method"]),
        )
        for row in frame.to_dict("records")
    ]
    table = Table(
        name=name,
        caption=words("Every sub-test with its 95 % interval, and where the claim says that it lies."),
        columns=(
            Column("What was tested", weight=2.1),
            Column("Interpreter", weight=1.3),
            Column("Quantity", weight=1.7),
            Column("Found", "right", weight=1.4),
            Column("Claimed", "right", weight=1.0),
            Column("n", "right", weight=0.5),
            Column("Sub-verdict", weight=1.1),
            Column("n needed", "right", weight=0.8),
            Column("Method", weight=1.5),
        ),
        rows=tuple(rows),
        folded=True,
        note=words(
            "n: invocations, or trials of a share. n needed: how many would probably settle what is inconclusive."
        ),
    )
    return without_empty(table)


def _estimate(row: Mapping[Any, Any]) -> Cell:
    unit = row["unit"]
    return number_cell(row["estimate"], amount(row["estimate"], unit), note=ends(row["low"], row["high"], unit))


def _needed(value: Any) -> Cell:
    return number_cell(value, numbers.MISSING if numbers.missing(value) else str(int(value)))
