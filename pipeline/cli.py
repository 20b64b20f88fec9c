"""The command line: the only module that prints or exits.

Nothing heavy is imported before a command is known, so that `--help` is instant.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pipeline.commands.arguments import build_parser
from pipeline.errors import UserError, WhichpoolError

if TYPE_CHECKING:
    from rich.console import Console

DONE = 0
OUR_FAILURE = 1
USER_MISTAKE = 2
INTERRUPTED = 130

PIPED_WIDTH = 160
"""Columns of a table that doesn't go to a terminal."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs one command and exits with its code."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # some terminals know only ASCII
    options = build_parser(_ShowVersion).parse_args(arguments)
    try:
        code = _COMMANDS[options.command](options)
        sys.stdout.flush()
    except WhichpoolError as error:
        _complain(str(error))
        code = USER_MISTAKE if isinstance(error, UserError) else OUR_FAILURE
    except KeyboardInterrupt:
        _complain("interrupted")
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough of it; closing quietly is what every filter does.
        sys.stderr.close()
        code = DONE
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _complain(f"standard output cannot be written: {error.strerror}")
        # What is still in its buffer would fail again at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = USER_MISTAKE
    sys.exit(code)


def _open_closed_streams() -> None:
    """Whoever closed standard output or error wants no words there; Python then has None in their place."""
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process
    sys.stdout = sys.stdout or nowhere
    sys.stderr = sys.stderr or nowhere


class _ShowVersion(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from importlib.metadata import version

        print(f"whichpool {version('whichpool')}")
        parser.exit(DONE)


def _plan(options: argparse.Namespace) -> int:
    from pipeline.commands.plan import plan_as_json, plan_for, show_plan

    plan = plan_for(options.config, seed=0)
    if options.json:
        print(plan_as_json(plan))
    else:
        show_plan(plan, _console())
    return DONE


def _run(options: argparse.Namespace) -> int:
    from pipeline.commands.run import outcome_as_json, resume_run, show_outcome, start_run

    console = _console(to_stderr=True)
    if (options.config is None) == (options.resume is None):
        raise UserError("give either a configuration to run or --resume with the folder of an interrupted run")
    budget_s = _budget(options.budget)
    if options.resume is not None:
        if options.out is not None or options.seed is not None or options.until is not None:
            raise UserError("--resume continues a run as it was started: leave out --out, --seed and --until")
        finished = resume_run(options.resume, console, budget_s=budget_s)
    else:
        finished = start_run(
            options.config,
            console,
            out=options.out,
            seed=options.seed,
            budget_s=budget_s,
            until=options.until,
            command=sys.argv[1:],
        )
    show_outcome(finished, console)
    if options.json:
        print(outcome_as_json(finished))
    print(finished.folder)
    return INTERRUPTED if finished.outcome.interrupted else DONE


def _advise(options: argparse.Namespace) -> int:
    from pipeline.commands.advise import check_is_advice, start_advice, wish_of
    from pipeline.commands.run import resume_run, show_outcome

    console = _console(to_stderr=True)
    budget_s = _budget(options.budget)
    if options.resume is not None:
        given = (options.target, options.items, options.setup, options.workers, options.interpreter, options.out)
        if any(value is not None for value in (*given, options.seed)):
            raise UserError("--resume continues as it was started: give only --budget, --report and --json with it")
        check_is_advice(options.resume)
        finished = resume_run(options.resume, console, budget_s=budget_s)
    else:
        wish = wish_of(
            options.target, options.items, setup=options.setup, workers=options.workers,
            interpreter=options.interpreter, budget_s=budget_s,
        )  # fmt: skip
        finished = start_advice(wish, console, out=options.out, seed=options.seed, command=sys.argv[1:])
    show_outcome(finished, console, command="advise")
    if not finished.outcome.interrupted:
        _show_advice(finished.folder, console, report=options.report, as_json=options.json)
    print(finished.folder)
    return INTERRUPTED if finished.outcome.interrupted else DONE


def _show_advice(folder: Path, console: Console, *, report: bool, as_json: bool) -> None:
    from pipeline.commands.advise_show import advice_as_json, advice_of, show_advice

    advice = advice_of(folder)
    if not as_json:
        show_advice(advice, _console())
    paths = _rendered(folder, console, pdf=True) if report else []
    if as_json:
        print(advice_as_json(advice, folder, paths))
    else:
        for path in paths:
            print(path)


def _claims(options: argparse.Namespace) -> int:
    from pipeline.commands.claims import check_options, configuration_of
    from pipeline.commands.run import resume_run, show_outcome, start_run

    console = _console(to_stderr=True)
    check_options(options)
    budget_s = _budget(options.budget)
    if options.bundle is not None:
        _show_claims(options.bundle, console, options)
        return DONE
    if options.resume is not None:
        finished = resume_run(options.resume, console, budget_s=budget_s)
    else:
        finished = start_run(
            configuration_of(options.config),
            console,
            out=options.out,
            seed=options.seed,
            budget_s=budget_s,
            until=None,
            command=sys.argv[1:],
            interpreters=options.interpreter or (),
        )
    show_outcome(finished, console, command="claims")
    if not finished.outcome.interrupted:
        _show_claims(finished.folder, console, options)
    print(finished.folder)
    return INTERRUPTED if finished.outcome.interrupted else DONE


def _show_claims(folder: Path, console: Console, options: argparse.Namespace) -> None:
    from pipeline.commands.claims_show import checked, claims_as_json, show_claims

    fact_check = checked(folder)
    if not options.json:
        show_claims(fact_check, _console(), explain=options.explain)
    paths = _rendered(folder, console, pdf=True) if options.report else []
    if options.json:
        print(claims_as_json(fact_check, folder, paths))
    else:
        for path in paths:
            print(path)


def _report(options: argparse.Namespace) -> int:
    for path in _rendered(options.bundle, _console(to_stderr=True), pdf=not options.no_pdf):
        print(path)
    return DONE


def _rendered(bundle: Path, console: Console, *, pdf: bool) -> list[Path]:
    from reports.render import predict_s, render

    with console.status(f"drawing the report, about {predict_s(bundle):.0f} s …"):
        rendered = render(bundle, pdf=pdf)
    return [path for path in (rendered.html, rendered.pdf, rendered.notebook) if path is not None]


def _show(options: argparse.Namespace) -> int:
    from pipeline import store
    from pipeline.analysis.summary import summarise
    from pipeline.commands.show import show_decisions

    show_decisions(summarise(store.load(options.bundle)), _console())
    return DONE


def _list(options: argparse.Namespace) -> int:
    from pipeline.commands.listing import show_catalogue, show_interpreters, show_pages

    explain = options.explain or bool(options.names)
    if options.what == "interpreters":
        if explain:
            raise UserError("only workloads and strategies can be explained: leave out --explain and names")
        show_interpreters(_console())
    elif explain:
        show_pages(options.what, options.names, _console())
    else:
        show_catalogue(options.what, _console())
    return DONE


def _prepare(options: argparse.Namespace) -> int:
    from pipeline.commands.interpreters import prepare_interpreter

    print(prepare_interpreter(options.interpreter, options.libraries, _console(to_stderr=True)))
    return DONE


def _doctor(options: argparse.Namespace) -> int:
    from pipeline.commands.doctor import diagnosis_as_json, examine, show_diagnosis

    with _console(to_stderr=True).status("looking at this machine, about 3 s …"):
        examined = examine()
    if options.json:
        print(diagnosis_as_json(examined))
    else:
        show_diagnosis(examined.diagnosis, _console())
    return DONE


def _budget(text: str | None) -> float | None:
    from pipeline.config.units import parse_duration

    if text is None:
        return None
    try:
        budget_s = parse_duration(text)
    except ValueError as error:
        raise UserError(f"--budget: {error}") from None
    if not budget_s:
        raise UserError(f'--budget must be longer than nothing, not "{text}"')
    return budget_s


def _console(*, to_stderr: bool = False) -> Console:
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    return Console(file=stream, highlight=False, width=None if stream.isatty() else PIPED_WIDTH)


def _complain(message: str) -> None:
    print(message, file=sys.stderr)


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "plan": _plan,
    "run": _run,
    "advise": _advise,
    "claims": _claims,
    "report": _report,
    "show": _show,
    "list": _list,
    "prepare": _prepare,
    "doctor": _doctor,
}
"""What carries out each command, by the name that the parser gives it."""
