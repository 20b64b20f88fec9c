"""What a run says about its interpreters, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.analysis.interpreters.relations import (
    BUILD,
    BUILD_WITH_LOCK,
    GIL,
    LOCK,
    SAME,
    THREADING,
    Facts,
)
from pipeline.analysis.interpreters.scaling import DOES_NOT_PAY, PAYS
from pipeline.analysis.interpreters.single_thread import EQUAL, FASTER, NOT_MEASURED, SLOWER
from pipeline.analysis.interpreters.start_up import BARE
from pipeline.statistics.student import SIGNIFICANCE
from reports import numbers
from reports.document import Item, Words, code, plain, strong, words
from reports.interpreters.names import introduced
from reports.sentences import LARGEST_EFFECT, joined, work_name

Row = Mapping[Any, Any]
FIRST_TOLD = (LOCK, BUILD, BUILD_WITH_LOCK)
"""What isolates a cause is told before what doesn't."""
MEANING = {
    LOCK: " The two are the same program with the GIL off and on, so this is what running without the GIL costs.",
    BUILD: " Version and kind of build are the same, so this is what free threading costs.",
    BUILD_WITH_LOCK: " The GIL is on in both, so this is what the free-threaded build costs even then.",
    SAME: " As far as they tell, the two are the same.",
}


def one_thread(frame: pd.DataFrame, names: Mapping[str, str], facts: Mapping[str, Facts]) -> Iterator[Item]:
    """Per pair of interpreters: how much longer computing takes in one thread, and what that can be put down to.

    Args:
        frame: as `single_thread` returns it.
        names: short names of the interpreters.
        facts: what each says of itself.
    """
    computing = frame[frame["computing"] & (frame["outcome"] != NOT_MEASURED)]
    groups = [group for _, group in computing.groupby(["interpreter", "against"], sort=False)]
    for group in sorted(groups, key=lambda each: each["kind"].iloc[0] not in FIRST_TOLD):
        first = group.iloc[0].to_dict()
        pair = [introduced(names[name], facts.get(name) or {}) for name in (first["interpreter"], first["against"])]
        sentence = words("In one thread, computing under ", *pair[0], " ", *_whole(group), " under ", *pair[1])
        works = group[~group["whole"]].to_dict("records")
        if len(works) > 1:
            sentence += words(": ", *joined([(*work_name(row), *words(" "), *_brief(row)) for row in works]))
        yield Item(sentence + words(".") + _meaning(first), strategy="serial")


def _whole(group: pd.DataFrame) -> Words:
    """The verdict over all computing work, or over the only kind of it."""
    row = group.iloc[0].to_dict()
    ends = numbers.interval(row["low"], row["high"])
    if row["outcome"] in (SLOWER, FASTER):
        ratio, low, high, verb = row["ratio"], row["low"], row["high"], "takes"
        if row["outcome"] == FASTER:
            ratio, low, high, verb = 1 / ratio, 1 / high, 1 / low, "is"
        told = numbers.interval(low, high)
        how = "as long as" if verb == "takes" else "as fast as"
        return words(f"{verb} ", strong(f"{numbers.ratio(ratio)} times"), f"{told and f' ({told})'} {how}")
    if row["outcome"] == EQUAL:
        return words(strong("takes as long"), f", give or take what doesn't matter ({ends}), as")
    return words("shows ", strong("no reliable difference"), f" ({ends}{_detectable(row)}) to that")


def _brief(row: Row) -> Words:
    ends = numbers.interval(row["low"], row["high"])
    if row["outcome"] == EQUAL:
        return words(f"the same ({ends})")
    if row["outcome"] == SLOWER:
        return words(f"{numbers.ratio(row['ratio'])} times as long ({ends})")
    if row["outcome"] == FASTER:
        ends = numbers.interval(1 / row["high"], 1 / row["low"])
        return words(f"{numbers.ratio(1 / row['ratio'])} times as fast ({ends})")
    return words(f"no reliable difference ({ends}{_detectable(row)})")


def _detectable(row: Row) -> str:
    """What would have been found, where that is a number that says something."""
    if numbers.missing(row["mde"]) or row["mde"] >= LARGEST_EFFECT:
        return ""
    return f"; one of {numbers.percent(row['mde'])} would probably have shown"


def _meaning(row: Row) -> Words:
    if row["kind"] in MEANING:
        return words(MEANING[row["kind"]])
    differences = [str(each) for each in row["differences"]]
    if not differences:
        return ()
    told = words(" They differ in ", plain(numbers.listing(differences)))
    threading = {THREADING, GIL} & set(differences)
    if threading and len(differences) > 1:
        return (*told, *words(", so this is not the cost of free threading alone."))
    return (*told, *words("."))


def threads(flips: pd.DataFrame, scaling: pd.DataFrame, names: Mapping[str, str]) -> Iterator[Item]:
    """For which work the interpreter decides whether threads pay, for which it doesn't, and where that is open.

    Args:
        flips: as `flips` returns it.
        scaling: as `scaling` returns it.
        names: short names of the interpreters.
    """
    shared: dict[str, list[Words]] = {PAYS: [], DOES_NOT_PAY: []}
    unsure = []
    for row in flips.to_dict("records"):
        own = scaling[(scaling["workload"] == row["workload"]) & (scaling["setting"] == row["setting"])]
        if row["flips"]:
            yield _flip(row, own, names)
        elif row["open_under"]:
            unsure.append(_unsure(row, own, names))
        else:
            shared[PAYS if row["pays_under"] else DOES_NOT_PAY].append(work_name(row))
    yield from unsure
    for outcome, extent in ((PAYS, "every"), (DOES_NOT_PAY, "no")):
        if shared[outcome]:
            sentence = words("For ", *joined(shared[outcome]), f" threads pay under {extent} interpreter.")
            yield Item(sentence, strategy="threads")


def _flip(row: Row, own: pd.DataFrame, names: Mapping[str, str]) -> Item:
    under, without = (_each(row[column], own, names) for column in ("pays_under", "not_under"))
    sentence = words(
        "For ", *work_name(row), " ", strong("the interpreter decides"), ": threads pay under ", *under,
        ", not under ", *without, ".",
    )  # fmt: skip
    if row["open_under"]:
        sentence += words(" Open: ", *joined([words(code(names[name])) for name in row["open_under"]]), ".")
    return Item(sentence, strategy="threads")


def _unsure(row: Row, own: pd.DataFrame, names: Mapping[str, str]) -> Item:
    sentence = words(
        "For ", *work_name(row), " it is open whether threads pay under ", *_each(row["open_under"], own, names)
    )
    for found, verb in ((row["pays_under"], "they pay"), (row["not_under"], "they don't")):
        if found:
            sentence += words(f"; {verb} under ", *_each(found, own, names))
    return Item(sentence + words("."), strategy="threads")


def _each(interpreters: Sequence[str], own: pd.DataFrame, names: Mapping[str, str]) -> Words:
    return joined([_with_best(name, own, names) for name in interpreters])


def _with_best(interpreter: str, own: pd.DataFrame, names: Mapping[str, str]) -> Words:
    """The interpreter with the highest speed-up of threads under it."""
    known = own[(own["interpreter"] == interpreter) & own["speedup"].notna()]
    if known.empty:
        return words(code(names[interpreter]), " (not measured)")
    best = known.sort_values("speedup").iloc[-1].to_dict()
    ratio, low, high, slower = numbers.told(best["speedup"], best["low"], best["high"])
    ends = numbers.interval(low, high)
    how = f" times as {'long' if slower else 'fast'} with {best['workers']}{ends and f', {ends}'})"
    return words(code(names[interpreter]), " (", strong(numbers.ratio(ratio)), how)


def start_up(frame: pd.DataFrame, names: Mapping[str, str], reference: str) -> Words:
    """How long each interpreter takes to start, against the reference; empty if that wasn't measured."""
    bare = frame[(frame["what"] == BARE) & frame["seconds"].notna()]
    return _beside(bare, names, reference, "seconds", numbers.seconds, ("starts in", "takes", "as long"))


def memory(frame: pd.DataFrame, names: Mapping[str, str], reference: str) -> Words:
    """How much memory each interpreter needs by itself, against the reference; empty if that wasn't measured."""
    usual = frame.sort_values("n", ascending=False, kind="stable").drop_duplicates("interpreter")
    ordered = usual.sort_index()
    return _beside(ordered, names, reference, "peak_bytes", numbers.size, ("needs", "needs", "as much memory"))


def _beside(
    frame: pd.DataFrame,
    names: Mapping[str, str],
    reference: str,
    value: str,
    write: Any,
    verbs: tuple[str, str, str],
) -> Words:
    by_name = {row["interpreter"]: row for row in frame.to_dict("records")}
    own = by_name.pop(reference, None)
    if own is None or not by_name:
        return ()
    others = [_against(row, names, verbs[1], verbs[2]) for row in by_name.values()]
    return words(code(names[reference]), f" {verbs[0]} ", strong(write(own[value])), "; ", *joined(others), ".")


def _against(row: Row, names: Mapping[str, str], verb: str, how: str) -> Words:
    name = code(names[row["interpreter"]])
    if numbers.missing(row["p_holm"]):
        return words(name, " can't be compared")
    ends = numbers.interval(row["low"], row["high"])
    if row["p_holm"] < SIGNIFICANCE:
        return words(name, f" {verb} ", strong(f"{numbers.ratio(row['ratio'])} times"), f" {how} ({ends})")
    return words(name, f" shows no reliable difference ({ends}{_detectable(row)})")


def switched_on(frame: pd.DataFrame, names: Mapping[str, str]) -> Words:
    """Where a module switched the GIL on in an interpreter that starts without it; empty if nowhere."""
    sentence: Words = ()
    for row in frame.to_dict("records"):
        by = words(plain(row["by"])) if not numbers.missing(row["by"]) else words("something that was imported")
        sentence += words(
            " " if sentence else "", "Under ", code(names.get(row["interpreter"], row["interpreter"])), ", ", *by,
            " switched the GIL on for ", code(row["workload"]),
            f" ({numbers.count(int(row['n']), 'invocation')}): these numbers are those of a program with the GIL.",
        )  # fmt: skip
    return sentence


def unusable(reasons: Mapping[str, str], names: Sequence[str]) -> Words:
    """Which interpreters of the configuration could not be measured, and why; empty if all could."""
    sentence: Words = ()
    for name in names:
        sentence += words(" " if sentence else "", code(name), " was not measured: ", plain(reasons[name]), ".")
    return sentence
