"""Writes `docs/peers.md`."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence

from benchmarks.peers.section import Section
from pipeline.machine.hardware import cpu_model

CAVEATS = (
    "This is one machine. Run `make peers` on yours; ratios between tools carry over better than seconds.",
    "No tool was allowed to change the machine (no `pyperf system tune`, ReBench with `-D`); all would gain from it.",
    "The tools serve different ends. What is compared is only what whichpool is for: work of several processes.",
    "Kernels, jobs and page come from whichpool's authors. Options are named so that an unfair one can be found.",
)


def page(sections: Sequence[Section], versions: Mapping[str, str], command: str, minutes: float) -> str:
    """The whole document."""
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    summary = "\n".join(f"* {sentence}" for section in sections for sentence in section.summary)
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    head = (
        "# whichpool beside other tools\n\n"
        "<!-- written by benchmarks/peers; changes by hand are lost -->\n\n"
        f"{listed}: the same work, on the same machine, in one run that took {minutes:.0f} minutes.\n\n{summary}\n\n"
        f"Machine: {cpu_model()}, {cpus} CPUs, {platform.system()} {platform.release()}, Python "
        f"{platform.python_version()}. Command: `{command}` (`make peers`).\n"
    )
    caveats = "## Caveats\n\n" + "\n".join(f"* {caveat}" for caveat in CAVEATS)
    return "\n".join([head, "\n\n".join([*(section.markdown() for section in sections), caveats]), ""])
