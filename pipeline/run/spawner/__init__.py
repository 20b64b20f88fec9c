"""The thin process that starts, watches and ends measured processes; standard library only, few modules of it.

It stands between the orchestrator and the measured process because a child inherits traces of its parent (the
memory peak, through vfork) and because whoever reaps orphans must be a process without other children.
"""
