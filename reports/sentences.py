"""Plain language: rows of frames in, sentences out. Nothing is said that the row doesn't hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.analysis.trust import Trust
from pipeline.analysis.winners import NO_DIFFERENCE, NOT_MEASURED, SERIAL, WINNER
from reports import numbers
from reports.document import Item, Items, Paragraph, Span, Tone, Words, code, plain, strong, words

Row = Mapping[Any, Any]
MOST_NAMES = 3
SLOW = 0.67
"""Speed-ups below this are told as how many times longer it takes."""


def work_name(row: Row) -> Words:
    """The kind of work: its name, and in brackets what sets it apart from others of that name."""
    name = code(row["workload"])
    return words(name, " (", plain(row["setting"]), ")") if _given(row["setting"]) else words(name)


def answers(winners: pd.DataFrame) -> tuple[Item, ...]:
    """One item per kind of work: what to use for a resident pool, and whether a single batch changes that.

    Args:
        winners: rows of one interpreter, as `winners` returns them.
    """
    items = []
    for _, group in winners.groupby(["workload", "setting", "baseline_id"], sort=False, dropna=False):
        by_use = {row["use"]: row for row in group.to_dict("records")}
        resident, one_shot = by_use.get("resident"), by_use.get("one_shot")
        row = resident if resident is not None else one_shot
        if row is None:
            continue
        sentence = (*words("For "), *work_name(row), *_verdict(row))
        if resident is not None and one_shot is not None:
            sentence += _single_batch(resident, one_shot)
        items.append(Item(sentence, strategy=marked_strategy(row)))
    return tuple(items)


def marked_strategy(row: Row) -> str:
    """The strategy whose colour stands for a row's outcome; empty where none is named."""
    if row["outcome"] == WINNER:
        return str(row["recommended_strategy"])
    return "serial" if row["outcome"] == SERIAL else ""


def pool_name(label: object, workers: object) -> str:
    """`processes (fork) with 4 workers`; just the label where there is no number of workers."""
    return str(label) if numbers.missing(workers) else f"{label} with {numbers.count(int(str(workers)), 'worker')}"


def _verdict(row: Row) -> Words:
    match row["outcome"]:
        case outcome if outcome == WINNER:
            return _winner(row)
        case outcome if outcome == SERIAL:
            return words(
                " stay ", strong("serial"), ": the best of the others, ", plain(row["runner_up"]), ", ",
                *_stands(row, "runner_up_speedup", "runner_up_low", "runner_up_high"), ".",
            )  # fmt: skip
        case outcome if outcome == NO_DIFFERENCE:
            return _no_difference(row)
        case outcome if outcome == NOT_MEASURED:
            return words(" there is no answer: ", plain(row["reason"]), ".")
    return words(" there is no answer.")


def _winner(row: Row) -> Words:
    name = pool_name(row["recommended_label"], row["recommended_workers"])
    sentence = words(
        " use ", strong(name), ": ",
        *_times(row, "recommended_speedup", "recommended_low", "recommended_high"), ".",
    )  # fmt: skip
    equals = _equals(row)
    if equals:
        sentence += words(" Not to be told apart from the fastest: ", plain(equals), ".")
    if not row["pays"]:
        sentence += words(" The gain may be too small to pay.")
    return sentence + _doubt(row)


def _equals(row: Row) -> str:
    """The names that stand beside the recommended one: the best estimate and its equals."""
    names = [str(row["name"]), *(str(name) for name in row["tied"])]
    others = [name for name in names if name != row["recommended_name"]] if len(names) > 1 else []
    if len(others) > MOST_NAMES:
        others = [*others[:MOST_NAMES], f"{len(others) - MOST_NAMES} more"]
    return numbers.listing(others)


def _no_difference(row: Row) -> Words:
    sentence = words(
        " there is ", strong("no reliable difference"), " that would pay: " if _given(row["reason"]) else ": "
    )
    if _given(row["reason"]):
        return sentence + words(plain(row["reason"]), ".") + _doubt(row)
    parallel = row["name"] if row["strategy"] != "serial" else row["runner_up"]
    columns = (
        ("", "low", "high") if row["strategy"] != "serial" else ("runner_up_speedup", "runner_up_low", "runner_up_high")
    )
    sentence += words(
        "the best of the others, ", plain(parallel), ", ", *_stands(row, columns[0] or "speedup", *columns[1:]), "."
    )
    if not numbers.missing(row["mde"]):
        sentence += words(
            " This run would probably have found a difference of ", plain(numbers.percent(row["mde"])), " or more."
        )
    return sentence + _doubt(row)


def _single_batch(resident: Row, one_shot: Row) -> Words:
    if one_shot["outcome"] == WINNER:
        name = pool_name(one_shot["recommended_label"], one_shot["recommended_workers"])
        times = _times(one_shot, "recommended_speedup", "recommended_low", "recommended_high", short=True)
        same = one_shot["recommended_name"] == resident["recommended_name"] and resident["outcome"] == WINNER
        lead = " Started for a single batch it is still " if same else " For a single batch, start-up included, "
        return words(lead, *times, ".") if same else words(lead, "use ", strong(name), ": ", *times, ".")
    if resident["outcome"] != WINNER or one_shot["outcome"] == NOT_MEASURED:
        return ()
    if one_shot["outcome"] == SERIAL:
        times = _stands(one_shot, "runner_up_speedup", "runner_up_low", "runner_up_high", short=True)
        return words(
            " For a single batch stay ",
            strong("serial"),
            ": with start-up, ",
            plain(one_shot["runner_up"]),
            " ",
            *times,
            ".",
        )
    return words(" For a single batch, start-up included, nothing is reliably better than serial by enough to pay.")


def _stands(row: Row, value: str, low: str, high: str, *, short: bool = False) -> Words:
    """`is 1.84 times as fast as serial (…)`, or for what is much slower `takes 192 times as long as serial (…)`."""
    if row[value] >= SLOW:
        return words("is ", *_times(row, value, low, high, short=short))
    inverse = {value: 1 / row[value], low: 1 / row[high], high: 1 / row[low]}
    return words("takes ", *_times(inverse, value, low, high, short=short, how="long"))


def _times(row: Row, value: str, low: str, high: str, *, short: bool = False, how: str = "fast") -> Words:
    ends = numbers.interval(row[low], row[high])
    inside = "" if not ends else f" ({ends})" if short else f" (95\u00a0% interval {ends})"
    than = "" if short else " as serial"
    return words(strong(f"{numbers.ratio(row[value])} times"), f" as {how}{than}{inside}")


def _doubt(row: Row) -> Words:
    if row["agree"]:
        return ()
    return words(" The two kinds of interval contradict each other here, so take the number with care.")


def trust(judgement: Trust) -> Paragraph:
    """Whether the run can be trusted, with every reason against it."""
    tone: Tone = "good" if judgement.ok else "warning"
    if judgement.ok:
        sentence = words(strong("This run can be trusted."), " No check of the measuring contradicts it.")
        if judgement.notes:
            sentence += words(" To keep in mind: ", plain(_sentence(judgement.notes)))
    else:
        sentence = words(strong("Read these numbers with doubt:"), " ", plain(_sentence(judgement.reasons)))
        if judgement.notes:
            sentence += words(" Besides: ", plain(_sentence(judgement.notes)))
    return Paragraph(sentence, tone=tone)


def checks(judgement: Trust) -> Items | Paragraph:
    """The same, as a list: one line for each reason and each note."""
    found = [f"{part[:1].upper()}{part[1:]}." for part in (*judgement.reasons, *judgement.notes)]
    if not found:
        return Paragraph(words("No check of the measuring contradicts it, and nothing limits its conclusions."))
    return Items(tuple(Item(words(plain(line))) for line in found))


def _sentence(parts: Sequence[str]) -> str:
    return f"{'; '.join(parts)}."


def startup(pools: pd.DataFrame) -> Words:
    """Which pool is ready first and which last; empty if there is nothing to compare."""
    known = pools.dropna(subset=["startup_s"])
    if known["label"].nunique() < 2:
        return ()
    ordered = known.sort_values("startup_s").to_dict("records")
    first, last = ordered[0], ordered[-1]
    return words(
        "Ready soonest is ", _pool(first), " after ", strong(numbers.seconds(first["startup_s"])),
        "; longest takes ", _pool(last), " with ", strong(numbers.seconds(last["startup_s"])), ".",
    )  # fmt: skip


def worker_memory(pools: pd.DataFrame) -> Words:
    """Which worker takes least memory and which most; empty if there is nothing to compare."""
    known = pools.dropna(subset=["worker_bytes"])
    if known["label"].nunique() < 2:
        return ()
    ordered = known.sort_values("worker_bytes").to_dict("records")
    least, most = ordered[0], ordered[-1]
    return words(
        "One more worker adds least memory to ", _pool(least), " (", strong(numbers.size(least["worker_bytes"])),
        ") and most to ", _pool(most), " (", strong(numbers.size(most["worker_bytes"])), ").",
    )  # fmt: skip


def _pool(row: Row) -> Span:
    return plain(pool_name(row["label"], row["workers"]))


def _given(value: object) -> bool:
    return not numbers.missing(value) and str(value) != ""
