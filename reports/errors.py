"""What can go wrong while a report is made."""

from __future__ import annotations

from pipeline.errors import UserError


class RenderError(UserError):
    """The report could not be made; nothing half-written was left."""

    def __init__(self, message: str, *, ours: bool = False) -> None:
        super().__init__(message)
        self.ours = ours
        """Whether it is a failure of the program (exit code 1) rather than of its input (exit code 2)."""
