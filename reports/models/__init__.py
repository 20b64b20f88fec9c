"""Where the border runs, and how the work scales."""
