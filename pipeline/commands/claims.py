"""`whichpool claims`: which configuration it measures, and which options go together."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.errors import UserError

CONFIGURATION = Path(__file__).parents[2] / "configs" / "claims.yaml"
NEW = ("config", "interpreter", "out", "seed")
"""Options of a run that begins."""


def configuration_of(given: Path | None) -> Path:
    """The configuration to measure: the one that was named, else the one of the checkout.

    Raises:
        UserError: none was named, and there is no checkout around the program.
    """
    if given is None and not CONFIGURATION.is_file():
        raise UserError(f"{CONFIGURATION}: not there, as this program was installed without it: name one with --config")
    return CONFIGURATION if given is None else given


def check_options(options: argparse.Namespace) -> None:
    """Raises `UserError` where an option means nothing beside another."""
    given = [f"--{name}" for name in NEW if getattr(options, name) is not None]
    if options.bundle is not None:
        given += [f"--{name}" for name in ("budget", "resume") if getattr(options, name) is not None]
        if given:
            raise UserError(f"{options.bundle} is judged as it is, nothing is measured: leave out {', '.join(given)}")
    elif options.resume is not None and given:
        raise UserError(f"--resume continues a run as it was started: leave out {', '.join(given)}")
