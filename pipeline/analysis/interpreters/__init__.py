"""Interpreters side by side: what free threading costs one thread, what threads gain, start-up and memory."""
