"""Tables to estimates and decisions: functions from frames to frames."""
