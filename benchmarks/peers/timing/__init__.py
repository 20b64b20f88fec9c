"""How long tools take to know a ratio, and what they take for themselves."""
