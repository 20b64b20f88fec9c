"""`whichpool run`: puts machine, plan, spawner, journal and bundle together."""

from __future__ import annotations

import json
import random
import shlex
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from pipeline.commands.plan import plan_for, prediction_in_words, with_measure
from pipeline.errors import UserError
from pipeline.machine.cpus import effective_cpus
from pipeline.machine.facts import differences, fingerprint, machine_facts
from pipeline.plan.plan import Plan
from pipeline.run.client import Spawner
from pipeline.run.functions import check_user_functions
from pipeline.run.journal import FILE_NAME as JOURNAL_FILE
from pipeline.run.journal import Journal
from pipeline.run.progress import RunProgress, span
from pipeline.run.session import Outcome, Session
from pipeline.store.record import describe_end, describe_run, plan_again
from pipeline.store.run_file import RUN_FILE, read_run, write_run

RESULTS = Path("results")
LARGEST_SEED = 2**31
MOST_FAILURES_SHOWN = 12
ROOM_NEEDED_BYTES = 1 << 16
"""A disk with less room than that can't hold even the shortest run."""


@dataclass(frozen=True)
class Finished:
    """A run that has ended, for good or for now."""

    folder: Path
    """The bundle."""
    run: dict[str, Any]
    """The content of `run.json`."""
    outcome: Outcome


def start_run(
    path: Path,
    console: Console,
    *,
    out: Path | None,
    seed: int | None,
    budget_s: float | None,
    until: str | None,
    command: list[str],
    interpreters: Sequence[str] = (),
) -> Finished:
    """Measures a configuration from the beginning; `interpreters`, if any, take the place of its own."""
    measure = {"budget_s": budget_s, "until": until}
    chosen = new_seed() if seed is None else seed
    plan = plan_for(path, seed=chosen, measure=measure, interpreters=interpreters)
    if all(case.unsupported for case in plan.grid):
        reasons = sorted({case.unsupported for case in plan.grid if case.unsupported})
        raise UserError(f"{path}: nothing can be measured on this machine: {'; '.join(reasons)}")
    run_id, folder = name_run(plan.config.name, out)
    console.print(escape(prediction_in_words(plan)))
    with Spawner() as spawner, RunProgress(console) as progress:
        progress.doing("checking")
        plan = check_user_functions(plan, spawner)
        run = describe_run(plan, run_id=run_id, machine=this_machine(), command=["whichpool", *command])
        return begin(plan, folder, run, spawner, progress)


def new_seed() -> int:
    """Of a random order."""
    return random.randrange(LARGEST_SEED)  # noqa: S311 - an order, not a secret


def name_run(name: str, out: Path | None) -> tuple[str, Path]:
    """The identity of a run that starts now, and its folder.

    Raises:
        UserError: there is a run in the folder, or it can't be written.
    """
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}"
    folder = out or RESULTS / run_id
    _refuse_existing_run(folder)
    return run_id, folder


def begin(plan: Plan, folder: Path, run: dict[str, Any], spawner: Spawner, progress: RunProgress) -> Finished:
    """Carries out a plan whose functions have been checked, from its first invocation."""
    _make_folder(folder)
    _refuse_existing_run(folder)
    return _carry_out(plan, folder, run, spawner, progress)


def resume_run(folder: Path, console: Console, *, budget_s: float | None) -> Finished:
    """Continues a run where its journal ends.

    Raises:
        UserError: the folder holds no run, or one of another machine.
    """
    run = read_run(folder)
    machine = this_machine()
    changed = differences(run["machine"]["facts"], machine["facts"])
    if changed:
        name, (before, here) = next(iter(changed.items()))
        raise UserError(
            f"{folder}: this run was started on another machine ({name}: {before}, here {here}): start a new one"
        )
    plan = plan_again(run)
    plan = replace(plan, config=with_measure(plan.config, {"budget_s": budget_s}))
    run = {**run, "config": plan.config.resolved()}
    with Spawner() as spawner, RunProgress(console) as progress:
        return _carry_out(plan, folder, {**run, "status": "running"}, spawner, progress)


def _carry_out(plan: Plan, folder: Path, run: dict[str, Any], spawner: Spawner, progress: RunProgress) -> Finished:
    with Journal.open(folder) as journal:
        write_run(folder, run)
        outcome = Session(plan, spawner, journal, progress).execute()
        progress.doing("writing the tables")
        # pandas takes longer to import than a plan takes to make, and nothing before needs it.
        from pipeline.store.bundle import write_tables

        bundle = write_tables(folder, describe_end(run, outcome, journal.entries))
    return Finished(folder, bundle.run, outcome)


def this_machine() -> Mapping[str, Any]:
    """What `run.json` says about the machine."""
    facts = machine_facts()
    return {"facts": facts, "fingerprint": fingerprint(facts), "effective_cpus": effective_cpus()}


def _refuse_existing_run(folder: Path) -> None:
    try:
        is_there = (folder / RUN_FILE).exists() or (folder / JOURNAL_FILE).exists()
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror}; name another folder with --out") from None
    if is_there:
        raise UserError(f"{folder}: holds a run already: name another folder, or continue it with --resume {folder}")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM_NEEDED_BYTES))
            file.flush()
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror}; name another folder with --out") from None


def show_outcome(finished: Finished, console: Console, *, command: str = "run") -> None:
    """How a run ended: how much was measured, what failed, what wasn't possible, how to go on."""
    run, outcome = finished.run, finished.outcome
    grid = [case for case in run["cases"] if not case.get("oracle")]
    measured = [case for case in grid if not case["unsupported"]]
    counts = [outcome.timing_invocations[case["case_id"]] for case in measured]
    blocks = span(min(counts, default=0), max(counts, default=0))
    console.print(f"{len(measured)} cases, {sum(counts)} timing invocations ({blocks} per case)")
    reasons = Counter(outcome.stopped_by[case["case_id"]] for case in measured).most_common()
    console.print("stopped by: " + ", ".join(f"{reason} ({count})" for reason, count in reasons))
    if outcome.disturbed:
        console.print(f"{outcome.disturbed} invocations were disturbed by others; {outcome.repeated} were repeated")
    for found in outcome.gil_switched_on:
        console.print(f"[yellow]{escape(str(found))}[/]")
    unsupported = [case for case in grid if case["unsupported"]]
    if unsupported:
        console.print(f"{len(unsupported)} cases are not possible here (`whichpool plan` says why)")
    for label, error in list(outcome.failures.items())[:MOST_FAILURES_SHOWN]:
        console.print(f"[red]failed[/] {escape(label)}: {escape(error)}")
    if len(outcome.failures) > MOST_FAILURES_SHOWN:
        console.print(f"[red]failed[/] and {len(outcome.failures) - MOST_FAILURES_SHOWN} more")
    if outcome.interrupted:
        folder = escape(shlex.quote(str(finished.folder)))
        console.print(f"interrupted; go on with: whichpool {command} --resume {folder}")


def outcome_as_json(finished: Finished) -> str:
    """The same for programs, on one line."""
    run, outcome = finished.run, finished.outcome
    grid = {case["case_id"]: case for case in run["cases"] if not case.get("oracle")}
    stopped_by = {case_id: reason for case_id, reason in outcome.stopped_by.items() if case_id in grid}
    return json.dumps(
        {
            "run_id": run["run_id"],
            "bundle": str(finished.folder),
            "status": run["status"],
            "cases": len(stopped_by),
            "timing_invocations": sum(outcome.timing_invocations[case_id] for case_id in stopped_by),
            "disturbed": outcome.disturbed,
            "repeated": outcome.repeated,
            "gil_switched_on": [asdict(found) for found in outcome.gil_switched_on],
            "unsupported": sum(case["unsupported"] is not None for case in grid.values()),
            "failures": outcome.failures,
            "stopped_by": stopped_by,
        }
    )
