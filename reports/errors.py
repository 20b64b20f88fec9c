"""What can go wrong while a report is made; in each case nothing half-written is left."""

from __future__ import annotations

from pipeline.errors import OurFailure, UserError


class RenderError(UserError):
    """The report can't be made of this bundle, or not be written there."""


class RenderFailure(OurFailure):
    """The bundle is fine, and yet the report could not be made."""
