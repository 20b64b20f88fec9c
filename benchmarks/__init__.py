"""The tool's own speed, always as a ratio to something measured in the same run."""
