"""The ways to run tasks: one module per family, one class per strategy."""
