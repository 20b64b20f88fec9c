"""The section `claims`: from where on an effect counts, for each of the claims that a run may speak to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, WithJsonSchema

from pipeline.config.fields import PositiveDuration, Precision, read_number
from pipeline.config.located import Located
from pipeline.errors import UserError

_Number = Annotated[float, BeforeValidator(read_number), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
Factor = Annotated[_Number, Field(gt=0, le=1e6)]
"""How many times as large."""
Share = Precision
"""`90%` or 0.9; neither nothing nor all, which no finite number of trials could prove."""


class ClaimMargins(Located):
    """Where the claims draw their lines; docs/claims.md says which claim uses which."""

    useful_speedup: Factor = 1.05
    """Times as fast as serial: below that a gain isn't worth having."""
    no_speedup: Factor = 1.15
    """Times as fast as serial: below that, computing was not done in parallel."""
    strong_scaling: Factor = 0.6
    """Share of the CPUs that may be used, at which several of them count as used."""
    waiting_scaling: Factor = 0.8
    """Share of the number of workers that waiting must be sped up by."""
    best_within: Share = 0.1
    """By how much the best of the other strategies may be faster without being better."""
    waiting_share: Share = 0.8
    """Share of the waiting cases in which threads must keep up with the best."""
    lateness_s: PositiveDuration = Field(default=0.05, alias="lateness")
    """The lateness that people notice in a user interface."""
    footprint_ratio: Factor = 3.0
    """Times the memory of one more thread, from which a worker is heavier."""
    start_ratio: Factor = 3.0
    """Times the start of threads, from which workers start slower."""
    ipc_ratio: Factor = 2.0
    """Times as long as handing over a reference, from which sending data is overhead."""
    leak_share: Factor = 0.9
    """Share of leaked memory that must stay behind to be called a leak into the parent."""
    leak_none: Factor = 0.05
    """Share of leaked memory below which nothing has stayed behind."""
    damage_share: Share = 0.5
    """Share of the trials in which a sibling must fail to have been damaged."""
    smt_yield: Factor = 1.05
    """Times the work of one hardware thread that two of one core must do."""
    logic_share: Share = 0.95
    """Share of trials that must come out alike to be called always; 59 of 59 prove 95 %."""
    gains_share: Share = 0.95
    """Share of the cases that must gain for "parallel is faster" to hold without conditions."""


def margins_of(run: Mapping[str, Any]) -> ClaimMargins:
    """The margins that a bundle was measured with; what an older one doesn't say is as it is by default.

    Args:
        run: the content of `run.json`.

    Raises:
        UserError: the bundle's section isn't one.
    """
    told = (run.get("config") or {}).get("claims") or {}
    try:
        return ClaimMargins.model_validate(told)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise UserError(f"run.json: the section claims holds no margins ({where})") from None
