"""`python -m benchmarks.floor BUNDLE PDF`: a report without kernel, notebook and HTML.

The same analysis and the same figures, drawn in this very process, and the PDF engine: what any way of rendering has
to pay.
"""

from __future__ import annotations

import sys
from pathlib import Path

from reports import reproduction, sections
from reports.claims.section import claims
from reports.interpreters.section import interpreters
from reports.models.section import borders, scaling
from reports.typeset import typeset


def draw(bundle: str) -> bytes:
    """The PDF of a bundle."""
    report = sections.open_report(bundle)
    blocks = [
        reproduction.title(report),
        *sections.answer(report),
        *sections.speedups(report),
        *sections.costs(report),
        *sections.time_and_memory(report),
        *borders(report),
        *scaling(report),
        *claims(report),
        *interpreters(report),
        *sections.quality(report),
        *reproduction.how_to_repeat(report),
    ]
    return typeset([block.to_json() for block in blocks], version="floor")


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(draw(sys.argv[1]))
