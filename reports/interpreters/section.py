"""The section itself: an opened report in, blocks out; nothing where a run has one interpreter only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.analysis.interpreters.side_by_side import SideBySide, side_by_side
from reports import drawing, numbers
from reports.document import Block, Figure, Heading, Item, Items, Panel, Paragraph, clean, plain, words
from reports.interpreters import figures, sentences, tables
from reports.interpreters.names import short_names
from reports.opened import Report, csv_of

TITLE = "Interpreters side by side"
LEAD = (
    "The same work, given in the same size to every interpreter. What one thread pays for running without the global "
    "interpreter lock (GIL), what threads gain from it, and what an interpreter costs in start-up and memory."
)
CAPTION = (
    "Speed-up of threads over serial under the same interpreter, by number of workers; bars are 95 % intervals, the "
    "dotted line is the ideal, the dashed one marks the CPUs. Every line is threads; the marker tells the interpreter. "
    "Where there is only one number of workers, each interpreter has a row, and the dashed line is serial."
)
DATA = ["interpreter", "workload", "setting", "workers", "speedup", "low", "high"]


def interpreters(report: Report) -> list[Block]:
    """The section, with its heading; empty if the run has one interpreter only."""
    if not report.several:
        return []
    found = side_by_side(report.bundle, report.summary)
    names = short_names(report.interpreters, found.facts)
    blocks: list[Block] = [Heading(words(TITLE), level=2), Paragraph(words(LEAD))]
    missing = sentences.unusable(found.unusable, [name for name in report.interpreters if name in found.unusable])
    if len(found.measured) < 2:
        blocks.append(
            Paragraph(words("Fewer than two interpreters have results, so there is nothing to compare."), "note")
        )
        return [*blocks, *([Paragraph(missing, "note")] if missing else [])]
    if found.invalid:
        blocks.append(Paragraph(words("No verdicts: ", plain(found.invalid), "."), "warning"))
    else:
        blocks.append(Items(tuple(_items(found, names))))
    flagged = sentences.switched_on(found.switched_on, names)
    blocks += [Paragraph(flagged, "warning")] if flagged else []
    blocks += [Paragraph(missing, "note")] if missing else []
    panels = tuple(_panels(found, names, report.summary.effective_cpus))
    data = csv_of(found.scaling, DATA)
    blocks += [Figure("interpreters-threads", words(CAPTION), panels, data)] if panels else []
    blocks.append(tables.overview(found, names, name="interpreters"))
    blocks.append(tables.one_thread(found, names, name="interpreters-one-thread"))
    if len(found.scaling):
        blocks.append(tables.threads(found, names, name="interpreters-threads-table"))
    if (found.start_up["what"] == "pool").any():
        blocks.append(tables.pools(found, names, name="interpreters-pools"))
    return blocks


def _items(found: SideBySide, names: Mapping[str, str]) -> Iterator[Item]:
    yield from sentences.one_thread(found.single_thread, names, found.facts)
    yield from sentences.threads(found.flips, found.scaling, names)
    reference = str(found.reference)
    for told in (
        sentences.start_up(found.start_up, names, reference),
        sentences.memory(found.memory, names, reference),
    ):
        if told:
            yield Item(told)


def _panels(found: SideBySide, names: Mapping[str, str], cpus: int | None) -> Iterator[Panel]:
    labelled = found.scaling.assign(label=[names[name] for name in found.scaling["interpreter"]])
    order = [names[name] for name in found.measured]
    for key, group in labelled.groupby(["workload", "setting"], sort=False, dropna=False):
        if group["speedup"].isna().all():
            continue
        parts = (clean(part, 60) for part in key if not numbers.missing(part) and str(part))
        title = " · ".join(parts)
        best = group.dropna(subset=["speedup"]).sort_values("speedup").drop_duplicates("label", keep="last")
        told = "; ".join(
            f"{numbers.ratio(row['speedup'])} under {clean(row['label'], 60)}" for row in best.to_dict("records")
        )
        drawn = figures.speedup_by_interpreter(group, title=title, cpus=cpus, order=order)
        yield Panel(drawing.to_svg(drawn), clean(f"{title}: highest speed-up of threads over serial {told}", 500))
