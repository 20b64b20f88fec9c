"""How it is measured, kept and judged."""
