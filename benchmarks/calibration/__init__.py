"""Whether the statistics keep their promises: simulated runs whose true answer is known."""
