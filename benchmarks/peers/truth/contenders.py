"""The tools that are asked about memory, timeouts and CPU time, in the order of the tables."""

from benchmarks.peers.truth import asv, benchexec, pyperf, rebench, whichpool

TOOLS = (whichpool.TOOL, benchexec.TOOL, pyperf.TOOL, asv.TOOL, rebench.TOOL)
