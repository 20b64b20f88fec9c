"""Twelve things that are often said about threads and processes, judged by what a run has measured."""
