"""The measured process: reads one case, runs it, reports through one channel."""
