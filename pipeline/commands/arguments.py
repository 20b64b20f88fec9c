"""What the command line understands. Nothing heavy is imported, so that `--help` is instant."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.errors import did_you_mean


class Parser(argparse.ArgumentParser):
    """Suggests the nearest command, and keeps the layout of examples."""

    def __init__(self, **options: object) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **options)  # type: ignore[arg-type]

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            hint = did_you_mean(str(value), known)
            raise argparse.ArgumentError(action, f'"{value}" is not one of {", ".join(known)}{hint}')


def build_parser(show_version: type[argparse.Action]) -> Parser:
    """The parser of all commands; what it gives has the command's name as `command`.

    Args:
        show_version: carries out `--version`.
    """
    whole = Parser(
        prog="whichpool",
        description="Measures on this machine which way of running Python code in parallel suits which kind of work.",
        epilog="example:\n  whichpool run configs/smoke.yaml\n  whichpool report results/20261123T051500Z-smoke",
    )
    whole.add_argument("--version", action=show_version, nargs=0, help="show the version and exit")
    commands = whole.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)
    for add in (
        _add_plan,
        _add_run,
        _add_advise,
        _add_claims,
        _add_report,
        _add_show,
        _add_list,
        _add_interpreters,
        _add_doctor,
    ):
        add(commands)
    return whole


def _add_plan(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "plan",
        help="show the cases of a configuration and what they will cost; runs nothing",
        description="Shows the cases of a configuration, what was excluded and why, and how long a run may take.",
        epilog="example:\n  whichpool plan configs/quick.yaml",
    )
    parser.add_argument("config", type=Path, metavar="CONFIG", help="a YAML configuration")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(command="plan")


def _add_run(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "run",
        help="measure a configuration",
        description="Measures a configuration. The last line on standard output is the path of the bundle.",
        epilog=(
            "examples:\n  whichpool run configs/quick.yaml --budget 10m\n"
            "  whichpool run configs/quick.yaml --until decided\n"
            "  whichpool run --resume results/20261123T051500Z-quick"
        ),
    )
    parser.add_argument("config", type=Path, nargs="?", metavar="CONFIG", help="a YAML configuration")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write (default: results/<UTC time>-<name>)")
    parser.add_argument("--resume", type=Path, metavar="DIR", help="continue an interrupted run")
    parser.add_argument("--budget", metavar="TIME", help="stop after this long, such as 5m (default: as configured)")
    parser.add_argument(
        "--until",
        choices=("precision", "decided"),
        help="what ends a case early: its interval is narrow, or it is settled what wins (default: as configured)",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the random order (default: a new one)")
    parser.add_argument("--json", action="store_true", help="print a summary as JSON before the path")
    parser.set_defaults(command="run")


def _add_advise(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "advise",
        help="say how to run a function of yours, from measuring it",
        description=(
            "Measures your own function under every strategy that can run it, and says which to use, with how many\n"
            "workers, what that gains and costs, and how to write it. Paths are relative to the current folder.\n"
            "The last line on standard output is the path of the bundle."
        ),
        epilog=(
            "examples:\n  whichpool advise jobs.py:resize --items jobs.py:images\n"
            "  whichpool advise jobs.py:resize --items jobs.py:images --budget 5m --report\n"
            "  whichpool advise --resume results/20261123T051500Z-advise-resize"
        ),
    )
    parser.add_argument("target", nargs="?", metavar="TARGET", help="the function, as file.py:name; it gets one item")
    parser.add_argument("--items", metavar="TARGET", help="the items: a list, or a function that returns one")
    parser.add_argument("--setup", metavar="TARGET", help="a function that is called before every pass, untimed")
    parser.add_argument("--workers", metavar="N,…", help="numbers of workers, such as 1,2,cpus (default: what suits)")
    parser.add_argument("--budget", metavar="TIME", help="how long to measure (default: 60s)")
    parser.add_argument("--interpreter", metavar="NAME", help="the Python that runs the function (default: current)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write (default: results/<UTC time>-advise-…)")
    parser.add_argument("--resume", type=Path, metavar="DIR", help="continue, or only show the advice of what is there")
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the random order (default: a new one)")
    parser.add_argument("--report", action="store_true", help="render the report, too, and print its paths")
    parser.add_argument("--json", action="store_true", help="print JSON in place of words")
    parser.set_defaults(command="advise")


def _add_claims(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "claims",
        help="check twelve things that are often said about threads and processes",
        description=(
            "Measures what twelve often-repeated claims speak of, and says of each whether it holds on this machine.\n"
            "With the folder of a run that is there, nothing is measured: its claims are judged by what it has.\n"
            "After a run, the last line on standard output is the path of the bundle."
        ),
        epilog=(
            "examples:\n  whichpool claims\n  whichpool claims --budget 10m --report\n"
            '  whichpool claims --interpreter python3.13t --interpreter "python3.13t -X gil=1"\n'
            "  whichpool claims results/20261123T051500Z-quick --explain"
        ),
    )
    parser.add_argument("bundle", type=Path, nargs="?", metavar="BUNDLE", help="judge this run in place of a new one")
    parser.add_argument("--config", type=Path, metavar="CONFIG", help="what to measure (default: configs/claims.yaml)")
    parser.add_argument(
        "--interpreter",
        action="append",
        metavar="NAME",
        help="measure under this Python, in place of those configured; may be given several times",
    )
    parser.add_argument("--budget", metavar="TIME", help="stop after this long (default: as configured, 6 minutes)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write (default: results/<UTC time>-claims)")
    parser.add_argument("--resume", type=Path, metavar="DIR", help="continue an interrupted run")
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the random order (default: a new one)")
    parser.add_argument("--explain", action="store_true", help="also say what is often repeated wrongly")
    parser.add_argument("--report", action="store_true", help="render the report, too, and print its paths")
    parser.add_argument("--json", action="store_true", help="print JSON in place of words, with all the evidence")
    parser.set_defaults(command="claims")


def _add_report(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "report",
        help="render report.html, report.pdf and report.ipynb",
        description="Renders the report of a bundle, beside its data.",
        epilog="example:\n  whichpool report results/20261123T051500Z-quick",
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="the folder that a run wrote")
    parser.add_argument("--no-pdf", action="store_true", help="only HTML and notebook")
    parser.set_defaults(command="report")


def _add_show(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "show",
        help="print the decision table of a bundle",
        description="Prints which strategy wins for which kind of work.",
        epilog="example:\n  whichpool show results/20261123T051500Z-quick",
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="the folder that a run wrote")
    parser.set_defaults(command="show")


def _add_list(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "list",
        help="what a configuration may name",
        description="Lists what can be written in a configuration, with one line each, or explains it.",
        epilog=(
            "examples:\n  whichpool list interpreters\n  whichpool list strategies --explain\n"
            "  whichpool list workloads sleep http_get"
        ),
    )
    parser.add_argument("what", choices=("workloads", "strategies", "interpreters"), help="which list")
    parser.add_argument("names", nargs="*", metavar="NAME", help="explain only this workload or strategy")
    parser.add_argument("--explain", action="store_true", help="explain each, with its parameters and an example")
    parser.set_defaults(command="list")


def _add_interpreters(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "interpreters",
        help="prepare an interpreter for strategies and workloads that need libraries",
        description="Gives the measured interpreters what some strategies and workloads need.",
        epilog="example:\n  whichpool interpreters prepare python3.13 --with joblib,dask",
    )
    actions = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)
    prepare = actions.add_parser(
        "prepare",
        help="make an environment with libraries for an interpreter",
        description=(
            "Installs libraries for an interpreter into an environment below .venvs in the current folder, where runs\n"
            "find it; into the interpreter itself nothing is installed. Prints the path of the environment."
        ),
        epilog="example:\n  whichpool interpreters prepare python3.13 --with joblib,dask",
    )
    prepare.add_argument("interpreter", metavar="PYTHON", help="as in a configuration: current, a name, or a path")
    prepare.add_argument(
        "--with",
        dest="libraries",
        metavar="LIBRARIES",
        action="append",
        required=True,
        help="names of libraries with commas between, such as joblib,dask",
    )
    prepare.set_defaults(command="prepare")


def _add_doctor(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "doctor",
        help="what makes timings noisy on this machine, and the command that mends it",
        description="Says what makes timings noisy here, and the exact command that mends it; changes nothing.",
        epilog="example:\n  whichpool doctor",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(command="doctor")
