"""What the evidence says about a claim, in words: rows in, sentences out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reports import numbers
from reports.claims.words import DEPENDS, INCONCLUSIVE, NOT_TESTED, REFUTED, SUPPORTED
from reports.document import Tone, Words, code, plain, strong, words
from reports.sentences import joined

Row = Mapping[Any, Any]
TONES: Mapping[str, Tone] = {SUPPORTED: "good", REFUTED: "warning", "invalid": "warning"}


def badge(row: Row) -> str:
    """The verdict with its capital: `Supported`, `Depends on the number of workers`."""
    verdict = str(row["verdict"])
    on = row["depends_on"]
    if verdict == DEPENDS and not numbers.missing(on) and str(on):
        return f"Depends on the {str(on).removeprefix('the ')}"
    return f"{verdict[:1].upper()}{verdict[1:]}"


def verdict(row: Row, names: Sequence[str] = ()) -> Words:
    """The verdict with its reason; `names` are the interpreters that it is about, none where there is only one."""
    under = words(" under ", *joined([words(code(name)) for name in names])) if names else ()
    reason = "" if numbers.missing(row["reason"]) else str(row["reason"]).strip()
    told = words(": ", plain(reason), ".") if reason else words(".")
    return words(strong(badge(row)), *under, *told)


def tone(row: Row) -> Tone:
    """The colour of the box around a verdict, which its words tell as well."""
    return TONES.get(str(row["verdict"]), "note")


def groups(rows: pd.DataFrame) -> list[tuple[Row, list[str]]]:
    """The rows of one claim that say the same together, with the interpreters that they are about."""
    found: dict[tuple[str, str, str], tuple[Row, list[str]]] = {}
    for row in rows.to_dict("records"):
        key = (str(row["verdict"]), str(row["depends_on"]), str(row["reason"]))
        found.setdefault(key, (row, []))[1].append(str(row["interpreter"]))
    return list(found.values())


def flip(rows: pd.DataFrame, names: Mapping[str, str]) -> Words:
    """Under which interpreters a claim is supported and under which refuted; empty unless there are both."""
    sides = {
        verdict: [words(code(names[name])) for name in rows.loc[rows["verdict"] == verdict, "interpreter"]]
        for verdict in (SUPPORTED, REFUTED)
    }
    if not all(sides.values()):
        return ()
    return words(
        strong("The interpreter decides"), ": supported under ", *joined(sides[SUPPORTED]), ", refuted under ",
        *joined(sides[REFUTED]), ".",
    )  # fmt: skip


def evidence(rows: pd.DataFrame) -> Words:
    """How the sub-tests of one claim came out: for the caption of the figure.

    Args:
        rows: of one claim and interpreter.
    """
    tests = rows[~rows["control"].astype(bool) & rows["verdict"].notna()]
    controls = rows[rows["control"].astype(bool) & rows["verdict"].notna()]
    sentence: Words = ()
    if len(tests):
        counts = tests["verdict"].value_counts()
        parts = [
            f"{counts[verdict]} {where}"
            for verdict, where in (
                (SUPPORTED, "where the claim says (full circles)"),
                (REFUTED, "on the other side (crosses)"),
                (INCONCLUSIVE, "open (hollow)"),
            )
            if verdict in counts
        ]
        sentence += words(f"Of {numbers.count(len(tests), 'sub-test')}: {numbers.listing(parts)}. ")
    if len(controls):
        well = int((controls["verdict"] == SUPPORTED).sum())
        sentence += words(f"{well} of {numbers.count(len(controls), 'control')} came out as it must. ")
    return sentence


def settled_by(rows: pd.DataFrame) -> Words:
    """How many invocations would probably settle what is open; empty where nothing is, or nobody can tell."""
    needed = rows.loc[rows["verdict"] == INCONCLUSIVE, ["stratum", "n", "n_needed"]].dropna(subset=["n_needed"])
    if needed.empty:
        return ()
    row = needed.sort_values("n_needed").iloc[-1].to_dict()
    return words(
        f"About {numbers.count(int(row['n_needed']), 'invocation')} instead of {int(row['n'])} would probably settle "
        "the last open one, ", plain(row["stratum"]), ".",
    )  # fmt: skip


def untested(rows: pd.DataFrame) -> bool:
    """Whether no interpreter of the run has a case for the claim."""
    return bool((rows["verdict"] == NOT_TESTED).all())
