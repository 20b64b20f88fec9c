"""What came out of the cases with a known answer (`pipeline.plan.oracles`), and of what must hold for every case."""
