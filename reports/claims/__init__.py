"""The claims, read like a fact-check."""
