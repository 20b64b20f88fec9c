"""The section itself: an opened report in, blocks out; nothing where the claims were not asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from reports import numbers
from reports.claims import sentences, tables
from reports.claims.words import amount, ends, scale_of
from reports.document import Block, Figure, Heading, Item, Items, Listing, Panel, Paragraph, clean, plain, strong, words
from reports.forest import MOST_NAMED, forest
from reports.interpreters.names import short_names
from reports.opened import Report, csv_of, none, panel

TITLE = "The claims"
LEAD = (
    "What is often said about threads and processes, held against this machine. Each claim is a set of sub-tests. It "
    "is supported or refuted where all of them are, with their whole intervals, and depends on something where they "
    "reliably differ."
)
HOW = (
    "A row per sub-test with its 95 % interval; the shaded side is where the claim says that it lies. Below a line: "
    "controls, which must come out so for the claim to be judged."
)
COMMAND = "whichpool claims"
EVIDENCE_COLUMNS = [
    "claim", "interpreter", "stratum", "quantity", "unit", "estimate", "low", "high", "n", "margin", "side", "verdict",
    "control", "method",
]  # fmt: skip


def claims(report: Report) -> list[Block]:
    """The section, with its heading; empty if the report has no claims."""
    if report.claims is None:
        return []
    blocks: list[Block] = [Heading(words(TITLE), level=2), Paragraph(words(LEAD))]
    verdicts, names = report.claims.verdicts, short_names(report.interpreters, report.facts)
    if verdicts.empty:
        return [*blocks, none("The run has nothing that a claim could be held against.")]
    blocks.append(tables.verdicts(verdicts, report.catalogue, names, name="claims"))
    left = []
    for claim in report.catalogue:
        own = verdicts[verdicts["claim"] == claim.number]
        if own.empty or sentences.untested(own):
            left.append(claim)
            continue
        evidence = report.claims.evidence
        blocks += _claim(claim, own, evidence[evidence["claim"] == claim.number], names)
    return [*blocks, *_untested(left)]


def _claim(claim: Any, verdicts: pd.DataFrame, evidence: pd.DataFrame, names: Mapping[str, str]) -> Iterator[Block]:
    yield Heading(words(f"{claim.number}. ", plain(claim.text)))
    flipped = sentences.flip(verdicts, names)
    if flipped:
        yield Paragraph(flipped)
    for row, interpreters in sentences.groups(verdicts):
        told = [names[name] for name in interpreters] if len(names) > 1 else []
        yield Paragraph(sentences.verdict(row, told), sentences.tone(row))
    panels = tuple(_panels(evidence, names))
    if panels:
        caption = sentences.evidence(evidence) + words(HOW)
        yield Figure(f"claim-{claim.number}", caption, panels, csv_of(evidence, EVIDENCE_COLUMNS))
    open_still = sentences.settled_by(evidence)
    if open_still:
        yield Paragraph(open_still)
    yield Paragraph(words(strong("Often said, and not quite so:"), " ", plain(claim.often_said), "."))
    if len(evidence):
        yield tables.evidence(evidence, names, name=f"claim-{claim.number}-table")


def _panels(evidence: pd.DataFrame, names: Mapping[str, str]) -> Iterator[Panel]:
    """A panel for each quantity, since another one needs another axis; what tests nothing only where nothing does."""
    known = evidence.dropna(subset=["estimate"])
    tested = known[known.groupby("quantity")["verdict"].transform("count") > 0]
    drawn_rows = known if tested.empty else tested
    for (quantity, unit), rows in drawn_rows.groupby(["quantity", "unit"], sort=False, dropna=False):
        heading = f"{str(quantity)[:1].upper()}{str(quantity)[1:]}"
        drawn = forest(_named(rows, names), title=heading, scale=scale_of(unit), trials=unit == "share")
        yield panel(drawn, f"{clean(heading, 160)}: {_told(_named(rows, names), unit)}")


def _named(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """With `name`: the stratum, and the interpreter where there are several."""
    if len(names) == 1:
        return rows.assign(name=rows["stratum"])
    ordered = rows.sort_values("stratum", kind="stable")
    return ordered.assign(name=ordered["stratum"] + " · " + ordered["interpreter"].map(names))


def _told(rows: pd.DataFrame, unit: object) -> str:
    """Few estimates one by one, of many the lowest and the highest."""
    ordered = rows.sort_values("estimate")
    chosen = rows if len(rows) <= 4 else ordered.iloc[[0, -1]]
    parts = []
    for row in chosen.to_dict("records"):
        inside = ends(row["low"], row["high"], unit)
        verdict = "" if numbers.missing(row["verdict"]) else f", {row['verdict']}"
        parts.append(f"{row['name']} {amount(row['estimate'], unit)}{inside and f' ({inside})'}{verdict}")
    lead = "" if len(rows) <= 4 else f"{len(rows)} estimates, lowest and highest: "
    names = "; without names, in the order of the estimates" if len(rows) > MOST_NAMED else ""
    return f"{lead}{'; '.join(parts)}{names}"


def _untested(left: list[Any]) -> Iterator[Block]:
    if not left:
        return
    yield Heading(words("Claims that this run doesn't test"))
    yield Items(tuple(Item(words(f"{claim.number}. ", plain(claim.text), ".")) for claim in left))
    yield Listing("The command that tests them", COMMAND)
