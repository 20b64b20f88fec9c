"""A bundle opened for reading, and the small pieces that all sections are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline import store
from pipeline.analysis.claims.catalogue import CLAIMS, Claim
from pipeline.analysis.claims.judge import Claims, claims_of
from pipeline.analysis.models.all_models import Models, models_of
from pipeline.analysis.summary import Summary, summarise
from reports import drawing, numbers, sentences
from reports.document import Block, Heading, Panel, Paragraph, clean, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

RESIDENT = "resident"
UNSAFE_STARTS = ("=", "+", "-", "@")
"""What makes a spreadsheet take a text for a formula."""


@dataclass(frozen=True)
class Report:
    """A bundle and what the analysis made of it."""

    bundle: Any
    """As `pipeline.store.load` returned it."""
    summary: Summary
    models: Models | None = None
    """Models of scaling, break-even points and borders; None: not asked for."""
    claims: Claims | None = None
    """Verdicts and evidence; None: not asked for."""
    catalogue: tuple[Claim, ...] = CLAIMS
    """The claims that the verdicts are about: each with `number`, `text`, `often_said` and `workloads`."""

    @property
    def interpreters(self) -> list[str]:
        """Their names, in the order of the cases."""
        return [str(name) for name in self.summary.cases["interpreter"].dropna().unique()]

    @property
    def facts(self) -> dict[str, Any]:
        """What each interpreter says of itself."""
        return dict(self.bundle.run.get("interpreters") or {})

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
    summary = summarise(loaded)
    return Report(loaded, summary, models_of(loaded, summary), claims_of(loaded, summary))


def show(*blocks: Block) -> None:
    """Displays blocks in a notebook."""
    from IPython.display import display

    for block in blocks:
        display(block)  # type: ignore[no-untyped-call]


def by_interpreter(report: Report, frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of each interpreter, in the order of the cases."""
    for name in report.interpreters:
        yield name, frame[frame["interpreter"] == name]


def interpreter_heading(report: Report, *names: str) -> list[Block]:
    """A heading that names interpreters; none where the run has only one."""
    if not report.several:
        return []
    shown = [sentences.interpreter(name, report.facts.get(name)) for name in names]
    return [Heading((*words("Under "), *sentences.joined(shown)))]


def title(workload: object, setting: object) -> str:
    """A kind of work as the heading of a panel."""
    return " · ".join(clean(part, 60) for part in (workload, setting) if not numbers.missing(part) and str(part))


def panel(drawn: Drawing, alt: str) -> Panel:
    """A drawing with the words for those who can't see it."""
    return Panel(drawing.to_svg(drawn), clean(alt, 500))


def none(text: str) -> Paragraph:
    """What the run doesn't hold."""
    return Paragraph(words(text), tone="note")


def fine(text: str) -> Paragraph:
    """That nothing is wrong."""
    return Paragraph(words(text))


def csv_of(frame: pd.DataFrame, columns: list[str]) -> str:
    """What a figure draws, as CSV text: numbers as they are, text from a bundle made harmless for a spreadsheet."""
    chosen = frame[[column for column in columns if column in frame]].copy()
    for name in chosen:
        if not _numeric(chosen[name]):
            chosen[name] = [_safe(value) for value in chosen[name]]
    return str(chosen.to_csv(index=False, lineterminator="\n"))


def _numeric(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def _safe(value: object) -> str:
    text = "" if numbers.missing(value) else clean(value)
    return f"'{text}" if text.startswith(UNSAFE_STARTS) else text
