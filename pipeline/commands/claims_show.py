"""The claims as a fact-check, on a terminal and for programs."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape

from pipeline import store
from pipeline.analysis.claims.catalogue import CLAIMS, Claim
from pipeline.analysis.claims.flips import flips
from pipeline.analysis.claims.judge import Claims, claims_of
from pipeline.analysis.claims.verdict import DEPENDS, INVALID
from pipeline.analysis.frames import missing, text_or_none
from pipeline.analysis.summary import summarise
from pipeline.statistics.margin import REFUTED, SUPPORTED

COLOURS = {SUPPORTED: "green", REFUTED: "red", DEPENDS: "yellow", INVALID: "magenta"}
INDENT = " " * 4
ONE_PROGRAM = "; among them one program with its GIL on and off, so that is what decides"
NOTHING = "This run has no cases, so it says nothing about any claim."


@dataclass(frozen=True)
class FactCheck:
    """What a bundle says about the claims, and where interpreters differ."""

    claims: Claims
    flips: pd.DataFrame


def checked(folder: Path) -> FactCheck:
    """The fact-check of a bundle."""
    bundle = store.load(folder)
    claims = claims_of(bundle, summarise(bundle))
    return FactCheck(claims, flips(claims.verdicts, bundle.run.get("interpreters") or {}))


def show_claims(check: FactCheck, console: Console, *, explain: bool) -> None:
    """Claim by claim: the verdict under each interpreter, what it rests on, and where it flips."""
    verdicts = check.claims.verdicts
    if verdicts.empty:
        console.print(NOTHING)
    for claim in CLAIMS if len(verdicts) else ():
        console.print(f"[bold]{claim.number:2d}  {escape(claim.text)}[/]")
        rows = verdicts[verdicts["claim"] == claim.number]
        for _, alike in rows.groupby(["verdict", "depends_on", "reason"], sort=False, dropna=False):
            everywhere = len(alike) == len(rows)
            _show_verdict(alike.to_dict("records")[0], console, where=() if everywhere else tuple(alike["interpreter"]))
        for row in check.flips[check.flips["claim"] == claim.number].to_dict("records"):
            _show_lines(f"It flips: {flip_in_words(row)}.", console)
        if explain:
            _show_lines(f"Often left out: {claim.often_said}.", console)


def flip_in_words(row: Mapping[Any, Any]) -> str:
    """`supported under current; refuted under python3.13t; …`."""
    said = [f"{name} under {', '.join(row[name])}" for name in (SUPPORTED, REFUTED, DEPENDS) if row[name]]
    return "; ".join(said) + (ONE_PROGRAM if row["same_program"] else "")


def _show_verdict(row: Mapping[Any, Any], console: Console, *, where: Sequence[str]) -> None:
    """A verdict with its reason; `where` names the interpreters that it holds under, if not under all."""
    verdict = str(row["verdict"])
    on = "" if missing(row["depends_on"]) else f" on {row['depends_on']}"
    under = f" under {', '.join(where)}" if where else ""
    shown = escape(_folded(f"{verdict}{on}{under}: {row['reason']}", console))
    colour = COLOURS.get(verdict)
    console.print(shown.replace(verdict, f"[{colour}]{verdict}[/]", 1) if colour else shown)


def _show_lines(text: str, console: Console) -> None:
    console.print(escape(_folded(text, console)))


def _folded(text: str, console: Console) -> str:
    deeper = INDENT * 2
    return textwrap.fill(text, console.width, initial_indent=INDENT, subsequent_indent=deeper, break_on_hyphens=False)


def claims_as_json(check: FactCheck, bundle: Path, report: Sequence[Path]) -> str:
    """The same for programs, with all the evidence, on one line."""
    told = {
        "bundle": str(bundle),
        "report": [str(path) for path in report],
        "claims": [_claim(claim, check) for claim in CLAIMS],
    }
    return json.dumps(told, ensure_ascii=False)


def _claim(claim: Claim, check: FactCheck) -> dict[str, Any]:
    verdicts, evidence = (
        frame[frame["claim"] == claim.number] for frame in (check.claims.verdicts, check.claims.evidence)
    )
    flipping = check.flips[check.flips["claim"] == claim.number].to_dict("records")
    return {
        "number": claim.number,
        "key": claim.key,
        "text": claim.text,
        "often_said": claim.often_said,
        "verdicts": [_verdict(row, evidence) for row in verdicts.to_dict("records")],
        "flips": [flip_in_words(row) for row in flipping],
    }


def _verdict(row: Mapping[Any, Any], evidence: pd.DataFrame) -> dict[str, Any]:
    own = evidence[evidence["interpreter"] == row["interpreter"]].drop(columns=["claim", "interpreter"])
    told = {name: text_or_none(row[name]) for name in ("interpreter", "verdict", "depends_on", "reason")}
    return {**told, "evidence": [_known(each) for each in own.to_dict("records")]}


def _known(row: Mapping[Any, Any]) -> dict[str, Any]:
    """What isn't known, or isn't bounded, as null: JSON has no word for either."""
    return {
        str(name): None if missing(value) or (isinstance(value, float) and math.isinf(value)) else value
        for name, value in row.items()
    }
