"""What `whichpool advise` can be told. Nothing heavy is imported: `--help` shows it, too."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_advise(commands: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Adds the command; returns its parser, which lacks only the function to call."""
    parser: argparse.ArgumentParser = commands.add_parser(
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
    return parser
