"""Why the best way to run a function is the best, what limits that, and what stood in the way of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.catalogue import strategies
from pipeline.analysis.checksums import DIFFERENT
from pipeline.analysis.frames import missing
from pipeline.analysis.settings import about, about_bytes, factor
from pipeline.analysis.summary import Summary
from pipeline.plan.candidates import cpu_share

COMPUTES, WAITS = 0.9, 0.5
"""Shares of CPU time above and below which a task is called one that computes or waits."""
NO_GAIN = 1.15
"""A speed-up of threads below this is none to speak of."""
NOTICEABLE_BYTES = 16 << 10
"""What takes some time to pickle and send beside what a message takes without it."""
NOTICEABLE_SHARE = 0.5
"""Of a task's own time: handing it out costs so much that it may decide."""
SLOW_IMPORT_S = 0.5
RESIDENT = "resident"
RETURNED_WRONG = "results were returned that can't be right"
FEW_BLOCKS = "The budget held only {blocks} of {needed} blocks, so intervals are wide: --budget {budget}s holds them."
SETUP = "give --setup with a function that puts things back before each pass"


def why(summary: Summary, run: Mapping[str, Any]) -> Iterator[str]:
    """What the numbers say about the kind of work, each a sentence."""
    told = run["advice"]["told"]
    task_s = told["pass_s"] / told["trial_tasks"]
    share = cpu_share(told)
    kind = "it computes" if share > COMPUTES else "it mainly waits" if share < WAITS else "it computes and waits"
    yield f"One task takes {about(task_s)}, {share:.0%} of it on the CPU: {kind}."
    if share > COMPUTES and any(facts.get("gil_enabled") for facts in run["interpreters"].values()):
        yield from _threads(summary)
    yield from _dispatch(summary, task_s)
    moved = sum(told.get(name) or 0.0 for name in ("item_bytes", "result_bytes"))
    if moved > NOTICEABLE_BYTES:
        yield f"Processes have to be sent {about_bytes(moved)} with each task and its result."
    if told["import_s"] > SLOW_IMPORT_S:
        yield (
            f"Importing your modules takes {about(told['import_s'])}: workers started by spawn or forkserver "
            "pay that once more when they start, threads and forked ones don't."
        )


def cautions(summary: Summary, run: Mapping[str, Any]) -> Iterator[str]:
    """What limits the answer, each a sentence."""
    told = run["advice"]["told"]
    if not summary.trust.ok:
        yield f"Read with care: {'; '.join(summary.trust.reasons)}."
    yield from _too_few_blocks(summary, run)
    tasks = next((case["parameters"].get("tasks") for case in run["cases"] if not case.get("oracle")), None)
    if tasks is not None and tasks < told["items"]:
        yield f"Only the first {tasks} of {told['items']} items were measured, or the budget would not have sufficed."
    if told.get("repeat_error"):
        yield f"A second pass over the same items fails ({told['repeat_error']}): {SETUP}."
    elif told.get("results_vary"):
        yield (
            "A second pass over the same items gives other results than the first: where that is not by chance or "
            f"by the clock, a pass changes what the next one finds, so {SETUP}."
        )
    differing = summary.checksums[summary.checksums["results"] == DIFFERENT]
    for names in differing["differing"]:
        yield f"Other results than those of the plain loop: {', '.join(names)}."


def obstacle(row: Mapping[Any, Any]) -> str:
    """Why a case wasn't measured: a row of `not_measured`, with the command that installs what is missing."""
    reason = "no reason is known" if missing(row["reason"]) else str(row["reason"])
    kind = str(row["kind"])
    if kind != "unsupported":
        return f"{kind}: {reason}"
    strategy = strategies().get(str(row["strategy"]))
    libraries = strategy.libraries({}) if strategy is not None else ()
    wanted = [name for name in libraries if name in reason]
    return f"{reason}: python -m pip install {' '.join(wanted)}" if wanted and " install " not in reason else reason


def _threads(summary: Summary) -> Iterator[str]:
    """That threads didn't help, where they didn't."""
    rows = _resident(summary)
    useless = rows["speedup"].between(1 - NOTICEABLE_SHARE, NO_GAIN) & (rows["high"] < NO_GAIN)
    threads = rows[(rows["strategy"] == "threads") & (rows["workers"] > 1) & useless]
    if len(threads):
        best = max(threads.to_dict("records"), key=lambda row: row["speedup"])
        yield (
            f"Threads don't help ({best['name']}: {factor(best['speedup'])} times as fast): "
            "the GIL lets only one of them run Python code at a time."
        )


def _dispatch(summary: Summary, task_s: float) -> Iterator[str]:
    """What handing out a task costs, for the strategies where that is a good part of the task itself."""
    rows = _resident(summary)
    slower = rows[(rows["speedup"] < 1 - NOTICEABLE_SHARE) & (rows["strategy"] != "serial")]
    if len(slower) and task_s > 0:
        row = max(slower.to_dict("records"), key=lambda each: each["speedup"])
        each_s = task_s * (1 / row["speedup"] - 1)
        yield (
            f"Handing out one task costs at least {about(each_s)} with {row['name']}, "
            f"{float(f'{each_s / task_s:.2g}'):g} times what it takes by itself: "
            "tasks so small only pay when many are put together."
        )


def _too_few_blocks(summary: Summary, run: Mapping[str, Any]) -> Iterator[str]:
    measure = run["config"]["measure"]
    needed = measure["blocks"]["min"] if measure.get("until") == "decided" else 0
    rows = _resident(summary)
    parallel = rows[rows["strategy"] != "serial"]
    blocks = int(parallel["n"].max()) if len(parallel) else needed
    if blocks < needed:
        budget = round(measure["budget"] * (needed + 1) / max(1, blocks))
        yield FEW_BLOCKS.format(blocks=blocks, needed=needed, budget=budget)


def _resident(summary: Summary) -> pd.DataFrame:
    rows = summary.speedups
    return rows[(rows["use"] == RESIDENT) & (rows["n"] > 0)]
