"""The sections of the report: an opened bundle in, blocks out. The notebook only calls these and shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline import store
from pipeline.analysis.memory import worker_memory_slopes
from pipeline.analysis.summary import Summary, summarise
from pipeline.analysis.winners import NOT_MEASURED
from reports import drawing, figures, numbers, quality_tables, sentences, tables
from reports import pools as pool_frames
from reports.document import Block, Figure, Heading, Item, Items, Panel, Paragraph, Words, clean, words
from reports.interpreters.names import short_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

RESIDENT = "resident"


@dataclass(frozen=True)
class Report:
    """A bundle and what the analysis made of it."""

    bundle: Any
    """As `pipeline.store.load` returned it."""
    summary: Summary

    @property
    def interpreters(self) -> list[str]:
        """Their names, in the order of the cases."""
        return [str(name) for name in self.summary.cases["interpreter"].dropna().unique()]

    @property
    def several(self) -> bool:
        """Whether there is more than one interpreter."""
        return len(self.interpreters) > 1

    def anchor(self, name: str, interpreter: str) -> str:
        """A block's name, unique over interpreters."""
        return name if not self.several else f"{name}-{self.interpreters.index(interpreter) + 1}"


def open_report(bundle: str) -> Report:
    """Loads and analyses a bundle.

    Raises:
        StoreError: if it can't be read.
    """
    loaded = store.load(bundle)
    drawing.prepare()
    return Report(loaded, summarise(loaded))


def show(*blocks: Block) -> None:
    """Displays blocks in a notebook."""
    from IPython.display import display

    for block in blocks:
        display(block)  # type: ignore[no-untyped-call]


def answer(report: Report) -> list[Block]:
    """Page one: can the run be trusted, a sentence and a table row per kind of work, what was left out."""
    summary = report.summary
    blocks: list[Block] = [sentences.trust(summary.trust, summary.oracles), *_sentences(report)]
    if (summary.winners["outcome"] != NOT_MEASURED).any():
        facts = report.bundle.run.get("interpreters") or {}
        named = summary.winners.replace({"interpreter": short_names(report.interpreters, facts)})
        blocks.append(tables.decision(named, name="decision", several_interpreters=report.several))
    elif summary.winners.empty:
        blocks.append(_none("The run holds no cases, so there is nothing to answer."))
    else:
        blocks.append(_none("No kind of work has an answer: neither serial nor any other strategy finished twice."))
    missing = tables.left_out(summary.not_measured, name="left-out", interpreters=report.interpreters)
    blocks.append(missing or Paragraph(words("Every case of the grid was measured.")))
    return blocks


def _sentences(report: Report) -> Iterator[Block]:
    """The answers, those that several interpreters share only once."""
    shared: dict[Item, list[str]] = {}
    facts = report.bundle.run.get("interpreters") or {}
    for interpreter, rows in _by_interpreter(report, report.summary.winners):
        if report.several and (facts.get(interpreter) or {}).get("error"):
            continue  # why it can't be used stands with what was not measured
        for item in sentences.answers(rows):
            shared.setdefault(item, []).append(interpreter)
    groups: dict[tuple[str, ...], list[Item]] = {}
    for item, names in shared.items():
        groups.setdefault(tuple(names), []).append(item)
    for together, items in groups.items():
        yield from _interpreter_heading(report, *together)
        yield Items(tuple(items))


def speedups(report: Report) -> list[Block]:
    """Speed-up by workers for each kind of work, and every number behind it."""
    summary = report.summary
    peaks = dict(zip(summary.memory["case_id"], summary.memory["peak_bytes"], strict=True))
    varies = dict(zip(summary.stability["case_id"], summary.stability["cv_between"], strict=True))
    blocks: list[Block] = []
    for interpreter, rows in _by_interpreter(report, summary.speedups):
        panels = []
        parallel = rows[(rows["strategy"] != "serial") & (rows["use"] == RESIDENT) & rows["speedup"].notna()]
        for key, group in parallel.groupby(["workload", "setting", "baseline_id"], sort=False, dropna=False):
            title = _title(key[0], key[1])
            drawn = figures.speedup_by_workers(group, title=title, cpus=summary.effective_cpus)
            panels.append(_panel(drawn, f"{title}: {_fastest(group)}"))
        if not panels:
            continue
        blocks += _interpreter_heading(report, interpreter)
        caption = words(
            "Speed-up of a resident pool over serial, by number of workers; bars are 95 % intervals, the dotted line "
            "is the ideal of one serial run's worth per worker, the dashed one marks the CPUs. Both axes are "
            "logarithmic. Markers stand a little aside so that intervals can be told apart. Where there is only one "
            "number of workers, each strategy has a row, and the dashed line is serial."
        )
        blocks.append(Figure(report.anchor("speed-up", interpreter), caption, tuple(panels)))
        blocks.append(tables.speedups(rows, peaks, varies, name=report.anchor("speed-up-table", interpreter)))
    return blocks or [_none("No case could be compared with serial, so there is no speed-up to show.")]


def costs(report: Report) -> list[Block]:
    """Start-up, shutdown, dispatch and memory per worker."""
    summary = report.summary
    kinds = (
        ("startup_s", "Start-up", figures.SECONDS, sentences.startup),
        ("shutdown_s", "Shutdown", figures.SECONDS, None),
        ("dispatch_s", "Per empty task", figures.SECONDS, None),
        ("pool_bytes", "Memory of the ready pool", figures.BYTES, sentences.worker_memory),
    )
    slopes = worker_memory_slopes(summary.cases, report.bundle.invocations, report.bundle.measurements)
    blocks: list[Block] = []
    for interpreter, rows in _by_interpreter(report, summary.costs):
        used, grows = (frame[frame["interpreter"] == interpreter] for frame in (summary.memory, slopes))
        pools = pool_frames.pools(rows, used, grows)
        panels, lead = [], list[Words]()
        for value, title, scale, sentence in kinds:
            if not (pools[value] > 0).any():
                continue
            said = sentence(pools) if sentence else ()
            lead += [said] if said else []
            drawn = figures.cost_by_workers(pools, title=title, value=value, scale=scale, cpus=summary.effective_cpus)
            panels.append(_panel(drawn, f"{title} by number of workers. {_extremes(pools, value, scale)}"))
        if not panels:
            continue
        blocks += _interpreter_heading(report, interpreter)
        blocks += [Paragraph(said) for said in lead]
        caption = words(
            "What a pool costs besides the work, by number of workers: the median over the kinds of work, bars from "
            "the lowest to the highest. The vertical axes are logarithmic."
        )
        blocks.append(Figure(report.anchor("costs", interpreter), caption, tuple(panels)))
        blocks.append(tables.pools(pools, name=report.anchor("costs-table", interpreter)))
    if not blocks:
        blocks.append(_none("No pool was started successfully, so there are no costs to show."))
    if summary.memory.empty:
        blocks.append(_none("Memory was not measured in this run."))
    return blocks


def time_and_memory(report: Report) -> list[Block]:
    """Time against memory for each kind of work."""
    summary = report.summary
    blocks: list[Block] = []
    for interpreter, rows in _by_interpreter(report, summary.speedups):
        points = pool_frames.time_and_memory(rows, summary.memory)
        panels = []
        for key, group in points.groupby(["workload", "setting", "baseline_id"], sort=False, dropna=False):
            title = _title(key[0], key[1])
            names = numbers.listing([clean(name, 60) for name in group.loc[group["front"], "name"]])
            alt = f"{title}: time of one batch against peak memory. On the front: {names}"
            panels.append(_panel(figures.time_against_memory(group, title=title), alt))
        if panels:
            caption = words(
                "Peak memory of all processes (upwards) against the time of one batch, start-up and shutdown included. "
                "Named cases are on the front: nothing else is faster without more memory. Faint ones are beaten."
            )
            blocks += _interpreter_heading(report, interpreter)
            blocks.append(Figure(report.anchor("memory", interpreter), caption, tuple(panels)))
    return blocks or [_none("Memory was not measured in this run, so it can't be set against time.")]


def quality(report: Report) -> list[Block]:
    """Noise, instability, mishaps, what stopped each case, checks of the results."""
    summary = report.summary
    blocks: list[Block] = [sentences.checks(summary.trust)]
    if len(summary.oracles):
        blocks.append(quality_tables.oracles(summary.oracles, name="oracles"))
    panels = [
        _panel(
            figures.stability(summary.stability, value=value, title=title),
            f"{title}: spread of the steady phase per case, by strategy",
        )
        for value, title in (("cv_between", "Between invocations"), ("cv_within", "Within an invocation"))
        if (summary.stability[value] > 0).any()
    ]
    if panels:
        caption = words(
            "How much the steady phase varies (coefficient of variation), one dot per case. Drift of the machine "
            "counts between invocations; it cancels in the speed-ups, which are taken within blocks."
        )
        blocks.append(Figure("stability", caption, tuple(panels)))
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
        else _fine("No case is unstable.")
    )
    mishaps = quality_tables.mishaps(summary.statuses, name="mishaps", several_interpreters=several)
    blocks.append(mishaps or _fine("Every invocation ended well."))
    if (summary.checksums["results"] != "same").any():
        blocks.append(quality_tables.checksums(summary.checksums, name="checksums", several_interpreters=several))
    elif len(summary.checksums):
        blocks.append(_fine("Every strategy gave the same results as serial."))
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
    caption = words("Did the machine change its speed? Time of each serial case in each block, over its own median.")
    return Figure("drift", caption, (_panel(figures.drift(blocks, title="Serial, block by block"), alt),))


def _by_interpreter(report: Report, frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for name in report.interpreters:
        yield name, frame[frame["interpreter"] == name]


def _interpreter_heading(report: Report, *names: str) -> list[Block]:
    if not report.several:
        return []
    shown = [sentences.interpreter(name, (report.bundle.run.get("interpreters") or {}).get(name)) for name in names]
    return [Heading((*words("Under "), *sentences.joined(shown)))]


def _title(workload: object, setting: object) -> str:
    return " · ".join(clean(part, 60) for part in (workload, setting) if not numbers.missing(part) and str(part))


def _panel(drawn: Drawing, alt: str) -> Panel:
    return Panel(drawing.to_svg(drawn), clean(alt, 500))


def _fastest(group: pd.DataFrame) -> str:
    row = group.sort_values("speedup").iloc[-1].to_dict()
    ends = numbers.interval(row["low"], row["high"])
    inside = f" (95 % interval {ends})" if ends else ""
    return f"highest speed-up over serial {numbers.ratio(row['speedup'])}, {row['name']}{inside}"


def _extremes(pools: pd.DataFrame, value: str, scale: drawing.Scale) -> str:
    known = pools.dropna(subset=[value]).sort_values(value)
    return "; ".join(
        f"{word} {scale.write(row[value])}, {row['label']} with {numbers.count(int(row['workers']), 'worker')}"
        for word, row in (("lowest", known.iloc[0]), ("highest", known.iloc[-1]))
    )


def _none(text: str) -> Paragraph:
    return Paragraph(words(text), tone="note")


def _fine(text: str) -> Paragraph:
    return Paragraph(words(text))
