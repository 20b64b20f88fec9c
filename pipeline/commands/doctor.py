"""`whichpool doctor`: what is wrong with this machine for measuring, and the commands that mend it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.commands.tables import table
from pipeline.machine.checks.registry import Diagnosis, Finding, Scene, diagnose

STYLES = {"warning": "bold red", "advice": "yellow"}
SEVERITY_WIDTH = len("warning")


@dataclass(frozen=True)
class Examined:
    """This machine as it was seen, and what that means."""

    scene: Scene
    diagnosis: Diagnosis


def examine() -> Examined:
    """Looks at this machine for about three seconds. Changes nothing."""
    scene = Scene.here()
    return Examined(scene, diagnose(scene))


def show_diagnosis(diagnosis: Diagnosis, console: Console) -> None:
    """A row for each warning and each advice, its commands below it; one line for all that is good, one for the rest.

    The commands are never folded: they are there to be copied.
    """
    findings = [finding for finding in diagnosis.findings if finding.severity != "good"]
    width = max((len(finding.name) for finding in findings), default=0)
    for finding in findings:
        console.print(_row(finding, width))
        for style, words, command in (("cyan", "$", finding.fix), ("dim", "undo:", finding.undo)):
            if command:
                console.print(f"{' ' * SEVERITY_WIDTH}  [{style}]{words} {escape(command)}[/]", soft_wrap=True)
    if not findings:
        console.print("Nothing to mend.")
    good = [finding.name for finding in diagnosis.findings if finding.severity == "good"]
    for words, names in (("[green]good:[/]", good), ("not told by this machine:", diagnosis.not_told)):
        if names:
            console.print(f"{words} {escape(', '.join(names))}")


def diagnosis_as_json(examined: Examined) -> str:
    """All findings, the good ones with their words too, what isn't told, and how steady the CPUs were."""
    speed = None if examined.scene.speed is None else asdict(examined.scene.speed)
    findings = [asdict(finding) for finding in examined.diagnosis.findings]
    return json.dumps({"findings": findings, "not_told": examined.diagnosis.not_told, "speed": speed}, indent=2)


def _row(finding: Finding, width: int) -> Table:
    row = table("severity", "name", "words")
    row.show_header = False
    row.columns[0].width, row.columns[1].width = SEVERITY_WIDTH, width
    row.add_row(
        f"[{STYLES[finding.severity]}]{finding.severity}[/]",
        escape(finding.name),
        f"[bold]{escape(finding.what[:1].upper() + finding.what[1:])}.[/] {escape(finding.why)}",
    )
    return row
