"""The section that sets the interpreters of a run side by side."""
