"""What is measured: code that runs inside the measured process and imports the standard library only."""
