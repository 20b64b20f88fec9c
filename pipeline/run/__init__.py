"""Spawns, watches, times out and kills measured processes; keeps the journal; shows progress."""
