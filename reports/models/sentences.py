"""Break-even points, borders and models of scaling in words: rows in, sentences out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pipeline.analysis.winners import SERIAL, WINNER
from reports import numbers
from reports.document import Item, Words, plain, strong, words
from reports.sentences import joined, work_name

Row = Mapping[Any, Any]
DURATION = "task duration"
USES = {"resident": "a resident pool", "one_shot": "a single batch"}
MODELS = {
    "constant": "more workers change nothing",
    "linear": "every worker adds the same",
    "Amdahl": "Amdahl's law",
    "USL": "the universal scalability law",
}


def write(axis: object) -> Any:
    """How a point on the axis is written."""
    return numbers.seconds if axis == DURATION else numbers.size


def break_even(row: Row) -> Words:
    """From where one kind of pool pays, measured and predicted; the reason where it can't be told.

    `processes (fork) × 2 pays from 0.80 ms per task (0.60 ms to 1.10 ms), predicted 0.70 ms`
    """
    told = write(row["axis"])
    name = plain(f"{row['label']} × {row['workers']}")
    against = () if row["against"] == "serial" else words(" beside ", plain(row["against"]))
    turning = f"{'pays from' if row['axis'] == DURATION else 'stops paying from'} "
    unit = " per task" if row["axis"] == DURATION else " of payload"
    predicted = "" if numbers.missing(row["predicted"]) else f"{told(row['predicted'])}{_ends(row, 'predicted')}"
    if not numbers.missing(row["measured"]):
        guess = f", predicted {predicted}" if predicted else ""
        return words(
            strong(name.text), *against, f" {turning}", strong(told(row["measured"])), unit,
            f"{_ends(row, 'measured')}{guess}",
        )  # fmt: skip
    reason = "no crossing was measured" if numbers.missing(row["reason"]) else str(row["reason"])
    guess = f"; predicted {predicted}{unit}" if predicted else ""
    return words(strong(name.text), *against, ": ", plain(reason), guess)


def _ends(row: Row, prefix: str) -> str:
    low, high = row[f"{prefix}_low"], row[f"{prefix}_high"]
    told = write(row["axis"])
    return "" if numbers.missing(low) or numbers.missing(high) else f" ({told(low)} to {told(high)})"


def break_evens(rows: pd.DataFrame) -> Iterator[Item]:
    """An item per pool against serial, and one per use and axis for those that have nothing but the same reason.

    Args:
        rows: of one interpreter.
    """
    silent: dict[tuple[str, str, str], list[Words]] = {}
    for row in rows[rows["against"] == "serial"].to_dict("records"):
        lead = words(f"For {USES.get(str(row['use']), str(row['use']))}, ")
        if numbers.missing(row["measured"]) and numbers.missing(row["predicted"]):
            key = (str(row["use"]), str(row["axis"]), str(row["reason"]))
            silent.setdefault(key, []).append(words(plain(f"{row['label']} × {row['workers']}")))
            continue
        yield Item((*lead, *break_even(row), *words(".")), strategy=str(row["strategy"]))
    for (use, axis, reason), names in silent.items():
        lead = words(f"For {USES.get(use, use)}, by {axis}: ")
        yield Item((*lead, *joined(names), *words(": ", plain(reason), ".")))


def border(rows: pd.DataFrame) -> str:
    """What a map shows: how many of its cells each strategy wins, and how many stay serial or open."""
    counts = rows.loc[rows["outcome"] == WINNER, "label"].value_counts(sort=False)
    parts = [f"{plain(label).text} wins {number}" for label, number in counts.items()]
    serial = int((rows["outcome"] == SERIAL).sum())
    open_still = len(rows) - int(counts.sum()) - serial
    parts += [f"serial stays for {serial}"] if serial else []
    parts += [f"{open_still} can't be told or don't pay"] if open_still else []
    return f"of {numbers.count(len(rows), 'combination')}: {numbers.listing(parts)}"


def fits(rows: pd.DataFrame) -> Iterator[Item]:
    """An item per series with a model, and one per reason for the series without one.

    Args:
        rows: of one interpreter.
    """
    silent: dict[str, list[Words]] = {}
    for row in rows.to_dict("records"):
        if numbers.missing(row["model"]):
            silent.setdefault(str(row["reason"]), []).append((*work_name(row), *words(" with ", plain(row["label"]))))
        else:
            yield Item(fit(row), strategy=str(row["strategy"]))
    for reason, names in silent.items():
        total = numbers.count(len(names), "series", "series")
        told = words(" (", *joined(names), ")") if len(names) <= 4 else ()
        yield Item(words(strong("No curve is fitted"), f" to {total}", *told, ": ", plain(reason), "."))


def fit(row: Row) -> Words:
    """The model that fits one series best, its parameters, and where it peaks or why that isn't told."""
    sentence = words(
        "For ", *work_name(row), " with ", plain(row["label"]), ", up to ",
        numbers.count(int(row["largest"]), "worker"), ", fits best: ",
        strong(MODELS.get(str(row["model"]), str(row["model"]))),
    )  # fmt: skip
    parts = []
    if row["model"] in ("Amdahl", "USL"):
        parts.append(f"contention {_parameter(row, 'alpha')}")
    if row["model"] == "USL":
        parts.append(f"coherence {_parameter(row, 'beta')}")
    sentence += words(f"; {numbers.listing(parts)}") if parts else ()
    if not numbers.missing(row["peak_workers"]):
        low, high = numbers.digits(row["peak_low"], 2), numbers.digits(row["peak_high"], 2)
        peak = numbers.digits(row["peak_workers"], 2)
        return sentence + words("; fastest with ", strong(f"{peak} workers"), f" ({low} to {high}).")
    reason = "" if numbers.missing(row["reason"]) else str(row["reason"])
    return sentence + (words("; ", plain(reason), ".") if reason else words("."))


def _parameter(row: Row, name: str) -> str:
    def share(value: float) -> str:
        return numbers.percent(value) if abs(value) >= 0.0005 or value == 0 else f"{numbers.digits(value * 100, 2)} %"

    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    ends = "" if numbers.missing(low) or numbers.missing(high) else f" ({share(low)} to {share(high)})"
    return f"{share(value)}{ends}"


def serial_fractions(rows: pd.DataFrame) -> Words:
    """The lowest and the highest serial fraction of what is drawn."""
    ordered = rows.dropna(subset=["serial_fraction"]).sort_values("serial_fraction")
    if ordered.empty:
        return ()
    sentence: Words = ()
    for lead, row in (("Least serial: ", ordered.iloc[0].to_dict()), ("; most: ", ordered.iloc[-1].to_dict())):
        share = numbers.percent(row["serial_fraction"])
        sentence += words(lead, *work_name(row), " with ", plain(f"{row['label']} × {row['workers']}"), f", {share}")
    return sentence + words(". ")


def gil_bounds(rows: pd.DataFrame) -> Words:
    """For how many kinds of work threads keep to the bound that the GIL sets, and for which they don't."""
    kept, broken = rows[rows["holds"] == "yes"], rows[rows["holds"] == "no"]
    sentence = words(
        f"Threads keep below the bound 1/g, with g the share of a task that holds the GIL, in {len(kept)} of "
        f"{numbers.count(len(rows), 'case')}"
    )
    if broken.empty:
        return sentence + words(", and reliably break it in none.")
    names = [(*work_name(row), *words(f" × {row['workers']}")) for row in broken.to_dict("records")]
    return sentence + words("; they ", strong("break it"), " for ", *joined(names), ".")
