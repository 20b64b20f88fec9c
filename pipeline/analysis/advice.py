"""What to do, in words: how to run one function of the user's, from what was measured of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.analysis import reasons
from pipeline.analysis.frames import missing, prefixed
from pipeline.analysis.settings import about, about_bytes, duration, factor
from pipeline.analysis.snippets import Call, snippet
from pipeline.analysis.summary import Summary
from pipeline.analysis.winners import INVALID, NO_DIFFERENCE, NOT_MEASURED, NOT_WORTHWHILE, SERIAL, WINNER

Row = dict[str, Any]
LARGEST_EFFECT = 10.0
"""Relative: what only a larger one would have shown needs no number."""
STAY = "stay with a plain loop"
MOST_NAMES = 3


@dataclass(frozen=True)
class Way:
    """One way to run the function that was measured."""

    name: str
    one_shot: tuple[float, float, float]
    """Times as fast as the plain loop when started and stopped for the batch, with the ends of the 95 % interval."""
    resident: tuple[float, float, float]
    """The same with workers that stay."""
    startup_s: float
    peak_bytes: float
    blocks: int


@dataclass(frozen=True)
class Obstacle:
    """Ways that could not be measured, for the same reason."""

    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Code:
    """A way written down."""

    title: str
    text: str


@dataclass(frozen=True)
class Advice:
    """Everything there is to say; each text is a sentence or more."""

    function: str
    headline: str
    uses: dict[str, Row]
    """For `one_shot` and `resident`: outcome, name, strategy, workers, options, speedup, low, high, mde."""
    gains: tuple[str, ...]
    costs: tuple[str, ...]
    why: tuple[str, ...]
    cautions: tuple[str, ...]
    ways: tuple[Way, ...]
    """Fastest with workers that stay first."""
    obstacles: tuple[Obstacle, ...]
    code: tuple[Code, ...]


def advise(summary: Summary, run: Mapping[str, Any]) -> Advice:
    """The advice from the summary of a run that `whichpool advise` made, and its `run.json`."""
    told = run["advice"]
    uses = {row["use"]: _use(row, summary) for row in summary.winners.to_dict("records")}
    chosen = list(_chosen(uses))
    return Advice(
        function=told["question"]["use"],
        headline=_headline(uses),
        uses=uses,
        gains=tuple(_gains(uses)),
        costs=tuple(line for use in chosen for line in _costs(use, summary)),
        why=tuple(reasons.why(summary, run)),
        cautions=tuple(reasons.cautions(summary, run)),
        ways=_ways(summary),
        obstacles=_obstacles(summary, told),
        code=tuple(_code(chosen, told)),
    )


def _use(row: Mapping[Any, Any], summary: Summary) -> Row:
    """What the winners' row says about the recommended case, or where none is recommended, about the best other one."""
    wins = row["outcome"] == WINNER
    prefix = "recommended_" if wins else "runner_up_" if row["strategy"] == "serial" else ""
    name = row["recommended_name"] if wins else row["runner_up"] if prefix else row["name"]
    case = summary.cases[summary.cases["name"] == name]
    found: Row = {"outcome": str(row["outcome"]), "reason": None if missing(row["reason"]) else str(row["reason"])}
    found |= {key: float(row[f"{prefix}{key}"]) for key in ("speedup", "low", "high")}
    found |= {"name": None if missing(name) else str(name), "mde": float(row["mde"]), "pays": bool(row["pays"])}
    found |= {"blocks": 0 if missing(row["n"]) else int(row["n"]), "strategy": None, "workers": None, "options": {}}
    if len(case):
        found |= _described(case.iloc[0].to_dict(), prefixed(summary.cases, "option_"))
    found["tied"] = [each for each in row["tied"] if each not in (name, "serial")]
    return found


def _described(case: Mapping[Any, Any], columns: list[str]) -> Row:
    options = {"start_method": case["start_method"], **{name.removeprefix("option_"): case[name] for name in columns}}
    given = {name: _plain(value) for name, value in options.items() if not missing(value)}
    return {
        "case_id": str(case["case_id"]),
        "strategy": str(case["strategy"]),
        "workers": int(case["workers"]),
        "options": given,
    }


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else getattr(value, "item", lambda: value)()


def _chosen(uses: Mapping[str, Row]) -> Iterator[Row]:
    """The recommended ways, each once; that for a single batch first."""
    seen = set()
    for use in ("one_shot", "resident"):
        row = uses.get(use)
        if row and row["outcome"] == WINNER and row["name"] not in seen:
            seen.add(row["name"])
            yield row


def _headline(uses: Mapping[str, Row]) -> str:
    if not uses:
        return "No advice: nothing was measured."
    once, stays = uses["one_shot"], uses["resident"]
    winners = [row for row in (once, stays) if row["outcome"] == WINNER]
    if len(winners) == 2 and once["name"] == stays["name"]:
        return f"Use {phrase(once)}."
    if len(winners) == 2:
        return f"Use {phrase(once)} for one batch like this, {phrase(stays)} where the workers stay for many."
    if stays["outcome"] == WINNER:
        return f"For one batch like this {STAY}; where the workers stay for many, use {phrase(stays)}."
    if once["outcome"] == WINNER:
        return f"Use {phrase(once)} for one batch like this."
    return _no_winner(once, stays)


def _no_winner(once: Row, stays: Row) -> str:
    for row in (once, stays):
        if row["outcome"] in (INVALID, NOT_MEASURED):
            return f"No advice: {row['reason']}."
    if NO_DIFFERENCE in (once["outcome"], stays["outcome"]):
        return f"No reliable difference: {STAY}."
    if NOT_WORTHWHILE in (once["outcome"], stays["outcome"]):
        return f"No difference that would pay: {STAY}."
    return f"{STAY.capitalize()}: nothing is faster."


def phrase(row: Mapping[str, Any]) -> str:
    """A way in words: `processes with 2 workers (start method fork)`."""
    options = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in row["options"].items())
    count = f"{row['workers']} worker{'' if row['workers'] == 1 else 's'}"
    return f"{row['strategy']} with {count}" + (f" ({options})" if options else "")


USES = {"one_shot": "Started for this batch and stopped again", "resident": "With workers that stay"}


def _gains(uses: Mapping[str, Row]) -> Iterator[str]:
    for use, words in USES.items():
        row = uses.get(use)
        if row is not None and row["outcome"] not in (NOT_MEASURED, INVALID) and row["name"]:
            yield f"{words}, {_verdict(row)}"


def _verdict(row: Row) -> str:
    said = f"{row['name']} is {_times(row)}"
    if row["outcome"] == WINNER:
        others = row["tied"][:MOST_NAMES]
        more = len(row["tied"]) - len(others)
        same = ", ".join(others) + (f" and {more} more" if more else "")
        return said + (f"; {same} can't be told from the best." if others else ".")
    if row["outcome"] == SERIAL:
        return f"{said}: {'the plain loop is faster' if row['high'] < 1 else 'no gain'}."
    if row["outcome"] == NOT_WORTHWHILE:
        return f"{said}: {row['reason']}."
    if row["low"] > 1:
        return f"{said}: not sure yet, since it was picked as the best of several."
    told = not missing(row["mde"]) and row["mde"] < LARGEST_EFFECT and row["high"] < float("inf")
    return said + (f"; a difference of {row['mde']:.0%} would probably have shown." if told else ".")


def _times(row: Row) -> str:
    said = f"{factor(row['speedup'])} times as fast as a plain loop"
    if missing(row["low"]) or missing(row["high"]) or row["high"] == float("inf"):
        return f"{said} (without an interval: {row['blocks']} blocks are too few)"
    return f"{said} (95 % interval {factor(row['low'])} to {factor(row['high'])})"


def _costs(use: Row, summary: Summary) -> Iterator[str]:
    case_id = use["case_id"]
    cost = summary.costs[summary.costs["case_id"] == case_id]
    if len(cost) and not missing(cost["startup_s"].iloc[0]):
        startup, shutdown = (about(cost[name].iloc[0]) for name in ("startup_s", "shutdown_s"))
        yield f"{use['name']} takes {startup} to start and {shutdown} to stop."
    used = summary.memory[summary.memory["case_id"] == case_id]
    if len(used) and not missing(used["extra_bytes"].iloc[0]):
        peak, extra = used["peak_bytes"].iloc[0], used["extra_bytes"].iloc[0]
        more = f"{about_bytes(extra)} more than the plain loop" if extra > 0 else "no more than the plain loop"
        yield f"{use['name']} takes {about_bytes(peak)} of memory at its peak, {more}."


def _ways(summary: Summary) -> tuple[Way, ...]:
    peaks = summary.memory.drop_duplicates("case_id").set_index("case_id")["peak_bytes"]
    startups = summary.costs.set_index("case_id")["startup_s"]
    rows = {(row["case_id"], row["use"]): row for row in summary.speedups.to_dict("records") if row["n"]}
    found = [
        Way(
            name=str(row["name"]),
            one_shot=_interval(rows.get((case_id, "one_shot"))),
            resident=_interval(row),
            startup_s=float(startups.get(case_id, float("nan"))),
            peak_bytes=float(peaks.get(case_id, float("nan"))),
            blocks=int(row["n"]),
        )
        for (case_id, use), row in rows.items()
        if use == "resident"
    ]
    return tuple(sorted(found, key=lambda way: -way.resident[0]))


def _interval(row: Mapping[Any, Any] | None) -> tuple[float, float, float]:
    if row is None:
        return (float("nan"),) * 3
    return float(row["speedup"]), float(row["low"]), float(row["high"])


def _obstacles(summary: Summary, told: Mapping[str, Any]) -> tuple[Obstacle, ...]:
    """What wasn't measured, those of the same reason together."""
    by_reason: dict[str, list[str]] = {}
    for row in summary.not_measured.to_dict("records"):
        by_reason.setdefault(reasons.obstacle(row), []).append(str(row["name"]))
    if told["no_time_for"]:
        budget = duration(told["question"]["budget_s"])
        by_reason[f"no time for it within {budget}; a longer --budget has"] = list(told["no_time_for"])
    return tuple(Obstacle(tuple(names), reason) for reason, names in by_reason.items())


def _code(chosen: list[Row], told: Mapping[str, Any]) -> Iterator[Code]:
    call = Call.of(told["question"], told["told"])
    for row in chosen or [{"strategy": "serial", "workers": 1, "options": {}, "name": "a plain loop"}]:
        text = snippet(call, row["strategy"], row["workers"], row["options"])
        if text is not None:
            yield Code(str(row["name"]), text)
