"""The sections about what a pool costs besides the work: start-up, shutdown, dispatch, payload, memory."""

from __future__ import annotations

from pipeline.analysis.memory import worker_memory_slopes
from reports import figures, findings, numbers, payload, sentences, tables
from reports import pools as pool_frames
from reports.document import Block, Figure, Paragraph, Words, clean, plain, words
from reports.opened import Report, by_interpreter, csv_of, interpreter_heading, none, panel, title

MEMORY_COLUMNS = ["workload", "setting", "name", "strategy", "time_s", "peak_bytes", "front"]


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
    for interpreter, rows in by_interpreter(report, summary.costs):
        used, grows = (frame[frame["interpreter"] == interpreter] for frame in (summary.memory, slopes))
        pools = pool_frames.pools(rows, used, grows)
        panels, lead = [], list[Words]()
        for value, heading, scale, sentence in kinds:
            if not (pools[value] > 0).any():
                continue
            said = sentence(pools) if sentence else ()
            lead += [said] if said else []
            drawn = figures.cost_by_workers(pools, title=heading, value=value, scale=scale, cpus=summary.effective_cpus)
            panels.append(panel(drawn, f"{heading} by number of workers. {findings.extremes(pools, value, scale)}"))
        if not panels:
            continue
        blocks += interpreter_heading(report, interpreter)
        blocks += [Paragraph(said) for said in lead]
        ready = (
            f"Until ready: {findings.extremes(pools, 'startup_s', figures.SECONDS)}. "
            if (pools["startup_s"] > 0).any()
            else ""
        )
        caption = words(
            plain(ready),
            " " if ready else "",
            "What a pool costs besides the work, by number of workers: the median over the kinds of work, bars from "
            "the lowest to the highest. The vertical axes are logarithmic.",
        )
        data = csv_of(pools, [str(name) for name in pools.columns])
        blocks.append(Figure(report.anchor("costs", interpreter), caption, tuple(panels), data))
        carried = payload.figure(report, interpreter)
        blocks += [carried] if carried else []
        blocks.append(tables.pools(pools, name=report.anchor("costs-table", interpreter)))
    if not blocks:
        blocks.append(none("No pool was started successfully, so there are no costs to show."))
    if summary.memory.empty:
        blocks.append(none("Memory was not measured in this run."))
    return blocks


def time_and_memory(report: Report) -> list[Block]:
    """Time against memory for each kind of work."""
    summary = report.summary
    blocks: list[Block] = []
    for interpreter, rows in by_interpreter(report, summary.speedups):
        points = pool_frames.time_and_memory(rows, summary.memory)
        panels = []
        for key, group in points.groupby(["workload", "setting", "baseline_id"], sort=False, dropna=False):
            heading = title(key[0], key[1])
            names = numbers.listing([clean(name, 60) for name in group.loc[group["front"], "name"]])
            alt = f"{heading}: time of one batch against peak memory. On the front: {names}"
            panels.append(panel(figures.time_against_memory(group, title=heading), alt))
        if panels:
            caption = findings.front(points) + words(
                "Peak memory of all processes (upwards) against the time of one batch, start-up and shutdown included. "
                "Named cases are on the front: nothing else is faster without more memory. Faint ones are beaten."
            )
            blocks += interpreter_heading(report, interpreter)
            blocks.append(
                Figure(report.anchor("memory", interpreter), caption, tuple(panels), csv_of(points, MEMORY_COLUMNS))
            )
    return blocks or [none("Memory was not measured in this run, so it can't be set against time.")]
