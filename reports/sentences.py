"""Plain language: rows of frames in, sentences out. Nothing is said that the row doesn't hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.analysis.oracles.outcome import NOT_RUN, PASSED
from pipeline.analysis.trust import Trust
from pipeline.analysis.winners import INVALID, NO_DIFFERENCE, NOT_MEASURED, SERIAL, WINNER
from reports import numbers
from reports.document import Item, Items, Paragraph, Span, Tone, Words, code, plain, strong, words
from reports.pools import per_worker

Row = Mapping[Any, Any]
MOST_NAMES = 2
PAGE_BYTES = 4096
"""What memory is handed out in: less than that is none, give or take."""
LARGEST_EFFECT = 10.0
"""Relative: that only a difference of more than eleven times would have shown, nobody needs to be told in percent."""


def work_name(row: Row) -> Words:
    """The kind of work: its name, and in brackets what sets it apart from others of that name."""
    name = code(row["workload"])
    return words(name, " (", plain(row["setting"]), ")") if _given(row["setting"]) else words(name)


def answers(winners: pd.DataFrame) -> tuple[Item, ...]:
    """One item per kind of work: what to use for a resident pool, and whether a single batch changes that.

    Kinds of work that have no answer for the same reason share an item.

    Args:
        winners: rows of one interpreter, as `winners` returns them.
    """
    items: list[Item] = []
    silent: dict[str, list[Words]] = {}
    for _, group in winners.groupby(["workload", "setting", "baseline_id"], sort=False, dropna=False):
        by_use = {row["use"]: row for row in group.to_dict("records")}
        one_shot = by_use.get("one_shot")
        row = by_use.get("resident") or one_shot
        if row is None:
            continue
        if row["outcome"] in (NOT_MEASURED, INVALID):
            silent.setdefault(str(row["reason"]), []).append(work_name(row))
            continue
        sentence = (*words("For "), *work_name(row), *_verdict(row))
        if row is not one_shot and one_shot is not None:
            sentence += _single_batch(row, one_shot)
        items.append(Item(sentence + _doubt(row), strategy=marked_strategy(row)))
    for reason, names in silent.items():
        items.append(Item((*words("For "), *joined(names), *words(" no verdict: ", plain(reason), "."))))
    return tuple(items)


def marked_strategy(row: Row) -> str:
    """The strategy whose colour stands for a row's outcome; empty where none is named."""
    if row["outcome"] == WINNER:
        return str(row["recommended_strategy"])
    return "serial" if row["outcome"] == SERIAL else ""


def best_parallel(row: Row) -> tuple[str, str]:
    """The name of the best pool of a row without a winner, and the prefix of the columns that hold its numbers."""
    return (str(row["name"]), "") if row["strategy"] != "serial" else (str(row["runner_up"]), "runner_up_")


def _verdict(row: Row) -> Words:
    if row["outcome"] == WINNER:
        sentence = words(" use ", strong(row["recommended_name"]), ": ", *_times(row, "recommended_"), *_equals(row))
        return sentence + words("." if row["pays"] else "; the gain may be too small to pay.")
    name, prefix = best_parallel(row)
    if row["outcome"] == SERIAL:
        return words(" stay ", strong("serial"), ": ", plain(name), " ", *_times(row, prefix, verb=True), ".")
    if _given(row["reason"]):
        return words(" ", strong("no difference that pays"), ": ", plain(row["reason"]), ".")
    sentence = words(" ", strong(NO_DIFFERENCE), ": ", plain(name), " ", *_times(row, prefix, verb=True))
    if not numbers.missing(row["mde"]) and row["mde"] < LARGEST_EFFECT:
        sentence += words(f"; a difference of {numbers.percent(row['mde'])} would probably have shown")
    return sentence + words(".")


def _equals(row: Row) -> Words:
    """The names that stand beside the recommended one: the best estimate and its equals."""
    others = [str(name) for name in row["tied"] if name != row["recommended_name"]]
    if len(others) > MOST_NAMES:
        others = [*others[:MOST_NAMES], f"{len(others) - MOST_NAMES} more"]
    if row["name"] != row["recommended_name"]:
        nor = f", nor can {numbers.listing(others, 'or')}" if others else ""
        return words("; ", plain(row["name"]), " looks fastest but can't be told apart", plain(nor))
    return words("; ", plain(numbers.listing(others)), " can't be told apart") if others else ()


def _single_batch(resident: Row, one_shot: Row) -> Words:
    if one_shot["outcome"] == WINNER:
        same = one_shot["recommended_name"] == resident["recommended_name"] and resident["outcome"] == WINNER
        name = words("still ") if same else words(strong(one_shot["recommended_name"]), ", ")
        return words(" Single batch: ", *name, *_times(one_shot, "recommended_"), ".")
    if resident["outcome"] != WINNER or one_shot["outcome"] == NOT_MEASURED:
        return ()
    if one_shot["outcome"] == SERIAL:
        return words(" Single batch: stay ", strong("serial"), ".")
    return words(f" Single batch: {'too small a gain to pay' if _given(one_shot['reason']) else NO_DIFFERENCE}.")


def _times(row: Row, prefix: str, *, verb: bool = False) -> Words:
    """`1.84 times as fast (…)`, or for what is much slower `192 times as long (…)`; with `is` or `takes` before it."""
    ratio, low, high, slower = numbers.told(row[f"{prefix}speedup"], row[f"{prefix}low"], row[f"{prefix}high"])
    ends = numbers.interval(low, high)
    lead = ("takes " if slower else "is ") if verb else ""
    how = f" as {'long' if slower else 'fast'}{ends and f' ({ends})'}"
    return words(lead, strong(f"{numbers.ratio(ratio)} times"), how)


def _doubt(row: Row) -> Words:
    return () if row["agree"] else words(" Take it with care: the two kinds of interval contradict each other.")


def interpreter(name: str, facts: Mapping[str, Any] | None) -> Words:
    """The interpreter's name, and in brackets what it is."""
    known = facts or {}
    details = [str(known.get("implementation") or ""), str(known.get("version") or "")]
    details += ["free-threaded"] if known.get("free_threaded") else []
    shown = " ".join(filter(None, details))
    return words(code(name), " (", plain(shown), ")") if shown else words(code(name))


def joined(names: Sequence[Words]) -> Words:
    """The names as `a, b and c`."""
    found: list[Span] = []
    for left, name in zip(range(len(names), 0, -1), names, strict=True):
        found += words(*([" and " if left == 1 else ", "] if found else []), *name)
    return tuple(found)


def trust(judgement: Trust, oracles: pd.DataFrame) -> Paragraph:
    """Whether the run can be trusted, with every reason against it."""
    tone: Tone = "good" if judgement.ok else "warning"
    if judgement.ok:
        sentence = words(strong("This run can be trusted."), _oracles(oracles))
        if judgement.notes:
            sentence += words(" To keep in mind: ", plain(_sentence(judgement.notes)))
    else:
        lead = "The verdicts of this run are invalid:" if judgement.failed_oracles else "Read these numbers with doubt:"
        sentence = words(strong(lead), " ", plain(_sentence(judgement.reasons)))
        if judgement.notes:
            sentence += words(" Besides: ", plain(_sentence(judgement.notes)))
    return Paragraph(sentence, tone=tone)


def _oracles(oracles: pd.DataFrame) -> str:
    """How many of the cases whose answer is known came out right."""
    passed, asked = (oracles["status"] == PASSED).sum(), (oracles["status"] != NOT_RUN).sum()
    if not asked:
        return ""
    count = f"All {asked}" if passed == asked else f"{passed} of {asked}"
    return f" {count} cases whose answer is known came out right, none wrong."


def checks(judgement: Trust) -> Items | Paragraph:
    """The same, as a list: one line for each reason and each note."""
    found = [f"{part[:1].upper()}{part[1:]}." for part in (*judgement.reasons, *judgement.notes)]
    if not found:
        return Paragraph(words("No check of the measuring contradicts it, and nothing limits its conclusions."))
    return Items(tuple(Item(words(plain(line))) for line in found))


def _sentence(parts: Sequence[str]) -> str:
    return f"{'; '.join(parts)}."


def second_estimate(controlled: pd.DataFrame) -> Words:
    """What taking out the machine's own fluctuations did to the intervals."""
    ratio = float(controlled["width_ratio"].median())
    change = f"{numbers.percent(abs(1 - ratio))} {'narrower' if ratio < 1 else 'wider'}"
    return words(
        "A second estimate takes out how fast the CPUs were just before each invocation: its intervals are ",
        strong(change), " than the plain ones (median). Where the two disagree, the machine was restless.",
    )  # fmt: skip


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
    """Which pool grows least with one more worker and which most; empty if there is nothing to compare."""
    known = per_worker(pools)
    if known["label"].nunique() < 2:
        return ()
    rows = known.to_dict("records")
    least, most = rows[0], rows[-1]
    sentence = words(
        "One more worker adds least memory to ", plain(least["name"]), " (", *_memory(least),
        ") and most to ", plain(most["name"]), " (", *_memory(most), ").",
    )  # fmt: skip
    if least["slope"] and most["slope"]:
        return sentence
    return sentence + words(
        " Where only one number of workers was measured, it includes a share of what the pool needs once."
    )


def _memory(row: Row) -> Words:
    if row["bytes"] < PAGE_BYTES:
        return words(strong("less than a page"))
    ends = "" if numbers.missing(row["low"]) else f", {numbers.size(row['low'])} to {numbers.size(row['high'])}"
    return words(strong(numbers.size(row["bytes"])), ends)


def _pool(row: Row) -> Span:
    return plain(f"{row['label']} × {row['workers']}")


def _given(value: object) -> bool:
    return not numbers.missing(value) and str(value) != ""
