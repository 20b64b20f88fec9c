"""`whichpool advise`: tries the user's function out, measures it under what can run it, and says what to use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from experiments.catalogue import strategies
from pipeline.commands.run import Finished, begin, name_run, new_seed, this_machine
from pipeline.config import Config
from pipeline.config.expressions import evaluate
from pipeline.config.functions import check_target, read_target
from pipeline.config.units import format_duration
from pipeline.errors import UserError
from pipeline.machine.cpus import effective_cpus
from pipeline.machine.interpreters import facts_of
from pipeline.plan.advised import Question, configuration
from pipeline.plan.candidates import Candidate, Trial, candidates, cpu_share
from pipeline.plan.expand import make_plan
from pipeline.plan.plan import Plan
from pipeline.plan.selection import Selection, key_of, select
from pipeline.run.client import Spawner
from pipeline.run.functions import ask, marked
from pipeline.run.progress import RunProgress, in_words
from pipeline.store.record import describe_run
from pipeline.store.run_file import read_run

TRIAL_SHARE = 1 / 30
"""Of the budget, for each of the two passes of the trial."""
LONGEST_TRIAL_S = 5.0
SMALLEST_TASK_S = 1e-8
"""A clock can't tell less."""
DEFAULT_BUDGET_S = 60.0
KEY = "advice"
"""In `run.json`: what the advice says besides the tables."""

NO_ADVICE = "{folder}: not a run of `whichpool advise`; `whichpool show {folder}` prints what it found"


@dataclass(frozen=True)
class Wish:
    """What was asked on the command line."""

    question: Question
    workers: tuple[str, ...]
    """Numbers or expressions; empty for what suits the function."""


def start_advice(wish: Wish, console: Console, *, out: Path | None, seed: int | None, command: list[str]) -> Finished:
    """Measures the user's function from the beginning.

    Raises:
        UserError: the function, its items or its set-up can't be used, or the budget is too short for it.
    """
    question, cpus = wish.question, effective_cpus()
    _check_targets(question)
    workers = _worker_counts(wish.workers, cpus)
    run_id, folder = name_run(configuration(question).name, out)
    libraries = {name for strategy in strategies().values() for name in strategy.libraries({})}
    interpreters = facts_of([question.interpreter], config_dir=Path.cwd(), libraries=libraries, users=True)
    facts = interpreters[question.interpreter]
    if facts.get("error"):
        raise UserError(f"--interpreter: {facts['error']}")
    chosen = new_seed() if seed is None else seed

    def planned(config: Config) -> Plan:
        return make_plan(config, cpus=cpus, interpreters=interpreters, seed=chosen)

    with Spawner() as spawner, RunProgress(console) as progress:
        progress.doing("trying the function out")
        trial_s = min(LONGEST_TRIAL_S, TRIAL_SHARE * question.budget_s)
        answers = ask(planned(configuration(question)), spawner, trial_s=trial_s)
        told = _facts(question, next(iter(answers.values())))
        trial = _trial(told)
        possible = candidates(facts, trial, cpus=cpus, workers=workers)
        everything = marked(planned(configuration(question, [(one, 0.0) for one in possible])), answers)
        impossible = {key_of(case.strategy, case.workers, case.options) for case in everything.grid if case.unsupported}
        gil = bool(facts.get("gil_enabled", True))
        selection = select(trial, possible, impossible, cpus=cpus, gil_enabled=gil, budget_s=question.budget_s)
        plan = marked(planned(configuration(question, selection.timed, selection.sizing)), answers)
        plan = replace(plan, user_task_s=trial.task_s)
        console.print(escape(_announcement(question, trial, selection)))
        run = describe_run(plan, run_id=run_id, machine=this_machine(), command=["whichpool", *command])
        advice = {"question": _asked(question), "told": told, "no_time_for": _names(selection.no_time_for)}
        return begin(plan, folder, {**run, KEY: advice}, spawner, progress)


def wish_of(
    target: str | None,
    items: str | None,
    *,
    setup: str | None,
    workers: str | None,
    interpreter: str | None,
    budget_s: float | None,
) -> Wish:
    """What was asked, with the defaults.

    Raises:
        UserError: the function or its items are missing.
    """
    if target is None:
        raise UserError("name the function: whichpool advise jobs.py:resize --items jobs.py:images")
    if items is None:
        file = target.rpartition(":")[0] or "jobs.py"
        raise UserError(
            f"say what {target} is to be called with: --items {file}:NAME, a list in that file, or a function without "
            "arguments that returns one; the function gets one item at a time"
        )
    question = Question(target, items, setup, interpreter or "current", budget_s or DEFAULT_BUDGET_S)
    return Wish(question, tuple(part.strip() for part in workers.split(",")) if workers else ())


def check_is_advice(folder: Path) -> None:
    """Raises `UserError` if the run in the folder was not made by `whichpool advise`."""
    if KEY not in read_run(folder):
        raise UserError(NO_ADVICE.format(folder=folder))


def _check_targets(question: Question) -> None:
    for option, text in (("TARGET", question.use), ("--items", question.items), ("--setup", question.setup)):
        if text is None:
            continue
        try:
            check_target(*read_target(text, Path.cwd()))
        except ValueError as error:
            raise UserError(f"{option} {error}") from None


def _worker_counts(texts: Sequence[str], cpus: int) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(evaluate(int(text) if text.isdecimal() else text, cpus=cpus) for text in texts))
    except ValueError as error:
        raise UserError(f"--workers {error}") from None


def _facts(question: Question, answer: dict[str, Any]) -> dict[str, Any]:
    """What the trial told.

    Raises:
        UserError: the function can't be imported, has no items, or fails in a plain loop.
    """
    facts = answer["facts"]
    if answer["status"] == "ok":
        return dict(facts)
    if "failing_item" in facts:
        raise UserError(f"{question.use} fails in a plain loop, at item {facts['failing_item']}: {answer['error']}")
    if answer["status"] == "timeout" and facts.get("trying"):
        raise UserError(f"{question.use}: one task in a plain loop didn't end in time: {answer['error']}")
    raise UserError(f"{question.use} can't be used under {question.interpreter}: {answer['error']}")


def _trial(told: dict[str, Any]) -> Trial:
    return Trial(
        items=told["items"],
        task_s=max(SMALLEST_TASK_S, told["pass_s"] / told["trial_tasks"]),
        slowest_s=told["slowest_s"],
        cpu_share=cpu_share(told),
        import_s=told["import_s"],
        open_s=told["open_s"],
        asynchronous=told["asynchronous"],
    )


def _announcement(question: Question, trial: Trial, selection: Selection) -> str:
    """What is going to be measured, and how long it may take."""
    sizing = selection.sizing
    share = f"{trial.cpu_share:.0%} of it on the CPU"
    lines = [f"{question.use}: {trial.items} items, one task takes about {format_duration(trial.task_s)}, {share}."]
    if sizing.tasks < trial.items:
        lines.append(f"The first {sizing.tasks} of them are measured: all would not fit into the budget.")
    if selection.no_time_for:
        left = ", ".join(_names(selection.no_time_for))
        lines.append(f"No time within the budget for {left}; a longer --budget has.")
    lines.append(f"Measuring, at most {in_words(question.budget_s)}.")
    return "\n".join(lines)


def _asked(question: Question) -> dict[str, Any]:
    return {"use": question.use, "items": question.items, "setup": question.setup, "budget_s": question.budget_s}


def _names(chosen: Iterable[Candidate]) -> list[str]:
    """The candidates in words, each once."""
    found = []
    for one in chosen:
        options = " ".join(str(value) for value in one.options.values() if value is not None)
        found.append(f"{one.strategy} ({options}) × {one.workers}" if options else f"{one.strategy} × {one.workers}")
    return list(dict.fromkeys(found))
