"""The sections of the report: an opened bundle in, blocks out. The notebook only calls these and shows them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from pipeline.analysis.summary import Summary
from pipeline.analysis.winners import NOT_MEASURED
from reports import figures, findings, numbers, quality_tables, sentences, tables
from reports.cost_sections import costs, time_and_memory
from reports.document import Block, Figure, Item, Items, Paragraph, words
from reports.interpreters.names import short_names
from reports.opened import (
    RESIDENT,
    Report,
    by_interpreter,
    csv_of,
    fine,
    interpreter_heading,
    none,
    open_report,
    panel,
    show,
    title,
)

__all__ = ["Report", "answer", "costs", "open_report", "quality", "show", "speedups", "time_and_memory"]

SPEEDUP_COLUMNS = ["workload", "setting", "label", "strategy", "start_method", "workers", "speedup", "low", "high", "n"]
VARIATION_COLUMNS = ["workload", "setting", "label", "workers", "interpreter", "cv_between", "cv_within", "n"]


def answer(report: Report) -> list[Block]:
    """Page one: can the run be trusted, a sentence and a table row per kind of work, what was left out."""
    summary = report.summary
    blocks: list[Block] = [sentences.trust(summary.trust, summary.oracles), *_sentences(report)]
    if (summary.winners["outcome"] != NOT_MEASURED).any():
        facts = report.facts
        named = summary.winners.replace({"interpreter": short_names(report.interpreters, facts)})
        blocks.append(tables.decision(named, name="decision", several_interpreters=report.several))
    elif summary.winners.empty:
        blocks.append(none("The run holds no cases, so there is nothing to answer."))
    else:
        blocks.append(none("No kind of work has an answer: neither serial nor any other strategy finished twice."))
    missing = tables.left_out(summary.not_measured, name="left-out", interpreters=report.interpreters)
    blocks.append(missing or Paragraph(words("Every case of the grid was measured.")))
    return blocks


def _sentences(report: Report) -> Iterator[Block]:
    """The answers, those that several interpreters share only once."""
    shared: dict[Item, list[str]] = {}
    facts = report.facts
    for interpreter, rows in by_interpreter(report, report.summary.winners):
        if report.several and (facts.get(interpreter) or {}).get("error"):
            continue  # why it can't be used stands with what was not measured
        for item in sentences.answers(rows):
            shared.setdefault(item, []).append(interpreter)
    groups: dict[tuple[str, ...], list[Item]] = {}
    for item, names in shared.items():
        groups.setdefault(tuple(names), []).append(item)
    for together, items in groups.items():
        yield from interpreter_heading(report, *together)
        yield Items(tuple(items))


def speedups(report: Report) -> list[Block]:
    """Speed-up by workers for each kind of work, and every number behind it."""
    summary = report.summary
    peaks = dict(zip(summary.memory["case_id"], summary.memory["peak_bytes"], strict=True))
    varies = dict(zip(summary.stability["case_id"], summary.stability["cv_between"], strict=True))
    blocks: list[Block] = []
    for interpreter, rows in by_interpreter(report, summary.speedups):
        panels = []
        parallel = rows[(rows["strategy"] != "serial") & (rows["use"] == RESIDENT) & rows["speedup"].notna()]
        for key, group in parallel.groupby(["workload", "setting", "baseline_id"], sort=False, dropna=False):
            heading = title(key[0], key[1])
            drawn = figures.speedup_by_workers(group, title=heading, cpus=summary.effective_cpus)
            panels.append(panel(drawn, f"{heading}: {_fastest(group)}"))
        if not panels:
            continue
        blocks += interpreter_heading(report, interpreter)
        caption = findings.speedups(parallel) + words(
            "Speed-up of a resident pool over serial, by number of workers; bars are 95 % intervals, the dotted line "
            "is the ideal of one serial run's worth per worker, the dashed one marks the CPUs. Both axes are "
            "logarithmic. Markers stand a little aside so that intervals can be told apart. Where there is only one "
            "number of workers, each strategy has a row, and the dashed line is serial."
        )
        drawn_rows = csv_of(parallel, SPEEDUP_COLUMNS)
        blocks.append(Figure(report.anchor("speed-up", interpreter), caption, tuple(panels), drawn_rows))
        blocks.append(tables.speedups(rows, peaks, varies, name=report.anchor("speed-up-table", interpreter)))
    return blocks or [none("No case could be compared with serial, so there is no speed-up to show.")]


def quality(report: Report) -> list[Block]:
    """Noise, instability, mishaps, what stopped each case, checks of the results."""
    summary = report.summary
    blocks: list[Block] = [sentences.checks(summary.trust)]
    if len(summary.oracles):
        blocks.append(quality_tables.oracles(summary.oracles, name="oracles"))
    panels = [
        panel(
            figures.stability(summary.stability, value=value, title=heading),
            f"{heading}: spread of the steady phase per case, by strategy",
        )
        for value, heading in (("cv_between", "Between invocations"), ("cv_within", "Within an invocation"))
        if (summary.stability[value] > 0).any()
    ]
    if panels:
        caption = findings.most_varying(summary.stability, "cv_between") + words(
            "How much the steady phase varies (coefficient of variation), one dot per case. Drift of the machine "
            "counts between invocations; it cancels in the speed-ups, which are taken within blocks."
        )
        blocks.append(Figure("stability", caption, tuple(panels), csv_of(summary.stability, VARIATION_COLUMNS)))
    drift = _drift(summary)
    if drift is not None:
        blocks.append(drift)
    blocks.append(quality_tables.noise(summary.noise, name="noise"))
    if len(summary.controlled):
        plain = summary.speedups[summary.speedups["use"] == RESIDENT]
        blocks.append(Paragraph(sentences.second_estimate(summary.controlled)))
        blocks.append(quality_tables.second_estimates(plain, summary.controlled, name="second-estimates"))
    several = report.several
    unstable = summary.stability[summary.stability["unstable"]]
    blocks.append(
        quality_tables.unstable(unstable, name="unstable", several_interpreters=several)
        if len(unstable)
        else fine("No case is unstable.")
    )
    mishaps = quality_tables.mishaps(summary.statuses, name="mishaps", several_interpreters=several)
    blocks.append(mishaps or fine("Every invocation ended well."))
    if (summary.checksums["results"] != "same").any():
        blocks.append(quality_tables.checksums(summary.checksums, name="checksums", several_interpreters=several))
    elif len(summary.checksums):
        blocks.append(fine("Every strategy gave the same results as serial."))
    if len(summary.stops):
        blocks.append(quality_tables.stops(summary.stops, name="stops"))
    return blocks


def _drift(summary: Summary) -> Figure | None:
    serial = summary.times[summary.times["case_id"] == summary.times["baseline_id"]]
    if serial.empty or serial["block"].nunique() < 2:
        return None
    medians = serial.groupby("case_id")["steady_s"].transform("median")
    blocks = serial.assign(relative=serial["steady_s"] / medians).dropna(subset=["relative"])
    blocks = blocks[blocks["relative"] > 0]
    if blocks.empty:
        return None
    low, high = float(blocks["relative"].min()), float(blocks["relative"].max())
    alt = f"Time of each serial case by block: between {low:.2f} and {high:.2f} times its own median"
    caption = words(f"{alt}. The machine's drift shows here, and cancels in the speed-ups.")
    drawn = figures.drift(blocks, title="Did the machine change its speed? Serial, block by block")
    return Figure("drift", caption, (panel(drawn, alt),), csv_of(blocks, ["case_id", "block", "relative"]))


def _fastest(group: pd.DataFrame) -> str:
    row = group.sort_values("speedup").iloc[-1].to_dict()
    ends = numbers.interval(row["low"], row["high"])
    inside = f" (95 % interval {ends})" if ends else ""
    return f"highest speed-up over serial {numbers.ratio(row['speedup'])}, {row['name']}{inside}"
