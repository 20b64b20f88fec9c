"""Numbers in, estimates with intervals out: pure functions without pandas."""
